/** What a schema cannot say about an AddressPool by itself; what several pools must agree on is in pool-checks.ts. */
import { type Cidr, contains, hostBitsSet, parseCidr } from '../model/ip.ts';
import { isOurName, isReservedDevice } from '../model/names.ts';
import { orList } from '../model/text.ts';
import { unusable } from './address-check.ts';
import { beside, error, warning } from './finding.ts';
import type { AddressPoolDef, Catalog, Definition, Finding, NodeDef } from './object.ts';
import { outside, reservationOf } from './ranges.ts';
import { gatewayFindings } from './references.ts';
import { egressDevice, nodesOfPool } from './services.ts';

export function checkAddressPool(self: AddressPoolDef, catalog: Catalog): readonly Finding[] {
  return [...cidr(self), ...gatewayNodes(self, catalog), ...bridge(self), ...deviceNames(self, self.spec, ['spec']), ...devices(self, catalog)];
}

function cidr(self: AddressPoolDef): readonly Finding[] {
  const path = ['spec', 'cidr'];
  const range = parseCidr(self.spec.cidr);
  if (range === null) return [];
  if (range.family !== 4) return [error('wrong-value', self, path, `cidr ${self.spec.cidr} is not IPv4`, { hint: 'give an IPv4 prefix such as 192.0.2.0/24' })];
  if (hostBitsSet(range)) return [error('host-bits-set', self, path, `cidr ${self.spec.cidr} has host bits set`, { hint: `write ${range.text}` })];
  const why = unusable(range.text);
  if (why !== null) return [error('wrong-value', self, path, `cidr ${range.text} is ${why}`, { hint: 'choose a range that the outside can reach' })];
  if (range.prefix > 29) {
    const hint = 'choose /29 or larger: network, router and broadcast need addresses too';
    return [error('network-too-small', self, path, `cidr ${range.text} is smaller than /29`, { hint })];
  }
  return [...gateway(self, range), ...reserved(self, range)];
}

function gateway(self: AddressPoolDef, range: Cidr): readonly Finding[] {
  const { gateway: own } = self.spec;
  if (own === undefined) return [];
  const more = { hint: `choose one of ${range.text}, or leave it out`, related: beside(self, 'spec', 'cidr') };
  const path = ['spec', 'gateway'];
  if (!contains(range, own)) return [error('address-outside-pool', self, path, `gateway ${own} is outside of ${range.text}`, more)];
  const use = own === range.network ? 'network' : own === range.broadcast ? 'broadcast' : null;
  return use === null ? [] : [error('address-reserved', self, path, `gateway ${own} is the ${use} address of ${range.text}`, more)];
}

function reserved(self: AddressPoolDef, range: Cidr): readonly Finding[] {
  return outside(range, self.spec.reserved).map(index => {
    const message = `${self.spec.reserved?.[index]?.addresses} is not within ${range.text}`;
    const more = { hint: `name addresses of ${range.text}`, related: beside(self, 'spec', 'cidr') };
    return error('address-outside-pool', self, ['spec', 'reserved', index, 'addresses'], message, more);
  });
}

function gatewayNodes(self: AddressPoolDef, catalog: Catalog): readonly Finding[] {
  const named = self.spec.gateways ?? [];
  const found = named.flatMap((name, index) => gatewayFindings(self, ['spec', 'gateways', index], name, catalog));
  if (found.length > 0 || nodesOfPool(self, catalog).length > 0) return found;
  const path = self.spec.gateways === undefined ? [] : ['spec', 'gateways'];
  const hint = self.spec.gateways === undefined ? 'set gateway: true in a Node' : 'name a Node with gateway: true, or leave gateways out';
  const missing = { kind: 'Node', namespace: '', name: '' } as const;
  return [warning('no-gateway-node', self, path, `no node serves AddressPool ${self.name}: nothing reaches the outside through it`, { hint, missing })];
}

function bridge(self: AddressPoolDef): readonly Finding[] {
  const { bridge: own, device, mode } = self.spec;
  const path = ['spec', 'bridge'];
  if (own === undefined) return [];
  if (mode !== 'bridged') return [error('contradiction', self, path, `bridge ${own} in mode ${mode}`, { hint: 'write mode: bridged, or leave bridge out' })];
  if (device === undefined) return [];
  const more = { hint: 'keep bridge where the machine has one already, else device', related: beside(self, 'spec', 'device') };
  return [error('contradiction', self, path, `both bridge ${own} and device ${device}`, more)];
}

