/** What a node's kernel should have, compiled here with what the node reported last: the devices that a drawing shows. */
import { compile } from '../compile/compile.ts';
import type { Resource } from '../kinds/kind.ts';
import type { NodeDef } from '../objects/object.ts';
import type { View } from '../report/state.ts';
import { surroundings } from './surroundings.ts';

/** Of a node that never reported, as any node would have it. */
export function compiledFor({ catalog, ledger, reports }: View): (node: NodeDef) => readonly Resource[] {
  return node => {
    const { facts } = surroundings({ base: null, head: { catalog, node } }, reports.get(node.name), reports.values());
    return compile({ catalog, ledger, node, facts }).resources;
  };
}
