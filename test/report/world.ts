import { allocate } from '../../src/allocate/allocate.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { definitionsOf, objectKind } from '../../src/objects/index.ts';
import type { AddressPoolDef, Catalog, Definition, FloatingIPDef, InterfaceDef, KindName, NetworkDef, NodeDef, RoutedIPDef } from '../../src/objects/object.ts';
import type { NodeReport, ObjectReport } from '../../src/report/node-report.ts';
import type { View } from '../../src/report/state.ts';

const NOW = '2026-11-21T12:00:00Z';

function define<S>(kind: KindName, key: string, spec: S): Definition<S> {
  const [first = '', second] = key.split('/');
  const [namespace, name] = second === undefined ? ['', first] : [first, second];
  return { kind, name, namespace, key, labels: {}, annotations: {}, spec, at: { file: `${kind.toLowerCase()}s/${name}.yaml`, line: 1, col: 1 }, doc: 0 };
}

type NetSpec = Partial<NetworkDef['spec']>;
type GuestSpec = Partial<InterfaceDef['spec']> & { network: string };

const GUEST = { order: 0, address: 'auto', attach: { tap: { multiQueue: false } }, spoofProtection: true, allowedAddresses: [] } as const;

/** What leads outside: gateway nodes (and which of them are cordoned), pools, floating and routed addresses. */
export interface Outside {
  readonly gateways?: readonly string[];
  readonly cordoned?: readonly string[];
  readonly pools?: Readonly<Record<string, Partial<AddressPoolDef['spec']> & { cidr: string }>>;
  readonly floating?: Readonly<Record<string, Partial<FloatingIPDef['spec']>>>;
  readonly routed?: Readonly<Record<string, Partial<RoutedIPDef['spec']> & { network: string }>>;
}

/** Two nodes; whatever networks, guests and ways out a test names. */
export function catalogOf(nets: Readonly<Record<string, NetSpec>>, guests: Readonly<Record<string, GuestSpec>>, outside: Outside = {}): Catalog {
  const cluster = define('Cluster', 'lab', {
    underlay: { port: 4789, mtu: 9000 },
    mesh: { learning: false },
    vxids: { first: 1, last: 16777215 },
    macPrefix: '02:00:00',
    quarantine: '300s',
    memory: '30d',
    zone: 'netloom',
    guards: { maxDeletions: 10, maxDeletedPercent: 20, percentAbove: 5 },
  });
  const nodes = ['n1', 'n2'].map(
    (name, i): NodeDef =>
      define('Node', name, {
        underlay: { address: `10.2.1.${i + 1}` },
        gateway: outside.gateways?.includes(name) === true,
        cordon: outside.cordoned?.includes(name) === true,
        bridgeNetfilter: 'off',
      }),
  );
  const networks = Object.entries(nets).map(([key, spec]): NetworkDef => define('Network', key, spec));
  const interfaces = Object.entries(guests).map(([key, spec]): InterfaceDef => define('Interface', key, { ...GUEST, allowedAddresses: [], ...spec }));
  const pools = Object.entries(outside.pools ?? {}).map(([key, spec]): AddressPoolDef => define('AddressPool', key, { mode: 'masquerade', ...spec }));
  const floating = Object.entries(outside.floating ?? {}).map(([key, spec]): FloatingIPDef => define('FloatingIP', key, { egress: 'gateway', ...spec }));
  const routed = Object.entries(outside.routed ?? {}).map(([key, spec]): RoutedIPDef => define('RoutedIP', key, spec));
  const byKey = <D extends Definition>(all: readonly D[]): ReadonlyMap<string, D> => new Map(all.map(each => [each.key, each]));
  return {
    cluster,
    nodes: byKey(nodes),
    pools: byKey(pools),
    namespaces: new Map(),
    networks: byKey(networks),
    interfaces: byKey(interfaces),
    floatingIPs: byKey(floating),
    routedIPs: byKey(routed),
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
    revision: { observed: 'a'.repeat(40), attempted: 'a'.repeat(40), accepted: 'a'.repeat(40), applied: 'a'.repeat(40) },
    conditions: [{ type: 'Ready', status: true, reason: 'AsWanted', message: '', since: '2026-11-21T10:00:05Z' }],
    networks: {},
    interfaces: {},
    pools: {},
    floatingIPs: {},
    routedIPs: {},
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

/** A network with NAT by n1, a guest with a floating address, another network that is routed, and a routed address. */
export const SHOP = catalogOf(
  { 'acme/shop': { cidr: '10.0.0.0/24', vxid: 14823439 }, 'acme/office': { cidr: '10.1.0.0/24', vxid: 3, egress: 'routed' } },
  { 'acme/web': { network: 'shop', node: 'n2', mac: '02:aa:00:00:00:01', instance: 'vm-7', model: 'e1000' }, 'acme/pc': { network: 'office', node: 'n2' } },
  {
    gateways: ['n1'],
    pools: { edge: { cidr: '192.0.2.0/28', device: 'eth1' } },
    floating: { 'acme/www': { interface: 'web' }, 'acme/spare': {} },
    routed: { 'acme/lb': { network: 'shop' } },
  },
);

/** One network on two nodes, a guest on each. */
export const DEMO = catalogOf(
  { 'default/demo': { cidr: '10.0.0.0/24' } },
  { 'default/web': { network: 'demo', node: 'n1' }, 'default/db': { network: 'demo', node: 'n2' } },
);
export const FINE = [
  reportOf('n1', { networks: { 'default/demo': READY }, interfaces: { 'default/web': READY } }),
  reportOf('n2', { networks: { 'default/demo': READY }, interfaces: { 'default/db': READY } }),
];
