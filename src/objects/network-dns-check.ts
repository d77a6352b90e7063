/** Names in a Network: its DNS records and the hostnames of its interfaces. What dnsmasq would end over (a loop, a second CNAME) is refused here. */
import { ipFamily } from '../model/ip.ts';
import { contested } from './contested.ts';
import { beside, error, titled, warning } from './finding.ts';
import type { Catalog, Finding, InterfaceDef, NetworkDef } from './object.ts';
import { domainOf, hostnameOf } from './services.ts';

type Path = readonly (string | number)[];

interface Entry {
  readonly index: number;
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly value: string;
  /** The whole name: `www.blue.netloom`. */
  readonly name: string;
}

export function dnsFindings(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const written = self.spec.dnsRecords ?? [];
  const entries = written.map(({ name, type, value }, index) => ({ index, type, value, name: wholeName(name, self.namespace, catalog) }));
  const single = entries.flatMap(entry => [...value(self, entry), ...name(self, entry, catalog)]);
  return [
    ...unserved(self),
    ...single,
    ...twice(self, entries),
    ...loops(self, entries, catalog),
    ...aliases(self, entries, catalog),
    ...hostnames(self, catalog),
  ];
}

/** A record's name in full: as it is when it ends with the zone, else below the namespace's domain. */
function wholeName(name: string, namespace: string, catalog: Catalog): string {
  return isBelow(name, catalog.cluster.spec.zone) ? name : `${name}.${domainOf(namespace, catalog)}`;
}

function isBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function at(index: number, field: 'name' | 'value'): Path {
  return ['spec', 'dnsRecords', index, field];
}

function unserved(self: NetworkDef): readonly Finding[] {
  if (self.spec.dnsRecords === undefined || self.spec.dns === true) return [];
  const message = `dnsRecords, but dns is ${self.spec.dns === undefined ? 'not said' : 'false'}`;
  return [error('contradiction', self, ['spec', 'dnsRecords'], message, { hint: 'write dns: true, or leave dnsRecords out' })];
}

const LABELS = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?)*$/;

function value(self: NetworkDef, { index, type, value: text }: Entry): readonly Finding[] {
  const wanted = {
    A: ['an IPv4 address', ipFamily(text) === 4],
    AAAA: ['an IPv6 address', ipFamily(text) === 6],
    CNAME: ['a name', LABELS.test(text) && ipFamily(text) === null],
  } as const;
  const [what, isRight] = wanted[type];
  if (isRight) return [];
  const hint =
    ipFamily(text) === 6
      ? 'write type: AAAA'
      : ipFamily(text) === 4
        ? 'write type: A'
        : type === 'CNAME'
          ? 'write a DNS name in lower case'
          : 'write an address, or type: CNAME';
  return [error('wrong-value', self, at(index, 'value'), `a record of type ${type} needs ${what}, not ${text}`, { hint })];
}

/** The longest name that DNS can carry, in characters (RFC 1035, section 2.3.4). */
const LONGEST = 253;

function name(self: NetworkDef, { index, name: whole }: Entry, catalog: Catalog): readonly Finding[] {
  const domain = domainOf(self.namespace, catalog);
  if (!isBelow(whole, domain)) {
    const hint = `write a name that ends with ${domain}, or only what stands before it`;
    return [error('name-outside-domain', self, at(index, 'name'), `${whole} is not below ${domain}, the domain of ${self.namespace}`, { hint })];
  }
  return whole.length <= LONGEST
    ? []
    : [error('wrong-value', self, at(index, 'name'), `${whole} has more than ${LONGEST} characters`, { hint: 'choose a shorter one' })];
}

