/**
 * What makes most repositories valid: names that exist, addresses within their prefix, devices that the node of these tests has.
 * Everything else is as the schemas say. A place without a tie is generated all the same; a test lists what is never reached.
 */
import { IGNORABLE } from '../../src/kinds/ignorable.ts';
import { nthAddress, parseCidr } from '../../src/model/ip.ts';
import type { KindName } from '../../src/objects/object.ts';
import type { Value } from './yaml-lines.ts';

type Body = Readonly<Record<string, Value>>;

/** A definition as it is written. */
export interface Document extends Body {
  readonly kind: KindName;
  readonly metadata: Body & { readonly name: string; readonly namespace?: string };
  readonly spec: Body;
}

/** Where a value is chosen: what is known of its revision so far. */
export interface Scope {
  readonly self: Document;
  /** Fields beside it that come before it. */
  readonly beside: Body;
  /** Definitions of a kind, of any namespace; those of kinds that come later have no spec yet. */
  readonly all: (kind: KindName) => readonly Document[];
}

/** Gives a value for a number; undefined: nothing fits, and the field is left out. */
export type Tie = (n: number, scope: Scope) => Value | undefined;

/** Kinds in the order in which their specs are chosen: what others look into comes first. Kinds that are not here come last. */
export const ORDER: readonly KindName[] = ['AddressPool', 'Node', 'Namespace', 'Cluster', 'Network', 'RoutedIP', 'Interface', 'FloatingIP'];

/** The node of these tests, whose kernel is looked at. */
export const THIS_NODE = 'n1';
/** Its network cards besides the underlay's, a bridge of its own, and the namespaces of its guests. */
export const CARDS = ['eth1', 'eth2'] as const;
export const BRIDGE = 'br0';
export const GUEST_NAMES = ['g1', 'g2'] as const;

const pick =
  <T extends Value>(...values: readonly T[]): Tie =>
  n =>
    values[n % values.length];

const names = (all: readonly Document[]): readonly string[] => all.map(({ metadata }) => metadata.name);
const nth = (values: readonly Value[], n: number): Value | undefined => (values.length === 0 ? undefined : values[n % values.length]);
const named =
  (kind: KindName): Tie =>
  (n, { all }) =>
    nth(names(all(kind)), n);
const inTenant =
  (kind: KindName): Tie =>
  (n, { self, all }) =>
    nth(names(all(kind).filter(one => tenantOf(one) === tenantOf(self))), n);

function tenantOf({ metadata }: Document): string {
  return metadata.namespace ?? 'default';
}

/** Networks of the tenant that an address of a pool can lead into. */
function open({ self, all }: Scope): readonly string[] {
  const isOpen = ({ spec }: Document): boolean => spec['nat'] !== false && spec['egress'] !== 'none' && String(spec['cidr'] ?? ':').includes('.');
  return names(all('Network').filter(one => tenantOf(one) === tenantOf(self) && isOpen(one)));
}

function networkOf({ self, all }: Scope): Body | undefined {
  return all('Network').find(one => tenantOf(one) === tenantOf(self) && one.metadata.name === self.spec['network'])?.spec;
}

function poolOf({ self, all }: Scope): Body | undefined {
  const wanted = self.spec['pool'] ?? all('Cluster')[0]?.spec['defaultPool'];
  return (all('AddressPool').find(({ metadata }) => metadata.name === wanted) ?? all('AddressPool')[0])?.spec;
}

function isBridged({ pool }: Body, all: Scope['all']): boolean {
  return all('AddressPool').some(({ metadata, spec }) => metadata.name === pool && spec['mode'] === 'bridged');
}

/** An address of a prefix by number; its first ones, where everything collides. */
function addressIn(cidr: Value | undefined, n: number): string | undefined {
  const range = typeof cidr === 'string' ? parseCidr(cidr) : null;
  return range === null ? undefined : nthAddress(range, 2 + (n % 6));
}

function rangeIn(cidr: Value | undefined, n: number): string | undefined {
  const [first, last] = [addressIn(cidr, n), addressIn(cidr, n + 1)];
  return n % 3 === 0 && first !== undefined && last !== undefined && first < last ? `${first}-${last}` : first;
}

const gatewayNode: Tie = (n, { all }) => nth(names(all('Node').filter(({ spec }) => spec['gateway'] === true)), n);

/** Addresses of this node, of both families; its peers count on from there. */
export const UNDERLAY = ['192.0.2.11', '2001:db8::11'] as const;

function underlayAddress({ metadata: { name } }: Document, six: boolean): string {
  return `${six ? '2001:db8::' : '192.0.2.'}${10 + Number(name.slice(1))}`;
}

function isSix(first: Document | undefined): boolean {
  return JSON.stringify(first?.spec['underlay'] ?? '').includes('2001:db8');
}

