import { allocate } from '../../src/allocate/allocate.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { definitionsOf, objectKind } from '../../src/objects/index.ts';
import type { Catalog, Definition, InterfaceDef, KindName, NetworkDef, NodeDef } from '../../src/objects/object.ts';
import type { NodeReport, ObjectReport } from '../../src/report/node-report.ts';
import type { View } from '../../src/report/state.ts';

export const NOW = '2026-11-21T12:00:00Z';

function define<S>(kind: KindName, key: string, spec: S): Definition<S> {
  const [first = '', second] = key.split('/');
  const [namespace, name] = second === undefined ? ['', first] : [first, second];
  return { kind, name, namespace, key, labels: {}, annotations: {}, spec, at: { file: `${kind.toLowerCase()}s/${name}.yaml`, line: 1, col: 1 }, doc: 0 };
}

type NetSpec = Partial<NetworkDef['spec']>;
type GuestSpec = Partial<InterfaceDef['spec']> & { network: string };

const GUEST = { order: 0, address: 'auto', attach: { tap: { multiQueue: false } }, spoofProtection: true, allowedAddresses: [] } as const;

/** Two nodes; whatever networks and guests a test names. */
export function catalogOf(nets: Readonly<Record<string, NetSpec>>, guests: Readonly<Record<string, GuestSpec>>): Catalog {
  const cluster = define('Cluster', 'lab', {
    underlay: { port: 4789, mtu: 9000 },
    mesh: { learning: false },
    vxids: { first: 1, last: 16777215 },
    macPrefix: '02:00:00',
    quarantine: '300s',
    memory: '30d',
    zone: 'netloom',
  });
  const nodes = ['n1', 'n2'].map(
    (name, i): NodeDef => define('Node', name, { underlay: { address: `10.2.1.${i + 1}` }, gateway: false, cordon: false, bridgeNetfilter: 'off' }),
  );
  const networks = Object.entries(nets).map(([key, spec]): NetworkDef => define('Network', key, spec));
  const interfaces = Object.entries(guests).map(([key, spec]): InterfaceDef => define('Interface', key, { ...GUEST, allowedAddresses: [], ...spec }));
  const byKey = <D extends Definition>(all: readonly D[]): ReadonlyMap<string, D> => new Map(all.map(each => [each.key, each]));
  return {
    cluster,
    nodes: byKey(nodes),
    pools: new Map(),
    namespaces: new Map(),
    networks: byKey(networks),
    interfaces: byKey(interfaces),
    floatingIPs: new Map(),
    routedIPs: new Map(),
    interfacesOf: new Map(networks.map(network => [network.key, interfaces.filter(iface => `${iface.namespace}/${iface.spec.network}` === network.key)])),
  };
}

export function ledgerOf(catalog: Catalog, before: Ledger = EMPTY_LEDGER, now = '2026-11-21T10:00:00Z'): Ledger {
  const asks = [...definitionsOf(catalog)].flatMap(definition => objectKind(definition.kind).asks(definition, catalog));
  const { vxids, macPrefix } = catalog.cluster.spec;
  return allocate({ asks, ledger: before, now, cluster: { id: 'lab', vxids, macPrefix, quarantineMs: 300_000, memoryMs: 30 * 86_400_000 } }).ledger;
}

export const READY: ObjectReport = { digest: 'd1', state: 'ready' };

export function reportOf(node: string, more: Partial<NodeReport> = {}): NodeReport {
  return {
    node,
    version: '0.1.0',
    mode: 'enforce',
    heard: '2026-11-21T11:55:00Z',
    revision: { observed: 'a'.repeat(40), attempted: 'a'.repeat(40), applied: 'a'.repeat(40) },
    conditions: [{ type: 'Ready', status: true, reason: 'AsWanted', message: '', since: '2026-11-21T10:00:05Z' }],
    networks: {},
    interfaces: {},
    inventory: { 'vxlan bridge': 1, 'vxlan interface': 1 },
    drift: [],
    ...more,
  };
}

export function viewOf(catalog: Catalog, reports: readonly NodeReport[], more: Partial<View> = {}): View {
  return {
    catalog,
    ledger: ledgerOf(catalog),
    reports: new Map(reports.map(report => [report.node, report])),
    wanted: () => undefined,
    revision: 'a'.repeat(40),
    now: NOW,
    ...more,
  };
}

/** One network on two nodes, a guest on each. */
export const DEMO = catalogOf(
  { 'default/demo': { cidr: '10.0.0.0/24' } },
  { 'default/web': { network: 'demo', node: 'n1' }, 'default/db': { network: 'demo', node: 'n2' } },
);
export const FINE = [
  reportOf('n1', { networks: { 'default/demo': READY }, interfaces: { 'default/web': READY } }),
  reportOf('n2', { networks: { 'default/demo': READY }, interfaces: { 'default/db': READY } }),
];
