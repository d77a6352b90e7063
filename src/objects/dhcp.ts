/**
 * The files of a network's dnsmasq, as texts: DHCP with fixed leases and nothing else, and DNS for the names of its guests.
 * Law: what a definition says becomes a value; it never adds a line, a word or a directive. Written for dnsmasq 2.90.
 */
import { parseDuration } from '../model/duration.ts';
import { type Cidr, compareIps, contains, ipFamily, netmask, nthAddress, parseCidr } from '../model/ip.ts';
import type { NetworkEntry } from '../model/ledger.ts';
import { vethNames } from '../model/names.ts';
import { type GuestRoute, optionValue, quoted, routesOption } from './dhcp-option.ts';
import { cnamesOf, type Guest, hostRecordsOf } from './dns-names.ts';
import type { Catalog, NetworkDef } from './object.ts';
import { domainOf, hostnameOf, isDefaultRouter, servesDhcp, servesDns, upstreamsOf } from './services.ts';

/** dnsmasq takes no shorter lease (seconds). */
const LEASE_MIN = 120;
const LEASE_MAX = 0x7fffffff;
const LEASE_DEFAULT = '1h';

/** dnsmasq's own limit is 1,000 leases; ours is the network's size, up to this. */
const LEASES_MAX = 1_000_000;

/** What dnsmasq reads. It reads `hosts` and `names` again on SIGHUP, which keeps all leases; another `conf` needs another start. */
export interface ServiceTexts {
  readonly conf: string;
  /** A line per guest: `<mac>,<name with domain>,<address>`. Empty without DHCP. */
  readonly hosts: string;
  /** A line per address: `<address> <name>...`. Empty without DNS. */
  readonly names: string;
  /** `<mac> <ip>` of every lease that may be. Empty without DHCP. */
  readonly leases: readonly string[];
}

/** Where they are in the network's folder, and where dnsmasq keeps its leases. */
export function servicePaths(folder: string): { readonly conf: string; readonly hosts: string; readonly names: string; readonly leases: string } {
  return { conf: `${folder}/dnsmasq.conf`, hosts: `${folder}/hosts`, names: `${folder}/names`, leases: `${folder}/leases` };
}

/**
 * The texts for a network's dnsmasq; undefined when its router answers neither DHCP nor DNS. The same for the same definitions
 * and ledger, in whatever order they come.
 *
 * @param entry   what was allocated to the network and its interfaces
 * @param mtu     the network's, in bytes
 * @param folder  absolute path of the network's folder (see `servicePaths`)
 */
export function serviceTexts(network: NetworkDef, entry: NetworkEntry, catalog: Catalog, mtu: number, folder: string): ServiceTexts | undefined {
  const range = parseCidr(network.spec.cidr ?? '');
  const dhcp = servesDhcp(network, catalog);
  const dns = servesDns(network, catalog);
  if (range === null || (!dhcp && !dns)) return undefined;
  const guests = guestsOf(network, entry, catalog, range);
  const domain = domainOf(network.namespace, catalog);
  const paths = servicePaths(folder);
  const conf = [
    ...common(entry.vxid, dhcp),
    ...(dns ? resolver(network, catalog, domain, paths.names) : ['port=0']),
    ...(dhcp ? [...leasing(network, range, paths), ...options(network, range, catalog, mtu)] : []),
  ];
  return {
    conf: text(conf),
    hosts: dhcp ? text(guests.map(({ iface, address, mac }) => `${mac},${hostnameOf(iface)}.${domain},${address}`)) : '',
    names: dns ? text(hostRecordsOf(network, guests, catalog).map(({ address, names }) => [address, ...names].join(' '))) : '',
    leases: dhcp ? guests.map(({ mac, address }) => `${mac} ${address}`) : [],
  };
}

// Every line of the three texts passes here. dnsmasq cuts a line at 1,024 characters and takes the rest for another.
function text(lines: readonly string[]): string {
  for (const line of lines) if (!/^[!-~]([ -~]{0,1000})$/.test(line)) throw new Error(`bug: ${JSON.stringify(line)} is no line of a configuration`);
  return lines.map(line => `${line}\n`).join('');
}

