/** What a Network says of its router and of what that serves: that it can have one, and that it does not contradict itself. */

import { parseDuration } from '../model/duration.ts';
import { type Cidr, contains, hostBitsSet, nthAddress, parseCidr } from '../model/ip.ts';
import { unusable } from './address-check.ts';
import { contested } from './contested.ts';
import { guestRoutes } from './dhcp.ts';
import { fitsRoutes, optionTakes, optionValue, ROUTES_SURE } from './dhcp-option.ts';
import { beside, error, titled, warning } from './finding.ts';
import type { Catalog, Finding, NetworkDef } from './object.ts';
import { outside, reservationOf } from './ranges.ts';
import { gatewayFindings, noGatewayNode, poolFindings } from './references.ts';
import { egressOf, gatewayNodes, nodesOfPool, servesDhcp } from './services.ts';
import { poolOf } from './tenancy.ts';

type Spec = NetworkDef['spec'];

export function servicesFindings(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const contradictions = egress(self);
  const impossible = contradictions.length > 0 ? [] : needs(self, catalog);
  const more = contradictions.length + impossible.length > 0 ? [] : [...pool(self, catalog), ...gateway(self, catalog)];
  return [...contradictions, ...impossible, ...more, ...values(self, catalog), ...idle(self)];
}

function egress(self: NetworkDef): readonly Finding[] {
  const { nat, egress: said } = self.spec;
  if (nat === undefined || said === undefined || nat === (said === 'nat')) return [];
  const hint = 'keep one of them';
  return [error('contradiction', self, ['spec', 'egress'], `egress ${said}, but nat is ${nat}`, { hint, related: beside(self, 'spec', 'nat') })];
}

const isWayOut = ({ egress: said }: Spec): boolean => said === 'nat' || said === 'routed';

/** Fields that ask for the router itself. */
const WANTS: readonly (readonly [keyof Spec, (spec: Spec) => boolean])[] = [
  ['nat', ({ nat }) => nat === true],
  ['egress', isWayOut],
  ['dhcp', ({ dhcp }) => dhcp === true],
  ['dns', ({ dns }) => dns === true],
  ['defaultRoute', ({ defaultRoute }) => defaultRoute === true],
];

/** Fields that mean nothing without addresses. */
const DETAILS = ['pool', 'gateway', 'reservations', 'dnsRecords', 'leaseTime', 'ntp', 'routes', 'dhcpOptions'] as const;

function needs(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const { spec } = self;
  const wanted = WANTS.flatMap(([field, isWanted]) => (isWanted(spec) ? [field] : []));
  const shown = (field: keyof Spec): string => (typeof spec[field] === 'object' ? field : `${field}: ${spec[field]}`);
  if (spec.cidr === undefined || spec.cidr.includes(':')) {
    const fields = [...wanted, ...DETAILS.filter(field => spec[field] !== undefined)];
    const why = spec.cidr === undefined ? 'the network has no cidr' : `the cidr ${spec.cidr} is IPv6, which has no router yet`;
    const hint = spec.cidr === undefined ? 'give the network an IPv4 cidr, or leave it out' : 'leave it out, or use an IPv4 cidr';
    return fields.map(field => error('needs-cidr', self, ['spec', field], `${shown(field)} needs an IPv4 cidr, but ${why}`, { hint }));
  }
  if (gatewayNodes(catalog).length > 0) return [];
  return wanted.map(field => noGatewayNode(self, ['spec', field], `${shown(field)} needs a node that carries the router`));
}

function pool(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const { spec } = self;
  const field = spec.egress === undefined ? 'nat' : 'egress';
  const said = spec.nat === true || isWayOut(spec);
  const actual = egressOf(self, catalog);
  if (actual === 'none' && !said) {
    if (spec.pool === undefined) return [];
    // Nobody said that there should be none: what is missing is told.
    if (spec.nat === undefined && spec.egress === undefined) return poolFindings(self, catalog, ['spec', 'pool']);
    return [
      warning('without-effect', self, ['spec', 'pool'], 'a pool, but the network has no way out', {
        hint: 'leave pool out',
        related: beside(self, 'spec', field),
      }),
    ];
  }
  return poolFindings(self, catalog, said ? ['spec', field] : ['spec', 'cidr']);
}

function gateway(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const { gateway: name } = self.spec;
  if (name === undefined) return [];
  const path = ['spec', 'gateway'];
  const found = gatewayFindings(self, path, name, catalog);
  const own = egressOf(self, catalog) === 'none' ? undefined : poolOf(self, catalog);
  if (found.length > 0 || own === undefined || nodesOfPool(own, catalog).includes(name)) return found;
  const hint = `add ${name} to the gateways of ${titled(own)}, or name another node`;
  return [error('pool-not-served', self, path, `Node ${name} does not serve ${titled(own)}`, { hint, related: beside(own, 'spec', 'gateways') })];
}

function values(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const range = self.spec.cidr === undefined ? null : parseCidr(self.spec.cidr);
  const inside = range === null || range.family !== 4 || hostBitsSet(range) ? [] : [...reservations(self, range), ...via(self, range)];
  return [...inside, ...routes(self), ...told(self, catalog), ...options(self), ...lease(self), ...servers(self, 'ntp'), ...servers(self, 'dnsUpstreams')];
}

function reservations(self: NetworkDef, range: Cidr): readonly Finding[] {
  const own = self.spec.reservations ?? [];
  const at = (index: number): readonly (string | number)[] => ['spec', 'reservations', index, 'addresses'];
  const apart = outside(range, own);
  const found = apart.map(index => {
    const more = { hint: `name addresses of ${range.text}`, related: beside(self, 'spec', 'cidr') };
    return error('address-outside-network', self, at(index), `${own[index]?.addresses} is not within ${range.text}`, more);
  });
  if (range.first >= range.last) return found;
  const router = nthAddress(range, 1);
  const over = reservationOf(router, own);
  if (over < 0 || apart.includes(over)) return found;
  const message = `${own[over]?.addresses} holds ${router}, the router's address of ${range.text}`;
  return [...found, error('address-reserved', self, at(over), message, { hint: 'begin after it' })];
}

