/** The digests that nodes should report, compiled once for the same definitions, allocations and facts: compiling is most of a look at a large cluster. */
import { compile } from '../compile/compile.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { KIND_OF, type NodeReport, type ObjectPlural } from '../report/node-report.ts';
import { definitionDigest } from './digests.ts';
import { cached, keepCached, keyOfContent } from './view-cache.ts';

export interface KnownDigests {
  /** Undefined for a node that is not defined, or that told no facts. */
  readonly wanted: (node: string, definition: string) => string | undefined;
  /** Keeps what was compiled for the next look. */
  readonly keep: () => Promise<void>;
}

interface OfNode {
  /** Of the facts that it was compiled with. */
  readonly facts: string;
  readonly digests: Readonly<Record<string, string>>;
}

export interface DigestArgs {
  readonly dir: string;
  /** Names all that definitions and ledger say. */
  readonly key: string;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly reports: ReadonlyMap<string, NodeReport>;
}

/** A node is compiled when it is first asked about, and then for everything that it reports. */
export async function knownDigests({ dir, key, catalog, ledger, reports }: DigestArgs): Promise<KnownDigests> {
  const kept = new Map(Object.entries((await cached<Record<string, OfNode>>(dir, 'digests', key)) ?? {}));
  const told = new Map<string, Readonly<Record<string, string>> | undefined>();
  let isNew = false;
  const ofNode = (name: string): Readonly<Record<string, string>> | undefined => {
    const report = reports.get(name);
    const node = catalog.nodes.get(name);
    if (report?.facts === undefined || node === undefined) return undefined;
    const facts = keyOfContent([JSON.stringify(report.facts)]);
    const before = kept.get(name);
    const reported = definitionsIn(report);
    if (before?.facts === facts && reported.every(definition => Object.hasOwn(before.digests, definition))) return before.digests;
    const digest = definitionDigest(compile({ catalog, ledger, node, facts: report.facts }), catalog);
    const digests = Object.fromEntries(reported.map(definition => [definition, digest(definition)]));
    kept.set(name, { facts, digests });
    isNew = true;
    return digests;
  };
  return {
    wanted: (node, definition) => {
      if (!told.has(node)) told.set(node, ofNode(node));
      return told.get(node)?.[definition];
    },
    keep: async () => {
      if (isNew) await keepCached(dir, 'digests', key, Object.fromEntries(kept));
      isNew = false;
    },
  };
}

function definitionsIn(report: NodeReport): readonly string[] {
  const plurals = Object.keys(KIND_OF) as readonly ObjectPlural[];
  return plurals.flatMap(plural => Object.keys(report[plural]).map(key => `${KIND_OF[plural]} ${key}`));
}