// Several addresses of one name are fine (guests take turns); two equal records, or a CNAME beside anything else, are not (RFC 1034, section 3.6.2).
function twice(self: NetworkDef, entries: readonly Entry[]): readonly Finding[] {
  const claims = entries.map(({ index, name: whole, type, value: text }) => ({ what: `${whole} ${type} ${text}`, on: self, path: at(index, 'name') }));
  const equal = contested(claims).map(([{ what, path }, first]) =>
    error('duplicate-entry', self, path, `the record ${what} is there twice`, { hint: 'keep one of them', related: [first] }),
  );
  const first = new Map(entries.flatMap(entry => (entry.type === 'CNAME' ? [[entry.name, entry] as const] : [])).reverse());
  const beyond = entries.flatMap(entry => {
    const alias = first.get(entry.name);
    if (alias === undefined || alias === entry || (entry.type === 'CNAME' && entry.value === alias.value)) return [];
    const message = `${entry.name} is a CNAME, and has another record`;
    return [error('duplicate-entry', self, at(entry.index, 'name'), message, { hint: 'keep one of them', related: beside(self, ...at(alias.index, 'name')) })];
  });
  return [...equal, ...beyond];
}

function loops(self: NetworkDef, entries: readonly Entry[], catalog: Catalog): readonly Finding[] {
  const next = new Map(entries.filter(({ type }) => type === 'CNAME').map(entry => [entry.name, wholeName(entry.value, self.namespace, catalog)]));
  const sound = new Set<string>();
  return entries.flatMap(({ index, type, name: start }) => {
    if (type !== 'CNAME') return [];
    const seen = new Set<string>();
    let here: string | undefined = start;
    while (here !== undefined && !seen.has(here) && !sound.has(here)) {
      seen.add(here);
      here = next.get(here);
    }
    if (here === undefined || sound.has(here)) {
      for (const each of seen) sound.add(each);
      return [];
    }
    if (here !== start) return [];
    const message = next.get(start) === start ? `${start} is a CNAME of itself` : `${start} is a CNAME that leads back to itself`;
    return [error('contradiction', self, at(index, 'value'), message, { hint: 'let it lead to a name with an address' })];
  });
}

/** A CNAME is another name for one that the network knows, and no guest's own: the router looks up nothing else for it. */
function aliases(self: NetworkDef, entries: readonly Entry[], catalog: Catalog): readonly Finding[] {
  if (!entries.some(({ type }) => type === 'CNAME')) return [];
  const guests = new Map<string, InterfaceDef>();
  for (const iface of catalog.interfacesOf.get(self.key) ?? []) {
    for (const each of [hostnameOf(iface), iface.spec.instance ?? '']) if (LABELS.test(each)) guests.set(wholeName(each, self.namespace, catalog), iface);
  }
  const known = new Set([...guests.keys(), ...entries.map(entry => entry.name)]);
  return entries.flatMap(({ index, type, name: alias, value: text }): readonly Finding[] => {
    const guest = guests.get(alias);
    if (type !== 'CNAME' || !LABELS.test(text) || ipFamily(text) !== null) return [];
    if (guest !== undefined) {
      const more = { hint: 'choose another name for the CNAME', related: beside(guest) };
      return [error('duplicate-entry', self, at(index, 'name'), `${alias} is a CNAME, and the name of ${titled(guest)}`, more)];
    }
    const target = wholeName(text, self.namespace, catalog);
    if (known.has(target)) return [];
    const hint = 'name a guest of the network or another record: a CNAME leads nowhere else';
    return [error('unknown-reference', self, at(index, 'value'), `there is no name ${target} in ${titled(self)}`, { hint })];
  });
}

function hostnames(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  if (self.spec.dns !== true) return [];
  const claims = (catalog.interfacesOf.get(self.key) ?? []).map(on => ({
    what: hostnameOf(on),
    on,
    path: on.spec.hostname === undefined ? [] : ['spec', 'hostname'],
  }));
  return contested(claims).map(([{ what, on, path }, first]) =>
    warning('duplicate-hostname', on, path, `the name ${what} is that of ${titled(first.on)} too: ${titled(self)} answers for it with both addresses`, {
      hint: 'give one of them another hostname',
      related: [first],
    }),
  );
}
