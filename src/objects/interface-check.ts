/** What a schema cannot say about an Interface by itself; what several must agree on is in catalog-checks.ts. */
import { ADOPT } from '../model/annotations.ts';
import { type Cidr, contains, nthAddress, parseCidr } from '../model/ip.ts';
import { isReservedMac, isUnicast } from '../model/mac.ts';
import { isOurName, isReservedDevice, vethNames } from '../model/names.ts';
import { parseVxid } from '../model/vxid.ts';
import { beside, error } from './finding.ts';
import { nodesOf } from './mesh.ts';
import type { Catalog, Finding, InterfaceDef, NetworkDef } from './object.ts';
import { reservationOf } from './ranges.ts';
import { namesIn, unknown } from './references.ts';
import { networkElsewhere, networkNames, suggestion } from './suggest.ts';

export function checkInterface(self: InterfaceDef, catalog: Catalog): readonly Finding[] {
  const network = catalog.networks.get(`${self.namespace}/${self.spec.network}`);
  return [
    ...(network === undefined ? unknownNetwork(self, catalog) : addressOf(self, network)),
    ...routedIPs(self, catalog),
    ...unknownNode(self, 'node', catalog),
    ...unknownNode(self, 'migrateTo', catalog),
    ...migration(self),
    ...mac(self),
    ...deviceNames(self, catalog),
    ...guestNamespace(self),
  ];
}

function unknownNetwork(self: InterfaceDef, catalog: Catalog): readonly Finding[] {
  const { network: name } = self.spec;
  const missing = { kind: 'Network', namespace: self.namespace, name } as const;
  const message = `there is no Network ${name} in namespace ${self.namespace}`;
  return [error('unknown-reference', self, ['spec', 'network'], message, { hint: networkHint(self, name, catalog), missing })];
}

function networkHint(self: InterfaceDef, name: string, catalog: Catalog): string {
  const elsewhere = networkElsewhere(catalog, name);
  if (elsewhere !== null) return `Network ${name} is in namespace ${elsewhere}: an interface belongs to the namespace of its network`;
  const near = suggestion(catalog, name, networkNames(catalog, self.namespace));
  return near === null ? `add a Network ${name} to namespace ${self.namespace}` : `did you mean ${near}?`;
}

function unknownNode(self: InterfaceDef, field: 'node' | 'migrateTo', catalog: Catalog): readonly Finding[] {
  const name = self.spec[field];
  if (name === undefined || catalog.nodes.has(name)) return [];
  const near = suggestion(catalog, name, catalog.nodes.keys());
  const hint = near === null ? `add a Node ${name}, or leave ${field} out` : `did you mean ${near}?`;
  const missing = { kind: 'Node', namespace: '', name } as const;
  return [error('unknown-reference', self, ['spec', field], `there is no Node ${name}`, { hint, missing })];
}

function migration(self: InterfaceDef): readonly Finding[] {
  const { node, migrateTo, attach } = self.spec;
  const path = ['spec', 'migrateTo'];
  if (migrateTo === undefined) return [];
  if (node === undefined) {
    return [error('contradiction', self, path, 'migrateTo without node: nobody knows from where', { hint: `say node: ${migrateTo} instead` })];
  }
  if (node === migrateTo) {
    return [error('contradiction', self, path, `the guest is on ${node} already`, { hint: 'leave migrateTo out, or name another Node' })];
  }
  if (attach.host === undefined) return [];
  const message = `a node does not move: with attach.host the interface is ${node} itself`;
  return [error('contradiction', self, path, message, { hint: 'leave migrateTo out; another node is another Interface' })];
}

function addressOf(self: InterfaceDef, network: NetworkDef): readonly Finding[] {
  const { address, attach } = self.spec;
  const related = [{ on: network, path: ['spec', 'cidr'] }];
  if (attach.host !== undefined && (address === 'none' || network.spec.cidr === undefined)) {
    const why = network.spec.cidr === undefined ? `Network ${network.key} has no cidr` : 'address is none';
    const hint = 'give the network a cidr and the interface an address, or attach it otherwise';
    return [error('attachment-needs-address', self, ['spec', 'attach', 'host'], `a host attachment needs an address, but ${why}`, { hint, related })];
  }
  if (attach.host !== undefined && network.spec.cidr?.includes(':')) {
    const message = `a host attachment needs an IPv4 address, but Network ${network.key} has the cidr ${network.spec.cidr}: the node is deaf to IPv6 there`;
    const hint = 'give the node an interface in a network with an IPv4 cidr, or attach it otherwise';
    return [error('attachment-needs-address', self, ['spec', 'attach', 'host'], message, { hint, related })];
  }
  if (address === 'auto' || address === 'none') return [];
  if (network.spec.cidr === undefined) {
    const message = `address ${address} on Network ${network.key}, which has no cidr`;
    return [error('address-needs-cidr', self, ['spec', 'address'], message, { hint: 'give the network a cidr, or leave the address out', related })];
  }
  const range = parseCidr(network.spec.cidr);
  return range === null ? [] : explicitAddress(self, address, range, network);
}

function explicitAddress(self: InterfaceDef, address: string, range: Cidr, network: NetworkDef): readonly Finding[] {
  const related = [{ on: network, path: ['spec', 'cidr'] }];
  const path = ['spec', 'address'];
  if (!contains(range, address)) {
    const message = `address ${address} is outside of ${range.text}, the cidr of Network ${network.key}`;
    return [error('address-outside-network', self, path, message, { hint: `choose one of ${range.text}, or auto`, related })];
  }
  const use = ownUse(address, range);
  if (use === null) return reserved(self, address, network);
  return [error('address-reserved', self, path, `address ${address} is the ${use} address of ${range.text}`, { hint: 'choose another one, or auto', related })];
}

