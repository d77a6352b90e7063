/** The texts that a network's dnsmasq reads, exact, for what definitions ask. */
import { describe, expect, test } from 'vitest';
import { guestRoutes, servicePaths, serviceTexts } from '../../src/objects/dhcp.ts';
import { fitsRoutes, routesOption } from '../../src/objects/dhcp-option.ts';
import {
  base,
  catalogOf,
  doc,
  entryOf,
  FOLDER,
  GUESTS,
  HEAD,
  HOSTS,
  INTERFACES,
  LEASES,
  LEASING,
  linesOf,
  NAMES,
  POOL,
  RESOLVER,
  textsOf,
} from './dnsmasq-texts.ts';

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
      conf: `${HEAD.replace('bind-interfaces\n', '')}${RESOLVER}server=192.0.2.53\n`,
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