/** Names that cannot be an egress device: what tools and others use, and what netloom makes itself. */
export function deviceNames(on: Definition, spec: { readonly device?: string; readonly bridge?: string }, path: Finding['path']): readonly Finding[] {
  return (['device', 'bridge'] as const).flatMap(field => {
    const name = spec[field];
    if (name === undefined) return [];
    const hint = field === 'device' ? 'name a network card of the machine' : 'name a bridge of the machine';
    if (isReservedDevice(name)) return [error('reserved-device', on, [...path, field], `${name} cannot be the egress ${field}`, { hint })];
    if (!isOurName(name)) return [];
    return [error('name-collision', on, [...path, field], `egress ${field} ${name} has a name that netloom gives to its own devices`, { hint })];
  });
}

// One mistake is told once, with the first of the nodes that it concerns.
function devices(self: AddressPoolDef, catalog: Catalog): readonly Finding[] {
  const nodes = nodesOfPool(self, catalog).flatMap(name => catalog.nodes.get(name) ?? []);
  const without = nodes.filter(node => lacksDevice(self, node));
  return [...(without.length === 0 ? [] : [missingDevice(self, without)]), ...cutOff(self, nodes)];
}

/** The node's own word for the pool's device. */
function entryOf(self: AddressPoolDef, { spec }: NodeDef): number {
  return spec.egress?.findIndex(each => each.pool === self.name) ?? -1;
}

// A bridge in another mode is told as that.
function lacksDevice(self: AddressPoolDef, node: NodeDef): boolean {
  const { device, bridge: own } = egressDevice(self, node);
  return device === undefined && own === undefined;
}

function missingDevice(self: AddressPoolDef, nodes: readonly NodeDef[]): Finding {
  const names = nodes.map(node => node.name);
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : orList(names, 'and');
  const what = self.spec.mode === 'bridged' ? 'device and no bridge' : 'device';
  const message = `AddressPool ${self.name} has no ${what} on ${shown}, which should serve it`;
  const hint = `set device in the AddressPool, or egress in Node ${names[0]}`;
  return error('missing-device', self, ['spec'], message, { hint, related: nodes.slice(0, 1).flatMap(node => beside(node)) });
}

function cutOff(self: AddressPoolDef, nodes: readonly NodeDef[]): readonly Finding[] {
  if (self.spec.mode !== 'bridged') return [];
  const hint = 'use another network card, mode masquerade or routed, or a bridge that the machine has already (bridge)';
  const cut = nodes.flatMap(node => {
    const { device } = egressDevice(self, node);
    return device !== undefined && device === node.spec.underlay.device ? [{ node, device, entry: entryOf(self, node) }] : [];
  });
  const say = ({ node, device }: (typeof cut)[number]): string =>
    `mode bridged would make ${device} a port of a bridge on Node ${node.name}, and cut the node off: it is the underlay device`;
  const [common] = cut.filter(({ entry }) => entry < 0);
  const own = cut.filter(({ entry }) => entry >= 0);
  return [
    ...(common === undefined
      ? []
      : [error('egress-is-underlay', self, ['spec', 'device'], say(common), { hint, related: beside(common.node, 'spec', 'underlay', 'device') })]),
    ...own.map(each =>
      error('egress-is-underlay', each.node, ['spec', 'egress', each.entry, 'device'], say(each), { hint, related: beside(self, 'spec', 'mode') }),
    ),
  ];
}

/** Why nobody can have this address of the pool, and where that is said; null when it is free to be asked for. The pool's cidr must be well. */
export function takenInPool(
  address: string,
  pool: AddressPoolDef,
  router: string,
): { readonly why: string; readonly path: readonly (string | number)[] } | null {
  const range = parseCidr(pool.spec.cidr);
  const path = ['spec', 'cidr'];
  if (range === null) return null;
  if (address === range.network) return { why: 'the network address', path };
  if (address === range.broadcast) return { why: 'the broadcast address', path };
  if (address === router) return { why: 'the gateway', path: pool.spec.gateway === undefined ? path : ['spec', 'gateway'] };
  const index = reservationOf(address, pool.spec.reserved);
  return index < 0 ? null : { why: 'reserved', path: ['spec', 'reserved', index, 'addresses'] };
}