function reserved(self: InterfaceDef, address: string, network: NetworkDef): readonly Finding[] {
  const index = reservationOf(address, network.spec.reservations);
  const reservation = network.spec.reservations?.[index];
  if (reservation === undefined) return [];
  const comment = reservation.comment === undefined ? '' : ` (${reservation.comment})`;
  const message = `address ${address} is reserved in Network ${network.key}${comment}`;
  const more = { hint: 'choose another one, or auto', related: beside(network, 'spec', 'reservations', index, 'addresses') };
  return [error('address-reserved', self, ['spec', 'address'], message, more)];
}

function routedIPs(self: InterfaceDef, catalog: Catalog): readonly Finding[] {
  const { namespace } = self;
  return (self.spec.routedIPs ?? []).flatMap((name, index): readonly Finding[] => {
    const path = ['spec', 'routedIPs', index];
    const found = catalog.routedIPs.get(`${namespace}/${name}`);
    if (found === undefined) return [unknown(self, path, { kind: 'RoutedIP', namespace, name }, catalog, namesIn(catalog.routedIPs, namespace))];
    if (found.spec.network === self.spec.network) return [];
    const message = `RoutedIP ${found.key} leads into Network ${found.spec.network}, and the interface is in ${self.spec.network}`;
    const more = { hint: 'let both name one network', related: beside(found, 'spec', 'network') };
    return [error('contradiction', self, path, message, more)];
  });
}

function ownUse(address: string, range: Cidr): string | null {
  if (address === range.network) return 'network';
  if (address === range.broadcast) return 'broadcast';
  return range.first < range.last && address === nthAddress(range, 1) ? "router's" : null;
}

function mac(self: InterfaceDef): readonly Finding[] {
  const { mac: own } = self.spec;
  const path = ['spec', 'mac'];
  const hint = 'choose another one, or leave it out to have one allocated';
  if (own === undefined) return [];
  if (!isUnicast(own)) return [error('reserved-mac', self, path, `mac ${own} is a multicast address`, { hint })];
  if (own === '00:00:00:00:00:00') return [error('reserved-mac', self, path, `mac ${own} is no address`, { hint })];
  if (!isReservedMac(own)) return [];
  return [error('reserved-mac', self, path, `mac ${own} is of addresses that netloom derives (02:01 to 02:04, fe)`, { hint })];
}

/** Device names that the definition gives in the node's own namespace: the field and the name. */
export function givenNames(self: InterfaceDef): readonly { readonly path: readonly string[]; readonly name: string }[] {
  const { tap, bridge, host } = self.spec.attach;
  const found = [
    { path: ['spec', 'attach', 'tap', 'ifname'], name: tap?.ifname },
    { path: ['spec', 'attach', 'bridge', 'port'], name: bridge?.port },
    { path: ['spec', 'attach', 'host', 'ifname'], name: host?.ifname },
  ];
  return found.flatMap(({ path, name }) => (name === undefined ? [] : [{ path, name }]));
}

function deviceNames(self: InterfaceDef, catalog: Catalog): readonly Finding[] {
  const { nodes } = catalog;
  const homes = nodesOf(self).flatMap(name => nodes.get(name) ?? []);
  return givenNames(self).flatMap(({ path, name }) => {
    const hint = 'choose another name, or leave it out';
    if (isReservedDevice(name)) return [error('reserved-device', self, path, `${name} is no name for an interface's device`, { hint })];
    if (isOurName(name) && !isLeftByOthers(self, name, catalog))
      return [error('name-collision', self, path, `${name} is a name that netloom gives to its own devices`, { hint })];
    const node = homes.find(home => home.spec.underlay.device === name);
    if (node === undefined) return [];
    const related = [{ on: node, path: ['spec', 'underlay', 'device'] }];
    return [error('reserved-device', self, path, `${name} is the underlay device of Node ${node.name}`, { hint, related })];
  });
}

/** The port that somebody else's router has in this very network, under the name that ours would have. */
function isLeftByOthers({ annotations, namespace, spec: { attach, network } }: InterfaceDef, name: string, { networks }: Catalog): boolean {
  const { vxid } = networks.get(`${namespace}/${network}`)?.spec ?? {};
  const pinned = vxid === undefined ? null : parseVxid(vxid);
  return annotations[ADOPT] === 'true' && attach.bridge?.port === name && pinned !== null && name === vethNames(pinned).outer;
}

function guestNamespace(self: InterfaceDef): readonly Finding[] {
  const { netns } = self.spec.attach;
  if (netns === undefined) return [];
  if (netns.ifname !== undefined && isReservedDevice(netns.ifname)) {
    const message = `${netns.ifname} is no name for an interface's device`;
    return [error('reserved-device', self, ['spec', 'attach', 'netns', 'ifname'], message, { hint: 'choose another name, or leave it out' })];
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-6e6c6d[0-9a-f]{6}$/.test(netns.name)) return [];
  const message = `${netns.name} is a name that netloom gives to its own network namespaces`;
  return [error('name-collision', self, ['spec', 'attach', 'netns', 'name'], message, { hint: 'name the namespace of the guest' })];
}