function via(self: NetworkDef, range: Cidr): readonly Finding[] {
  return (self.spec.routes ?? []).flatMap(({ via: router }, index) => {
    if (contains(range, router) && router !== range.network && router !== range.broadcast) return [];
    const more = { hint: `name an address of ${range.text}`, related: beside(self, 'spec', 'cidr') };
    return [error('address-outside-network', self, ['spec', 'routes', index, 'via'], `via ${router} is no host of ${range.text}`, more)];
  });
}

function routes(self: NetworkDef): readonly Finding[] {
  const own = self.spec.routes ?? [];
  const found = own.flatMap(({ to }, index): readonly Finding[] => {
    const path = ['spec', 'routes', index, 'to'];
    const range = parseCidr(to);
    if (range === null) return [];
    if (range.family !== 4) return [error('wrong-value', self, path, `to ${to} is not IPv4`, { hint: 'give an IPv4 prefix' })];
    return hostBitsSet(range) ? [error('host-bits-set', self, path, `to ${to} has host bits set`, { hint: `write ${range.text}` })] : [];
  });
  const claims = own.map(({ to }, index) => ({ what: to, on: self, path: ['spec', 'routes', index, 'to'] }));
  return [
    ...found,
    ...contested(claims).map(([{ what, path }, first]) =>
      error('duplicate-entry', self, path, `a second route to ${what}`, { hint: 'keep one of them', related: [first] }),
    ),
  ];
}

// All of them go into one option, with the default route, which clients read there alone then (RFC 3442).
function told(self: NetworkDef, catalog: Catalog): readonly Finding[] {
  const routes = servesDhcp(self, catalog) ? guestRoutes(self, catalog) : [];
  const path = ['spec', 'routes'];
  const hint = 'leave some out, sum them up in shorter prefixes, or write dhcp: false';
  if (!fitsRoutes(routes)) return [error('wrong-value', self, path, 'more routes than fit into the 255 bytes that DHCP has for them', { hint })];
  if (fitsRoutes(routes, ROUTES_SURE)) return [];
  return [warning('without-effect', self, path, 'so many routes that guests with a simple DHCP client are told none of them', { hint })];
}

/** What netloom tells by itself, so that an extra option would contradict it (RFC 2132, RFC 3442): 50 to 61 are of the protocol. */
function isOwnOption(code: number): boolean {
  return [1, 3, 6, 15, 26, 28, 42, 121].includes(code) || (code >= 50 && code <= 61);
}

function options(self: NetworkDef): readonly Finding[] {
  const own = (self.spec.dhcpOptions ?? []).map(({ code }, index) => ({ code, what: String(code), on: self, path: ['spec', 'dhcpOptions', index, 'code'] }));
  const hint = 'leave it out: address, routes, resolvers, time servers, mtu, domain and lease time have fields of their own';
  const taken = own
    .filter(({ code }) => isOwnOption(code))
    .map(({ code, path }) => error('reserved-option', self, path, `netloom sets option ${code} itself`, { hint }));
  const twice = contested(own).map(([{ what, path }, first]) =>
    error('duplicate-entry', self, path, `option ${what} is given twice`, { hint: 'keep one of them', related: [first] }),
  );
  const unfit = (self.spec.dhcpOptions ?? []).flatMap(({ code, value }, index) => {
    if (isOwnOption(code) || optionValue(code, value) !== null) return [];
    const message = `option ${code} takes no value like ${value}`;
    return [error('wrong-value', self, ['spec', 'dhcpOptions', index, 'value'], message, { hint: `write ${optionTakes(code)}` })];
  });
  return [...taken, ...twice, ...unfit];
}

/** The shortest lease that dnsmasq gives (its manual, `--dhcp-range`: "the minimum lease time is two minutes"). */
const SHORTEST_LEASE_MS = 120_000;

function lease(self: NetworkDef): readonly Finding[] {
  const { leaseTime } = self.spec;
  const time = leaseTime === undefined ? null : parseDuration(leaseTime);
  if (time === null || time >= SHORTEST_LEASE_MS) return [];
  return [error('wrong-value', self, ['spec', 'leaseTime'], `leaseTime ${leaseTime} is less than two minutes`, { hint: 'write 2m or more' })];
}

function servers(self: NetworkDef, field: 'ntp' | 'dnsUpstreams'): readonly Finding[] {
  return serverFindings(self, ['spec', field], self.spec[field] ?? []);
}

/** Servers that no guest and no router could reach: the loopback is a different one in each namespace. */
export function serverFindings(on: Parameters<typeof error>[1], path: Finding['path'], addresses: readonly string[]): readonly Finding[] {
  return addresses.flatMap((address, index) => {
    const why = unusable(address);
    const hint = 'write an address that the networks can reach';
    return why === null ? [] : [error('wrong-value', on, [...path, index], `${address} is ${why}`, { hint })];
  });
}

function idle(self: NetworkDef): readonly Finding[] {
  const { spec } = self;
  if (spec.dhcp !== false) return [];
  const hint = 'leave it out, or dhcp: false';
  return (['leaseTime', 'dhcpOptions'] as const)
    .filter(field => spec[field] !== undefined)
    .map(field => warning('without-effect', self, ['spec', field], `${field}, but dhcp is false`, { hint, related: beside(self, 'spec', 'dhcp') }));
}
