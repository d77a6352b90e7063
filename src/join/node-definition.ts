/** The definition of this node: made from what the machine is, put where the others are, and held against all of them. */
import { dirname } from 'node:path';
import type { SourceFile } from '../load/source.ts';
import type { Catalog } from '../objects/object.ts';
import type { Found } from './checks.ts';
import { nodeText } from './definition-text.ts';

export interface NewNode {
  readonly name: string;
  readonly found: Found;
  readonly gateway: boolean;
  readonly egress: readonly { readonly pool: string; readonly device: string }[];
  /** What its device carries, where a person says that it is not what the Cluster says. */
  readonly mtu?: number | undefined;
}

/** Path below the folder of the definitions, and text. */
export interface DefinitionFile {
  readonly path: string;
  readonly text: string;
}

/** The file of a new Node, in the folder that the first of the other Nodes is in, with the schema that it names. */
export function newNodeFile({ name, found, gateway, egress, mtu }: NewNode, catalog: Catalog, files: readonly SourceFile[]): DefinitionFile {
  const [sibling] = [...catalog.nodes.values()].map(({ at }) => at.file).sort();
  const folder = sibling === undefined ? 'nodes' : dirname(sibling);
  const beside = files.find(({ path }) => path === sibling);
  const schema = beside === undefined ? null : /^# yaml-language-server: \$schema=(\S+\/node\.json)\s*$/m.exec(new TextDecoder().decode(beside.bytes))?.[1];
  const text = nodeText({ name, address: found.address, device: found.device, gateway, egress, mtu }, schema ?? null);
  return { path: folder === '.' ? `${name}.yaml` : `${folder}/${name}.yaml`, text };
}