/** Few prefixes of many sizes; some overlap, which tenants may and others may not. */
const CIDRS = ['10.0.0.0/24', '10.1.0.0/29', '10.2.0.0/16', '10.0.0.128/25', 'fd00:1::/64', '10.3.0.0/28', '10.4.0.0/24', 'fd00:2::/120', '172.20.0.0/22'];
const IPS = ['9.9.9.9', '10.0.0.53', '192.0.2.200', '2620:fe::fe'];

const ignorable: Tie = n => Object.keys(IGNORABLE)[n % Object.keys(IGNORABLE).length];

/** Fields of a Network, and of the templates of one. */
const NETWORK: Readonly<Record<string, Tie>> = {
  'spec.cidr': pick(...CIDRS),
  'spec.mtu': pick(1280, 1400, 1500, 1550),
  'spec.vxid': pick<Value>(10, 11, 12, '0xd', '0xffffff'),
  'spec.pool': named('AddressPool'),
  'spec.gateway': gatewayNode,
  'spec.reservations[].addresses': (n, { self }) => rangeIn(self.spec['cidr'], n),
  'spec.dnsRecords[].name': pick('www', 'mail', '_sip', 'a.b'),
  'spec.dnsRecords[].value': (n, { beside }) =>
    ({ CNAME: ['www', 'mail'], AAAA: ['fd00::1', '2001:db8::2'] })[String(beside['type'])]?.[n % 2] ?? `192.0.2.${80 + (n % 9)}`,
  'spec.dnsUpstreams[]': pick(...IPS),
  'spec.leaseTime': pick('2m', '300s', '1h', '7d'),
  'spec.ntp[]': pick('192.0.2.123', '10.0.0.9'),
  'spec.routes[].to': pick('10.9.0.0/16', '192.168.0.0/24', '0.0.0.0/0', '10.8.8.8/32'),
  'spec.routes[].via': (n, { self }) => addressIn(self.spec['cidr'], n),
  'spec.suspend': pick(false, false, false, true),
};

// What is in a template has no other prefix to lie in.
const TEMPLATE_CIDR = '10.4.0.0/24';
const inTemplate =
  (tie: Tie): Tie =>
  (n, scope) =>
    tie(n, { ...scope, self: { ...scope.self, spec: { cidr: TEMPLATE_CIDR } } });

const under = (place: string, wrap: (tie: Tie) => Tie): Readonly<Record<string, Tie>> =>
  Object.fromEntries(Object.entries(NETWORK).map(([path, tie]) => [path.replace('spec', place), wrap(tie)]));

const networksOf: Tie = (n, scope) => {
  const hasMain = scope.all('Namespace').some(({ metadata, spec }) => metadata.name === tenantOf(scope.self) && typeof spec['mainNetwork'] === 'object');
  return hasMain && n % 3 === 0 ? 'main' : inTenant('Network')(n, scope);
};

