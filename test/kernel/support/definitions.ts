/** Small sets of definitions as text, and what `load` and `decide` make of them: where a kernel test starts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../../../src/load/load.ts';
import type { Facts } from '../../../src/model/facts.ts';
import { EMPTY_LEDGER, type Ledger } from '../../../src/model/ledger.ts';
import { formatPlace } from '../../../src/model/place.ts';
import type { Catalog, NodeDef } from '../../../src/objects/object.ts';
import { decide } from '../../../src/pass/decide.ts';

/** Specs as YAML in flow style, by name. All nodes but n1 are in the definitions only. */
export interface Definitions {
  readonly cluster?: string;
  readonly nodes?: Readonly<Record<string, string>>;
  readonly networks?: Readonly<Record<string, string>>;
  readonly interfaces?: Readonly<Record<string, string>>;
  readonly pools?: Readonly<Record<string, string>>;
  readonly floatingIPs?: Readonly<Record<string, string>>;
  readonly routedIPs?: Readonly<Record<string, string>>;
}

/** The node under test is n1. */
export const UNDERLAY = '192.0.2.11';

const NODES = {
  n1: `{ underlay: { address: ${UNDERLAY} } }`,
  n2: '{ underlay: { address: 192.0.2.12 } }',
  n3: '{ underlay: { address: 192.0.2.13 } }',
};

/** One file with everything. */
export function yamlOf({ cluster = '{ underlay: { mtu: 1600 } }', ...rest }: Definitions): string {
  const all = (kind: string, specs: Readonly<Record<string, string>>): string =>
    Object.entries(specs)
      .map(([name, spec]) => `---\napiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`)
      .join('');
  const { nodes = {}, networks = {}, interfaces = {}, pools = {}, floatingIPs = {}, routedIPs = {} } = rest;
  const served = all('AddressPool', pools) + all('FloatingIP', floatingIPs) + all('RoutedIP', routedIPs);
  return all('Cluster', { test: cluster }) + all('Node', { ...NODES, ...nodes }) + all('Network', networks) + all('Interface', interfaces) + served;
}

/** What a pass on n1 works for. */
export interface Given {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly node: NodeDef;
}

/** Loads and allocates. `after` is what was in force before: its ledger goes on, a minute later. Throws when anything is wrong. */
export function given(definitions: Definitions, after?: Given): Given {
  const bytes = Buffer.from(yamlOf(definitions));
  const { catalog, diagnostics } = load({ entries: [{ path: 'all.yaml', mode: '100644', id: 'all' }], bytesOf: () => bytes });
  const wrong = diagnostics.map(found => `${formatPlace(found.at)} ${found.code} ${found.message}`);
  const node = catalog?.nodes.get('n1');
  if (catalog === null || node === undefined || wrong.length > 0) throw new Error(`these definitions are wrong:\n${wrong.join('\n')}`);
  const now = new Date(after === undefined ? '2026-11-21T10:00:00Z' : '2026-11-21T10:01:00Z');
  const { ledger, pending } = decide(catalog, after?.ledger ?? EMPTY_LEDGER, now);
  if (pending.length > 0) throw new Error(`not all could be allocated: ${pending.map(ask => ask.message).join(', ')}`);
  return { catalog, ledger, node };
}

/** n1 as a node that carries routers, and the pool that leaves it by its second card. */
export const GATEWAY = {
  nodes: { n1: `{ underlay: { address: ${UNDERLAY} }, gateway: true }` },
  pools: { edge: '{ cidr: 198.51.100.0/24, mode: masquerade, device: eth1 }' },
} as const satisfies Definitions;

/** Where the node under test keeps what its services read. */
export const RUNTIME_DIR = mkdtempSync(join(tmpdir(), 'netloom-kernel-run-'));
process.once('exit', () => rmSync(RUNTIME_DIR, { recursive: true, force: true }));

/** What `look` finds on the node of these tests: good enough to compile without a kernel. */
export const FACTS: Facts = {
  underlay: { device: 'eth0', mtu: 1600, up: true },
  bridgeNetfilter: true,
  ports: [],
  users: { root: 0, daemon: 1 },
  devices: ['lo', 'eth0', 'eth1'],
  egress: { eth1: { mtu: 1500, up: true, addresses: [] } },
  runtimeFolder: RUNTIME_DIR,
  programs: { dnsmasq: true, conntrack: true },
  missing: [],
};
