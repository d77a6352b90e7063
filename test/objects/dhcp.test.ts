/** The texts that a network's dnsmasq reads: exact, for what definitions ask; and nothing that a definition says can add a line. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InterfaceEntry, NetworkEntry } from '../../src/model/ledger.ts';
import { guestRoutes, type ServiceTexts, servicePaths, serviceTexts } from '../../src/objects/dhcp.ts';
import { fitsRoutes, optionValue, quoted, routesOption } from '../../src/objects/dhcp-option.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { diagnose, loadFiles } from '../load/diagnose.ts';

const FOLDER = '/run/netloom/networks/u1';

const doc = (kind: string, name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'netloom.dev/v1',
    kind,
    metadata: { name, ...(kind === 'Interface' || kind === 'Network' ? { namespace: 'blue' } : {}) },
    spec,
  });

const POOL = doc('AddressPool', 'floating', { cidr: '198.51.100.0/24', device: 'eth1' });
const base = (cluster: object = {}): readonly string[] => [
  doc('Cluster', 'c', { underlay: { mtu: 9000 }, ...cluster }),
  doc('Node', 'g1', { underlay: { address: '192.0.2.1', device: 'eth0' }, gateway: true }),
];

function catalogOf(...docs: readonly string[]): Catalog {
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': docs.join('\n---\n') });
  if (catalog !== null) return catalog;
  throw new Error(diagnostics.map(({ message }) => message).join('; '));
}

function entryOf(interfaces: Readonly<Record<string, Partial<InterfaceEntry>>>): NetworkEntry {
  const one = (entry: Partial<InterfaceEntry>): InterfaceEntry => ({ uuid: 'i', mac: '', incarnation: 0, since: '', from: '', ...entry });
  const known = Object.entries(interfaces).map(([key, entry]) => [key, one(entry)] as const);
  return { namespace: 'blue', name: 'web', uuid: 'u1', vxid: 0xabc, incarnation: 0, since: '', from: '', interfaces: Object.fromEntries(known), addresses: [] };
}

const GUESTS = {
  'blue/web-1': { mac: '02:00:00:00:00:01', address: '10.1.0.10' },
  'blue/web-2': { mac: '02:00:00:00:00:02', address: '10.1.0.9' },
  'blue/l2': { mac: '02:00:00:00:00:03' },
  'blue/gone': { mac: '02:00:00:00:00:04', address: '10.1.0.8', removed: '2026-11-21T10:00:00Z' },
};
const INTERFACES = [
  doc('Interface', 'web-1', { network: 'web' }),
  doc('Interface', 'web-2', { network: 'web', instance: 'vm-2', hostname: 'two' }),
  doc('Interface', 'l2', { network: 'web', address: 'none' }),
];

function textsOf(spec: object, more: readonly string[] = [POOL], cluster: object = {}): ServiceTexts | undefined {
  const catalog = catalogOf(...base(cluster), ...more, doc('Network', 'web', { cidr: '10.1.0.0/24', ...spec }), ...INTERFACES);
  const network = catalog.networks.get('blue/web');
  if (network === undefined) throw new Error('there is no network');
  return serviceTexts(network, entryOf(GUESTS), catalog, 1450, FOLDER);
}

const linesOf = (spec: object, start: string, more: readonly string[] = [POOL], cluster: object = {}): readonly string[] =>
  (textsOf(spec, more, cluster)?.conf ?? '').split('\n').filter(line => line.startsWith(start));

const HEAD = `user=root
pid-file=
bind-interfaces
except-interface=lo
interface=veth-abc-i
no-resolv
no-hosts
`;
const LEASING = `quiet-dhcp
dhcp-authoritative
dhcp-broadcast
dhcp-ignore-names
dhcp-lease-max=256
dhcp-range=10.1.0.2,static,255.255.255.0,10.1.0.255,3600
dhcp-hostsfile="/run/netloom/networks/u1/hosts"
dhcp-leasefile="/run/netloom/networks/u1/leases"
domain=blue.netloom
`;
const RESOLVER = `domain-needed
bogus-priv
local=/blue.netloom/
addn-hosts="/run/netloom/networks/u1/names"
`;
const HOSTS = '02:00:00:00:00:02,two.blue.netloom,10.1.0.9\n02:00:00:00:00:01,web-1.blue.netloom,10.1.0.10\n';
const LEASES = ['02:00:00:00:00:02 10.1.0.9', '02:00:00:00:00:01 10.1.0.10'];
const NAMES = '10.1.0.9 two.blue.netloom two vm-2.blue.netloom vm-2\n10.1.0.10 web-1.blue.netloom web-1\n';

describe('what dnsmasq reads', () => {
  test('with DHCP alone, on a network with a way out: leases for guests that have an address, router, mtu; no DNS', () => {
    expect(textsOf({})).toEqual({
      conf: `${HEAD}port=0\n${LEASING}dhcp-option=3,10.1.0.1\ndhcp-option=6\ndhcp-option-force=26,1450\n`,
      hosts: HOSTS,
      names: '',
      leases: LEASES,
    });
  });

  test('with DNS alone: the names of guests, and no lease', () => {
    expect(textsOf({ dhcp: false, dns: true, dnsUpstreams: ['192.0.2.53'] })).toEqual({
      conf: `${HEAD}${RESOLVER}server=192.0.2.53\n`,
      hosts: '',
      names: NAMES,
      leases: [],
    });
  });

  test('with both: guests ask the router, and the router asks the resolvers of the Cluster', () => {
    expect(textsOf({ dns: true }, [POOL], { dnsUpstreams: ['192.0.2.53', '192.0.2.54'] })).toEqual({
      conf: `${HEAD}${RESOLVER}server=192.0.2.53\nserver=192.0.2.54\n${LEASING}dhcp-option=3,10.1.0.1\ndhcp-option=6,10.1.0.1\ndhcp-option-force=26,1450\n`,
      hosts: HOSTS,
      names: NAMES,
      leases: LEASES,
    });
  });

  test('nothing where neither is wanted, and where no node carries routers', () => {
    expect(textsOf({ dhcp: false })).toBeUndefined();
    const catalog = catalogOf(doc('Cluster', 'c', { underlay: { mtu: 9000 } }), doc('Network', 'web', { cidr: '10.1.0.0/24' }));
    const [network] = catalog.networks.values();
    expect(network && serviceTexts(network, entryOf({}), catalog, 1450, FOLDER)).toBeUndefined();
  });

  test('is the same in whatever order the ledger has its interfaces', () => {
    const catalog = catalogOf(...base(), POOL, doc('Network', 'web', { cidr: '10.1.0.0/24', dns: true }), ...INTERFACES);
    const [network] = catalog.networks.values();
    if (network === undefined) throw new Error('there is no network');
    const turned = Object.fromEntries(Object.entries(GUESTS).reverse());
    expect(serviceTexts(network, entryOf(turned), catalog, 1450, FOLDER)).toEqual(serviceTexts(network, entryOf(GUESTS), catalog, 1450, FOLDER));
  });

  test('is found at fixed names in its folder', () => {
    expect(servicePaths(FOLDER)).toEqual({ conf: `${FOLDER}/dnsmasq.conf`, hosts: `${FOLDER}/hosts`, names: `${FOLDER}/names`, leases: `${FOLDER}/leases` });
  });
});

describe('guests are told', () => {
  test('a router only where it leads somewhere, or where the definition says so; else the empty option keeps dnsmasq from offering itself', () => {
    expect(linesOf({}, 'dhcp-option=3')).toEqual(['dhcp-option=3,10.1.0.1']);
    expect(linesOf({ egress: 'routed' }, 'dhcp-option=3')).toEqual(['dhcp-option=3,10.1.0.1']);
    expect(linesOf({ nat: false }, 'dhcp-option=3')).toEqual(['dhcp-option=3']);
    expect(linesOf({}, 'dhcp-option=3', [])).toEqual(['dhcp-option=3']);
    expect(linesOf({ defaultRoute: false }, 'dhcp-option=3')).toEqual(['dhcp-option=3']);
    expect(linesOf({ nat: false, defaultRoute: true }, 'dhcp-option=3')).toEqual(['dhcp-option=3,10.1.0.1']);
  });

  test('the resolvers of the network itself without DNS; never an IPv6 one, which no network reaches', () => {
    expect(linesOf({ dnsUpstreams: ['192.0.2.53', '2001:db8::53'] }, 'dhcp-option=6')).toEqual(['dhcp-option=6,192.0.2.53']);
    expect(linesOf({ dns: true, dnsUpstreams: ['192.0.2.53', '2001:db8::53'] }, 'server')).toEqual(['server=192.0.2.53']);
  });

  test('static routes with the default route among them, for who reads option 121 ignores option 3', () => {
    const routes = [
      { to: '10.9.0.0/16', via: '10.1.0.7' },
      { to: '192.0.2.128/25', via: '10.1.0.8' },
    ];
    expect(linesOf({ routes }, 'dhcp-option=121')).toEqual(['dhcp-option=121,00:0a:01:00:01:10:0a:09:0a:01:00:07:19:c0:00:02:80:0a:01:00:08']);
    expect(linesOf({ routes }, '# ')).toEqual(['# 0.0.0.0/0 via 10.1.0.1', '# 10.9.0.0/16 via 10.1.0.7', '# 192.0.2.128/25 via 10.1.0.8']);
    expect(linesOf({ routes, nat: false }, 'dhcp-option=121')).toEqual(['dhcp-option=121,10:0a:09:0a:01:00:07:19:c0:00:02:80:0a:01:00:08']);
    expect(linesOf({}, 'dhcp-option=121')).toEqual([]);
  });

  test('time servers, and further options by number', () => {
    expect(linesOf({ ntp: ['192.0.2.123', '192.0.2.124'] }, 'dhcp-option=42')).toEqual(['dhcp-option=42,192.0.2.123,192.0.2.124']);
    const dhcpOptions = [
      { code: 150, value: '192.0.2.5, 192.0.2.6' },
      { code: 2, value: '3600' },
      { code: 114, value: 'https://portal.example.org/?a=1,2#x' },
      { code: 119, value: 'a.example.org,b.example.org' },
    ];
    expect(linesOf({ dhcpOptions }, 'dhcp-option-force')).toEqual([
      'dhcp-option-force=26,1450',
      'dhcp-option-force=2,3600',
      'dhcp-option-force=114,"https://portal.example.org/?a=1,2#x"',
      'dhcp-option-force=119,a.example.org,b.example.org',
      'dhcp-option-force=150,192.0.2.5,192.0.2.6',
    ]);
  });

  test('how long a lease holds', () => {
    const range = (spec: object): readonly string[] => linesOf(spec, 'dhcp-range').map(line => line.split(',').at(-1) ?? '');
    expect([range({ leaseTime: '2m' }), range({ leaseTime: '7d' })]).toEqual([['120'], ['604800']]);
  });

  test('nothing else by a network of another size', () => {
    const [network, catalog] = [doc('Network', 'web', { cidr: '10.1.2.64/29' }), base()];
    const all = catalogOf(...catalog, network);
    const [def] = all.networks.values();
    const conf = def === undefined ? '' : (serviceTexts(def, entryOf({}), all, 1450, FOLDER)?.conf ?? '');
    expect(conf).toContain('\ndhcp-lease-max=8\ndhcp-range=10.1.2.66,static,255.255.255.248,10.1.2.71,3600\n');
  });
});

describe('the resolver knows', () => {
  test('records beside guests, after them, so that an address is answered with its guest; short names too', () => {
    const dnsRecords = [
      { name: 'www', type: 'A', value: '10.1.0.9' },
      { name: 'db.internal', type: 'A', value: '203.0.113.7' },
      { name: 'six.blue.netloom', type: 'AAAA', value: '2001:db8::1' },
    ];
    expect(textsOf({ dns: true, dnsRecords })?.names).toBe(
      `${NAMES}10.1.0.9 www.blue.netloom www\n203.0.113.7 db.internal.blue.netloom\n2001:db8::1 six.blue.netloom six\n`,
    );
  });

  test('CNAMEs by alias, whole names on both sides', () => {
    const dnsRecords = [
      { name: 'z', type: 'CNAME', value: 'a' },
      { name: 'a', type: 'CNAME', value: 'web-1.blue.netloom' },
    ];
    expect(linesOf({ dns: true, dnsRecords }, 'cname')).toEqual(['cname=a.blue.netloom,web-1.blue.netloom', 'cname=z.blue.netloom,a.blue.netloom']);
  });
});

describe('a definition', () => {
  const DIRECTIVES = new Set(
    `${HEAD}${LEASING}${RESOLVER}server=\ndhcp-option=\ndhcp-option-force=\nport=\ncname=`.split('\n').map(line => line.split('=')[0] ?? ''),
  );
  const ascii = (maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...'",\\#=:.\' \ttn/axyz019@!-'.replace('\t', '')), minLength: 1, maxLength });

  test('adds no line and no directive, whatever an option says', () => {
    const code = fc.integer({ min: 1, max: 254 });
    fc.assert(
      fc.property(code, ascii(255), (number, value) => {
        const said = optionValue(number, value);
        const text = said === null ? '' : said;
        expect(text).toMatch(/^([0-9.]+(,[0-9.]+)*|[-a-z0-9_.,]+|"([^"\\]|\\["\\])*")?$/i);
        expect(text.length).toBeLessThan(600);
      }),
    );
  });

  test('has each of its characters within the quotes', () => {
    expect(quoted('a"b\\n#, c')).toBe('"a\\"b\\\\n#, c"');
    expect(optionValue(114, '\\')).toBe('"\\\\"');
    expect(() => quoted('a\nport=53')).toThrow('bug: ');
    expect(() => quoted('é')).toThrow('bug: ');
  });

  test('gives lines of known directives only, also where everything in it is hostile', () => {
    const hostile = '"\\"\nconf-file=/etc/shadow'.replace('\n', '\\n');
    const dhcpOptions = [
      { code: 114, value: hostile },
      { code: 66, value: ',1,"#' },
    ];
    const dnsRecords = [
      { name: '_a._tcp', type: 'A', value: '10.1.0.77' },
      { name: 'x', type: 'CNAME', value: '_a._tcp' },
    ];
    const texts = textsOf({ dns: true, dhcpOptions, dnsRecords, ntp: ['192.0.2.1'] });
    for (const line of (texts?.conf ?? '').split('\n')) if (line !== '' && !line.startsWith('# ')) expect(DIRECTIVES).toContain(line.split('=')[0]);
    expect((texts?.conf ?? '').split('\n').filter(line => line.startsWith('conf-file'))).toEqual([]);
    for (const line of (texts?.hosts ?? '').trimEnd().split('\n')) expect(line).toMatch(/^[0-9a-f:]{17},[-a-z0-9.]+,[0-9.]+$/);
    for (const line of (texts?.names ?? '').trimEnd().split('\n')) expect(line).toMatch(/^[0-9a-f.:]+( [-_a-z0-9.]+)+$/);
  });

  const names = (field: object): readonly string[] =>
    diagnose([...base(), POOL, doc('Network', 'web', { cidr: '10.1.0.0/24', ...field })].join('\n---\n'), null).map(found => found.split(' ')[2] ?? '');

  test('with line ends in a value is refused before', () => {
    expect(names({ dhcpOptions: [{ code: 114, value: 'a\nport=53' }] })).toEqual(['wrong-value']);
    expect(names({ dns: true, dnsRecords: [{ name: 'a\nport=53', type: 'A', value: '10.1.0.9' }] })).toEqual(['wrong-value']);
    expect(names({ dns: true, dnsRecords: [{ name: 'a', type: 'CNAME', value: 'b,c\nport=53' }] })).toContain('wrong-value');
  });

  test('that dnsmasq would not start with is refused before: text for an option of addresses, routes beyond 255 bytes', () => {
    expect(names({ dhcpOptions: [{ code: 150, value: 'tftp.example.org' }] })).toEqual(['wrong-value']);
    expect(names({ dhcpOptions: [{ code: 119, value: 'no name' }] })).toEqual(['wrong-value']);
    expect(names({ dhcpOptions: [{ code: 150, value: '192.0.2.5' }] })).toEqual([]);
    const routes = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ to: `10.${at + 2}.0.0/16`, via: '10.1.0.7' }));
    expect(names({ nat: false, routes: routes(27) })).toEqual([]);
    expect(names({ nat: false, routes: routes(36) })).toEqual(['without-effect']);
    expect(names({ nat: false, routes: routes(37) })).toEqual(['wrong-value']);
    // The default route takes five bytes of its own.
    expect(names({ routes: routes(26) })).toEqual([]);
    expect(names({ routes: routes(35) })).toEqual(['without-effect']);
    expect(names({ routes: routes(36) })).toEqual(['wrong-value']);
    expect(names({ routes: routes(36), dhcp: false })).toEqual([]);
  });

  test('whose CNAMEs go round, or of which one has two targets, is refused before', () => {
    const cname = (name: string, value: string): object => ({ name, type: 'CNAME', value });
    expect(names({ dns: true, dnsRecords: [cname('a', 'b'), cname('b', 'a')] })).toContain('contradiction');
    expect(names({ dns: true, dnsRecords: [cname('a', 'a')] })).toContain('contradiction');
    const two = [cname('a', 'b'), cname('a', 'c'), { name: 'b', type: 'A', value: '10.1.0.9' }, { name: 'c', type: 'A', value: '10.1.0.9' }];
    expect(names({ dns: true, dnsRecords: two })).toEqual(['duplicate-entry']);
  });
});

test('routes are encoded as RFC 3442 says, and those that do not fit are left out', () => {
  expect(routesOption([{ to: '10.17.0.0/16', via: '10.1.0.7' }])).toBe('10:0a:11:0a:01:00:07');
  expect(routesOption([{ to: '10.27.129.0/24', via: '10.1.0.7' }])).toBe('18:0a:1b:81:0a:01:00:07');
  expect(routesOption([{ to: '10.198.122.47/32', via: '10.1.0.7' }])).toBe('20:0a:c6:7a:2f:0a:01:00:07');
  const many = Array.from({ length: 40 }, (_, at) => ({ to: `10.${at}.0.0/16`, via: '10.1.0.7' }));
  expect(fitsRoutes(many)).toBe(false);
  expect(routesOption(many).split(':')).toHaveLength(36 * 7);
});

test('routes that guests are told: none without static ones, for option 3 says it all', () => {
  const catalog = catalogOf(...base(), POOL, doc('Network', 'web', { cidr: '10.1.0.0/24' }));
  const [network] = catalog.networks.values();
  expect(network && guestRoutes(network, catalog)).toEqual([]);
});
