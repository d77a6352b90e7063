/** What a schema cannot say about a Network by itself; what several networks must agree on is in catalog-checks.ts. */
import { hostBitsSet, parseCidr } from '../model/ip.ts';
import { isVxid, parseVxid, VXID_MAX, VXID_MIN } from '../model/vxid.ts';
import { unusable } from './address-check.ts';
import { error, warning } from './finding.ts';
import { declaredUnderlayMtu, overhead } from './mesh.ts';
import { tenant } from './namespace-check.ts';
import { dnsFindings } from './network-dns-check.ts';
import { servicesFindings } from './network-services-check.ts';
import type { Catalog, Finding, NetworkDef } from './object.ts';

/** Network, router and broadcast take three addresses of eight. */
const SMALLEST = { 4: 29, 6: 125 } as const;

/** Below this, guests cannot use IPv6 (RFC 8200, section 5). */
const IPV6_MTU = 1280;

export function checkNetwork(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  return [...tenant(self, catalog), ...cidr(self), ...vxid(self), ...mtu(self, catalog), ...servicesFindings(self, catalog), ...dnsFindings(self, catalog)];
}

function cidr(self: NetworkDef): readonly Finding[] {
  const range = self.spec.cidr === undefined ? null : parseCidr(self.spec.cidr);
  if (range === null) return [];
  const path = ['spec', 'cidr'];
  if (hostBitsSet(range)) {
    const message = `cidr ${self.spec.cidr} has host bits set`;
    return [error('host-bits-set', self, path, message, { hint: `write ${range.text}` })];
  }
  const why = unusable(range.text);
  if (why !== null)
    return [error('wrong-value', self, path, `cidr ${range.text} is ${why}`, { hint: 'choose a range that guests can use, such as 10.0.0.0/24' })];
  const smallest = SMALLEST[range.family];
  if (range.prefix <= smallest) return [];
  const message = `cidr ${range.text} is smaller than /${smallest}`;
  return [error('network-too-small', self, path, message, { hint: `choose /${smallest} or larger: network, router and broadcast need addresses too` })];
}

function vxid(self: NetworkDef): readonly Finding[] {
  const pinned = self.spec.vxid === undefined ? null : parseVxid(self.spec.vxid);
  if (pinned === null || isVxid(pinned)) return [];
  const message = `vxid ${pinned} is not within ${VXID_MIN} to ${VXID_MAX}`;
  return [error('vxid-out-of-range', self, ['spec', 'vxid'], message, { hint: 'choose one within, or leave it out to have one allocated' })];
}

function mtu(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const { mtu: own } = self.spec;
  if (own === undefined) return [];
  const underlay = underlayMtu(catalog);
  const most = underlay - overhead(catalog);
  const path = ['spec', 'mtu'];
  if (own > most) {
    const message = `mtu ${own} is more than the underlay carries: ${underlay} less ${overhead(catalog)} for VXLAN is ${most}`;
    return [error('mtu-too-large', self, path, message, { hint: `set at most ${most}, or raise the underlay's mtu and declare it`, ...slowest(catalog) })];
  }
  if (own >= IPV6_MTU) return [];
  const message = `mtu ${own} is less than the ${IPV6_MTU} that IPv6 needs`;
  const severity = self.spec.cidr?.includes(':') ? error : warning;
  return [severity('mtu-too-small', self, path, message, { hint: `set at least ${IPV6_MTU}` })];
}

const UNDERLAY = new WeakMap<Catalog, number>();

// Asked once for each network: thousands of networks must not each look at hundreds of nodes.
function underlayMtu(catalog: Catalog): number {
  const known = UNDERLAY.get(catalog) ?? declaredUnderlayMtu(catalog);
  UNDERLAY.set(catalog, known);
  return known;
}

/** Where the smallest underlay mtu is declared. */
function slowest(catalog: Catalog): Pick<Finding, 'related'> {
  const smallest = underlayMtu(catalog);
  const on = [...catalog.nodes.values()].find(node => node.spec.underlay.mtu === smallest) ?? catalog.cluster;
  return { related: [{ on, path: ['spec', 'underlay', 'mtu'] }] };
}