/** By address. What the ledger remembers of removed interfaces is no guest. */
function guestsOf(network: NetworkDef, entry: NetworkEntry, catalog: Catalog, range: Cidr): readonly Guest[] {
  const found: Guest[] = [];
  for (const iface of catalog.interfacesOf.get(network.key) ?? []) {
    const { address, mac, removed } = entry.interfaces[iface.key] ?? {};
    if (address === undefined || mac === undefined || removed !== undefined || !contains(range, address)) continue;
    found.push({ iface, address, mac });
  }
  return found.sort((a, b) => compareIps(a.address, b.address));
}

// DNS alone holds its port for every address there: only so it hears a question of netloom's, which is sent to a group.
function common(vxid: number, dhcp: boolean): readonly string[] {
  const bound = dhcp ? ['bind-interfaces'] : [];
  return ['pid-file=', ...bound, 'except-interface=lo', `interface=${vethNames(vxid).inner}`, 'no-resolv', 'no-hosts'];
}

function resolver(network: NetworkDef, catalog: Catalog, domain: string, names: string): readonly string[] {
  return [
    'domain-needed',
    'bogus-priv',
    `local=/${domain}/`,
    `addn-hosts=${quoted(names)}`,
    ...reachable(network, catalog).map(server => `server=${server}`),
    ...cnamesOf(network, catalog).map(({ alias, target }) => `cname=${alias},${target}`),
  ];
}

// The namespace has no IPv6: a resolver there would never answer.
function reachable(network: NetworkDef, catalog: Catalog): readonly string[] {
  return upstreamsOf(network, catalog).filter(address => ipFamily(address) === 4);
}

function leasing(network: NetworkDef, range: Cidr, paths: ReturnType<typeof servicePaths>): readonly string[] {
  const lease = Math.floor((parseDuration(network.spec.leaseTime ?? LEASE_DEFAULT) ?? 0) / 1000);
  const seconds = Math.min(Math.max(lease, LEASE_MIN), LEASE_MAX);
  const size = Math.min(2 ** (32 - range.prefix), LEASES_MAX);
  return [
    'quiet-dhcp',
    'dhcp-authoritative',
    // All leases are fixed: there is nothing to ask the network for, which would take a capability more.
    'no-ping',
    // Answers by unicast put an ARP entry of dnsmasq's own in the place of our permanent one.
    'dhcp-broadcast',
    // A guest has the name that is defined, not the one that it says.
    'dhcp-ignore-names',
    `dhcp-lease-max=${size}`,
    `dhcp-range=${nthAddress(range, 2)},static,${netmask(range.prefix)},${range.broadcast},${seconds}`,
    `dhcp-hostsfile=${quoted(paths.hosts)}`,
    `dhcp-leasefile=${quoted(paths.leases)}`,
  ];
}

// An option without a value keeps dnsmasq from offering itself.
function options(network: NetworkDef, range: Cidr, catalog: Catalog, mtu: number): readonly string[] {
  const router = nthAddress(range, 1);
  const resolvers = servesDns(network, catalog) ? [router] : reachable(network, catalog);
  const routes = guestRoutes(network, catalog);
  const classless = routesOption(routes);
  const { ntp = [], dhcpOptions = [] } = network.spec;
  return [
    `domain=${domainOf(network.namespace, catalog)}`,
    ['dhcp-option=3', ...(isDefaultRouter(network, catalog) ? [router] : [])].join(','),
    ['dhcp-option=6', ...resolvers].join(','),
    `dhcp-option-force=26,${mtu}`,
    ...(ntp.length === 0 ? [] : [['dhcp-option=42', ...ntp].join(',')]),
    ...(classless === '' ? [] : [...routes.map(({ to, via }) => `# ${to} via ${via}`), `dhcp-option=121,${classless}`]),
    ...[...dhcpOptions].sort((a, b) => a.code - b.code).flatMap(({ code, value }) => extra(code, value)),
  ];
}

function extra(code: number, value: string): readonly string[] {
  const said = optionValue(code, value);
  return said === null ? [] : [`dhcp-option-force=${code},${said}`];
}

/**
 * The routes that DHCP tells guests beside option 3: none, or the network's static ones and with them the default route, because
 * who reads option 121 does not look at option 3 (RFC 3442).
 */
export function guestRoutes(network: NetworkDef, catalog: Catalog): readonly GuestRoute[] {
  const range = parseCidr(network.spec.cidr ?? '');
  const routes = (network.spec.routes ?? []).filter(({ to }) => parseCidr(to)?.family === 4);
  if (range === null || routes.length === 0) return [];
  return isDefaultRouter(network, catalog) ? [{ to: '0.0.0.0/0', via: nthAddress(range, 1) }, ...routes] : routes;
}