/** By kind and path. */
export const TIES: Readonly<Record<string, Tie>> = {
  ...under('Network spec', tie => tie),
  ...under('Namespace spec.mainNetwork', inTemplate),
  ...under('Cluster spec.namespaceDefaults.mainNetwork', inTemplate),
  'Namespace spec.mainNetwork.cidr': pick(TEMPLATE_CIDR, TEMPLATE_CIDR, TEMPLATE_CIDR, '10.2.0.0/16'),
  'Namespace spec.mainNetwork.vxid': pick<Value>(20, 21),
  'Namespace spec.pools[]': named('AddressPool'),
  'Namespace spec.quotas.networks': pick(9, 9, 2, 1, 0),
  'Namespace spec.quotas.interfaces': pick(9, 9, 5, 1, 0),
  'Cluster spec.namespaceDefaults.mainNetwork.cidr': pick(TEMPLATE_CIDR),
  'Cluster spec.namespaceDefaults.pools[]': named('AddressPool'),
  'Cluster spec.underlay.mtu': pick(1600, 1600, 1600, 1500, 9000),
  'Cluster spec.underlay.port': pick(4789, 8472, 4790),
  'Cluster spec.vxids.last': pick(16777215, 100, 60),
  'Cluster spec.macPrefix': pick('02:00:00', '52:54:00'),
  'Cluster spec.defaultPool': named('AddressPool'),
  'Cluster spec.dnsUpstreams[]': pick(...IPS),
  'Cluster spec.ignoreDrift[].kind': ignorable,
  'Cluster spec.ignoreDrift[].field': (n, { beside }) => nth(IGNORABLE[String(beside['kind'])] ?? [], n),
  'Cluster spec.ignoreDrift[].ref': pick('*', 'link:/br-vxlan-*', 'link:/tap-*', 'port:*'),
  'Cluster spec.ignoreDrift[].nodes[]': named('Node'),
  'Node spec.underlay.address': (n, { self, all }) => underlayAddress(self, self.metadata.name === THIS_NODE ? n % 8 === 0 : isSix(all('Node')[0])),
  'Node spec.underlay.device': pick('eth0'),
  'Node spec.underlay.mtu': pick(1600, 1600, 9000),
  'Node spec.gateway': pick(true, true, false),
  'Node spec.egress[].pool': named('AddressPool'),
  'Node spec.egress[].device': (n, { beside, all }) => (isBridged(beside, all) && n % 2 === 0 ? undefined : CARDS[n % CARDS.length]),
  'Node spec.egress[].bridge': (_, { beside, all }) => (isBridged(beside, all) && beside['device'] === undefined ? BRIDGE : undefined),
  'AddressPool spec.cidr': pick('198.51.100.0/24', '203.0.113.0/28', '198.51.100.0/29', '203.0.113.16/29'),
  'AddressPool spec.gateway': (n, { beside }) => addressIn(beside['cidr'], n),
  'AddressPool spec.device': (n, { beside }) => (beside['mode'] === 'bridged' && n % 2 === 0 ? undefined : CARDS[n % CARDS.length]),
  'AddressPool spec.bridge': (_, { beside }) => (beside['mode'] === 'bridged' && beside['device'] === undefined ? BRIDGE : undefined),
  'AddressPool spec.gateways[]': named('Node'),
  'AddressPool spec.reserved[].addresses': (n, { self }) => rangeIn(self.spec['cidr'], n),
  'RoutedIP spec.pool': named('AddressPool'),
  'RoutedIP spec.network': (n, scope) => nth(open(scope), n),
  'RoutedIP spec.address': (n, scope) => addressIn(poolOf(scope)?.['cidr'], n),
  'Interface spec.network': networksOf,
  'Interface spec.node': (n, { all }) => (n % 3 > 0 ? THIS_NODE : nth(names(all('Node')), n)),
  'Interface spec.migrateTo': (n, { beside, all }) =>
    beside['node'] === undefined
      ? undefined
      : nth(
          names(all('Node')).filter(name => name !== beside['node']),
          n,
        ),
  'Interface spec.instance': pick('vm-1', 'vm-2', 'Großer Rechner'),
  'Interface spec.address': (n, scope) => (n % 5 < 2 ? 'auto' : n % 5 === 2 ? 'none' : (addressIn(networkOf(scope)?.['cidr'], n) ?? 'auto')),
  'Interface spec.mac': pick('02:aa:00:00:00:01', '52:54:00:00:00:02', '02:00:00:00:00:03'),
  'Interface spec.attach.tap.ifname': pick('vm0', 'vm1', 'vm.7'),
  'Interface spec.attach.tap.owner': pick('root', 'daemon', 'no-such-user'),
  'Interface spec.attach.netns.name': pick(...GUEST_NAMES, ...GUEST_NAMES, 'nobody-made-it'),
  'Interface spec.attach.netns.ifname': pick('lan0', 'eth7'),
  'Interface spec.attach.bridge.port': pick('vnet0', 'vnet1'),
  'Interface spec.attach.host.ifname': pick('back0', 'host7'),
  'Interface spec.allowedAddresses[]': (n, scope) =>
    (n % 2 === 0 ? addressIn(networkOf(scope)?.['cidr'], n) : undefined) ?? ['10.0.0.192/26', '10.77.0.0/16', 'fd00:1::/112', '10.0.0.9'][n % 4],
  'Interface spec.routedIPs[]': (n, { self, all }) =>
    nth(names(all('RoutedIP').filter(one => tenantOf(one) === tenantOf(self) && one.spec['network'] === self.spec['network'])), n),
  'FloatingIP spec.pool': named('AddressPool'),
  'FloatingIP spec.address': (n, scope) => addressIn(poolOf(scope)?.['cidr'], n + 2),
  'FloatingIP spec.interface': (n, scope) => {
    const isTarget = ({ spec, ...one }: Document): boolean =>
      spec['address'] !== 'none' && open(scope).includes(String(spec['network'])) && tenantOf({ spec, ...one }) === tenantOf(scope.self);
    return nth(names(scope.all('Interface').filter(isTarget)), n);
  },
  'FloatingIP spec.allow[].cidr': pick('10.0.0.0/8', '192.0.2.7/32', '0.0.0.0/0'),
  'FloatingIP spec.allow[].protocol': pick('tcp', 'udp', 'tcp', 'icmp'),
};

/** Optional fields without which little happens: mostly there. */
export const LIKELY: ReadonlySet<string> = new Set([
  'Cluster spec',
  'Cluster spec.underlay',
  'Cluster spec.underlay.mtu',
  'Node spec.gateway',
  'AddressPool spec.device',
  'AddressPool spec.bridge',
  'Node spec.egress[].bridge',
  'Network spec',
  'Network spec.cidr',
  'Namespace spec',
  'Namespace spec.mainNetwork',
  'Namespace spec.mainNetwork.cidr',
  'Cluster spec.namespaceDefaults.mainNetwork.cidr',
  'Interface spec.node',
  'Network spec.dhcp',
  'Interface spec.attach',
  'FloatingIP spec.interface',
  'RoutedIP spec.network',
]);
