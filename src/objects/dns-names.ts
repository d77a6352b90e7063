/** The names that a network's resolver knows: its guests' and those of `dnsRecords`. */
import { compareIps, ipFamily } from '../model/ip.ts';
import type { Catalog, InterfaceDef, NetworkDef } from './object.ts';
import { domainOf, hostnameOf } from './services.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?)*$/;

/** One address and all that it is called, the first being the name that the address is answered with (PTR). */
export interface HostRecord {
  readonly address: string;
  readonly names: readonly string[];
}

/** One more name for another; both with their domain. */
export interface Cname {
  readonly alias: string;
  readonly target: string;
}

/** A guest with its address. */
export interface Guest {
  readonly iface: InterfaceDef;
  readonly address: string;
  readonly mac: string;
}

/** `name` with the domain behind it, unless it has it already. */
function qualified(name: string, domain: string): string {
  return name === domain || name.endsWith(`.${domain}`) ? name : `${name}.${domain}`;
}

/**
 * A and AAAA, as dnsmasq's `addn-hosts` wants them: guests by address, then `dnsRecords` by address and name. Guests come first,
 * because dnsmasq answers for an address with the first name that it met. Single names are known without their domain too.
 */
export function hostRecordsOf(network: NetworkDef, guests: readonly Guest[], catalog: Catalog): readonly HostRecord[] {
  const domain = domainOf(network.namespace, catalog);
  const own = guests.map(({ iface, address }) => ({ address, names: guestNames(iface).flatMap(name => forms(name, domain)) }));
  const more = (network.spec.dnsRecords ?? [])
    .filter(({ type, value }) => type !== 'CNAME' && ipFamily(value) === (type === 'A' ? 4 : 6))
    .map(({ name, value }) => ({ address: value, names: forms(name, domain) }));
  return [...own, ...more.sort((a, b) => compareIps(a.address, b.address) || Number((a.names[0] ?? '') > (b.names[0] ?? '')) - 0.5)];
}

// Its hostname first; its instance too, where a hostname hides it.
function guestNames(iface: InterfaceDef): readonly string[] {
  const { instance } = iface.spec;
  const name = hostnameOf(iface);
  return instance === undefined || instance === name || !LABEL.test(instance) ? [name] : [name, instance];
}

function forms(name: string, domain: string): readonly string[] {
  const whole = qualified(name, domain);
  const single = whole.slice(0, Math.max(0, whole.length - domain.length - 1));
  return LABEL.test(single) ? [whole, single] : [whole];
}

/** CNAMEs by alias. One alias has one target, and none leads back to itself: dnsmasq would not start (checks refuse these). */
export function cnamesOf(network: NetworkDef, catalog: Catalog): readonly Cname[] {
  const domain = domainOf(network.namespace, catalog);
  const targets = new Map<string, string>();
  for (const { name, type, value } of network.spec.dnsRecords ?? []) {
    const alias = qualified(name, domain);
    if (type !== 'CNAME' || !NAME.test(value) || targets.has(alias)) continue;
    const target = qualified(value, domain);
    if (!leadsTo(alias, target, targets)) targets.set(alias, target);
  }
  return [...targets].map(([alias, target]) => ({ alias, target })).sort((a, b) => (a.alias < b.alias ? -1 : 1));
}

function leadsTo(end: string, from: string, targets: ReadonlyMap<string, string>): boolean {
  let at: string | undefined = from;
  while (at !== undefined && at !== end) at = targets.get(at);
  return at === end;
}
