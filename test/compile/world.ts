/** Definitions as text -> what a node wants, for tests of what objects compile to. */
import { compile } from '../../src/compile/compile.ts';
import { load } from '../../src/load/load.ts';
import type { Facts } from '../../src/model/facts.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import type { Catalog, Compiled } from '../../src/objects/object.ts';
import { decide } from '../../src/pass/decide.ts';

export const FACTS: Facts = {
  underlay: { device: 'eth0', mtu: 9000, up: true },
  bridgeNetfilter: true,
  ports: [],
  users: {},
  devices: ['lo', 'eth0'],
  missing: [],
};

const HEAD = 'apiVersion: netloom.dev/v1\n';

/** One document of a kind: `doc('Network', 'blue', 'cidr: 10.0.0.0/24')`. */
export function doc(kind: string, name: string, spec: string, namespace?: string): string {
  const tenant = namespace === undefined ? '' : `, namespace: ${namespace}`;
  return `${HEAD}kind: ${kind}\nmetadata: { name: ${name}${tenant} }\nspec: { ${spec} }\n`;
}

/** A cluster of three nodes with an underlay of 9000 bytes, and these documents. Throws with the diagnostics when they are wrong. */
export function catalogOf(...docs: readonly string[]): Catalog {
  const nodes = [1, 2, 3].map(n => doc('Node', `n${n}`, `underlay: { address: 10.9.0.${n}, device: eth0 }`));
  const text = [doc('Cluster', 'test', 'underlay: { mtu: 9000 }'), ...nodes, ...docs].join('---\n');
  const { catalog, diagnostics } = load({ entries: [{ path: 'all.yaml', mode: '100644', id: 'x' }], bytesOf: () => new TextEncoder().encode(text) });
  if (catalog === null) throw new Error(JSON.stringify(diagnostics, null, 1));
  return catalog;
}

/** The ledger for a catalog, from nothing. */
export function ledgerOf(catalog: Catalog): Ledger {
  return decide(catalog, EMPTY_LEDGER, new Date('2026-01-02T03:04:05Z')).ledger;
}

/** What a node wants of it. */
export function on(name: string, catalog: Catalog, more: Partial<{ facts: Facts; ledger: Ledger }> = {}): Compiled {
  const node = catalog.nodes.get(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return compile({ catalog, ledger: more.ledger ?? ledgerOf(catalog), node, facts: more.facts ?? FACTS });
}

/** Specs of one kind, by ref. */
export function specs(compiled: Compiled, kind: string): readonly Readonly<Record<string, unknown>>[] {
  return compiled.resources.filter(resource => resource.kind === kind).map(resource => resource.spec as Readonly<Record<string, unknown>>);
}
