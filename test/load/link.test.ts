import { describe, expect, test } from 'vitest';
import { link } from '../../src/load/link.ts';
import { load, parsedKey } from '../../src/load/load.ts';
import { parseFile } from '../../src/load/parse-file.ts';
import { BASE, loadFiles } from './diagnose.ts';

const network = (name: string, spec = '{mtu: 1400}'): string => `apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
const iface = (name: string, spec: string): string => `apiVersion: netloom.dev/v1\nkind: Interface\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

describe('a good revision gives a catalog', () => {
  const { catalog, diagnostics } = loadFiles({
    'base.yaml': BASE,
    'b.yaml': `${iface('z', '{network: web, mac: "02:00:00:AA:BB:CC"}')}---\n${iface('a', '{network: web, address: 10.0.0.9}')}`,
    'c.yaml': network('v6', '{cidr: "2001:DB8:0:0:1::/80", vxid: 0xE2300F}'),
  });

  test('without a diagnostic', () => expect(diagnostics).toEqual([]));

  test('with every default filled in and every address in one spelling', () => {
    expect(catalog?.interfaces.get('default/z')?.spec).toEqual({
      network: 'web',
      mac: '02:00:00:aa:bb:cc',
      order: 0,
      address: 'auto',
      attach: { tap: { multiQueue: false } },
      spoofProtection: true,
      allowedAddresses: [],
    });
    expect(catalog?.networks.get('default/v6')?.spec).toEqual({ cidr: '2001:db8:0:0:1::/80', vxid: 14823439 });
    expect(catalog?.cluster.spec).toMatchObject({ underlay: { port: 4789, mtu: 9000 }, macPrefix: '02:00:00', quarantine: '300s', memory: '30d' });
  });

  test('with the interfaces of each network, sorted, and an empty list where there are none', () => {
    expect(catalog?.interfacesOf.get('default/web')?.map(({ key }) => key)).toEqual(['default/a', 'default/z']);
    expect(catalog?.interfacesOf.get('default/v6')).toEqual([]);
  });

  test('that knows where each definition stands', () => {
    expect(catalog?.interfaces.get('default/a')).toMatchObject({ at: { file: 'b.yaml', line: 6, col: 1 }, doc: 1 });
  });
});

describe('a bad revision is refused whole, with every problem of every file, sorted by place', () => {
  const { catalog, diagnostics } = loadFiles({
    'base.yaml': BASE,
    'z.yaml': network('broken', '{mtu: "x"}'),
    'a.yaml': `${iface('a', '{network: web, address: 10.0.9.9}')}---\n${iface('b', '{network: nowhere}')}`,
    'dup.yaml': network('web'),
  });

  test('no catalog', () => expect(catalog).toBeNull());

  test('every problem', () => {
    expect(diagnostics.map(({ at, code }) => `${at.file}:${at.line} ${code}`)).toEqual([
      'a.yaml:4 address-outside-network',
      'a.yaml:9 unknown-reference',
      'dup.yaml:3 duplicate-object',
      'z.yaml:4 wrong-type',
    ]);
  });

  test('of two definitions of one object both places are named', () => {
    const duplicate = diagnostics.find(({ code }) => code === 'duplicate-object');
    expect(duplicate).toMatchObject({
      message: 'Network default/web is defined in base.yaml:17 already',
      at: { file: 'dup.yaml', line: 3, col: 18 },
      related: [{ file: 'base.yaml', line: 19, col: 18 }],
    });
  });
});

test('warnings alone do not refuse a revision', () => {
  const { catalog, diagnostics } = loadFiles({ 'base.yaml': BASE, 'a.yaml': network('small', '{mtu: 1000}') });
  expect([catalog === null, diagnostics.map(({ severity }) => severity)]).toEqual([false, ['warning']]);
});

test('the order of files changes nothing but the order of the catalog', () => {
  const files = { 'a.yaml': network('x', '{vxid: 5, mtu: 1400}'), 'b.yaml': network('y', '{vxid: 5, mtu: 1400}'), 'base.yaml': BASE };
  const reversed = Object.fromEntries(Object.entries(files).reverse());
  expect(loadFiles(reversed).diagnostics).toEqual(loadFiles(files).diagnostics);
});

describe('what was parsed before', () => {
  const bytes = new TextEncoder().encode(`${BASE}---\n${iface('a', '{network: web, address: 10.0.0.1}')}`);
  const entries = [{ path: 'all.yaml', mode: '100644', id: 'oid' }];

  test('is not parsed again, survives JSON, and gives the same answer; only the file of a finding is read again', () => {
    const first = load({ entries, bytesOf: () => bytes });
    const kept = new Map(JSON.parse(JSON.stringify([...first.parsed])));
    expect([...kept.keys()]).toEqual(entries.map(parsedKey));
    const reads: string[] = [];
    const bytesOf = (path: string): Uint8Array => {
      reads.push(path);
      return bytes;
    };
    const second = load({ entries, bytesOf, known: kept as typeof first.parsed });
    expect(second.diagnostics).toEqual(first.diagnostics);
    expect(second.diagnostics).toHaveLength(1);
    expect(reads).toEqual(['all.yaml']);
  });

  test('findings keep the place of their document when its file is gone meanwhile', () => {
    const { diagnostics } = link([parseFile('all.yaml', bytes)], () => null);
    expect(diagnostics.map(({ at }) => at.line)).toEqual([26]);
  });
});

test('a file that cannot be read is a diagnostic, not an absence', () => {
  const { catalog, diagnostics } = load({ entries: [{ path: 'a.yaml', mode: '100644', id: 'x' }], bytesOf: () => null });
  expect([catalog, diagnostics.map(({ code }) => code)]).toEqual([null, ['unreadable']]);
});

describe('sentences say what is wrong with names and values, hints what to do', () => {
  test.each([
    [network('a', '{mtuu: 1400}'), 'unknown field "mtuu" in spec', 'did you mean mtu?'],
    [
      network('a', '{colour: red}'),
      'unknown field "colour" in spec',
      'known fields are cidr, mtu, vxid, mesh, dhcp, nat, dns, egress, pool, gateway, defaultRoute, reservations, dnsRecords, dnsUpstreams, leaseTime, ntp, routes, dhcpOptions, suspend',
    ],
    [network('a', '{mtu: 1e5}'), 'spec.mtu must be a whole number from 576 to 65535, is 1e5', undefined],
    [network('a', '{mtu: "1400"}'), 'spec.mtu must be a whole number from 576 to 65535, is "1400"', 'write it without quotes: 1400'],
    [network('17'), 'metadata.name must be a name of lower-case letters, digits and dashes, at most 63 characters, is 17', 'quote it: "17"'],
    [network('Web_1'), 'metadata.name must be a name of lower-case letters, digits and dashes, at most 63 characters, is "Web_1"', 'write web-1'],
    [network('a', '{mesh: {learning: yes}, mtu: 1400}'), 'spec.mesh.learning must be true or false, is "yes"', 'write true, without quotes'],
    [network('a', '{cidr: 10.0.0.5/24}'), 'cidr 10.0.0.5/24 has host bits set', 'write 10.0.0.0/24'],
    [network('a', '{cidr: 10.0.0.0}'), 'spec.cidr must be a prefix such as 10.0.0.0/24, is "10.0.0.0"', 'add the prefix length: 10.0.0.0/24'],
    [
      network('a', '{mtu: 8951}'),
      'mtu 8951 is more than the underlay carries: 9000 less 50 for VXLAN is 8950',
      "set at most 8950, or raise the underlay's mtu and declare it",
    ],
    [iface('a', '{network: webb}'), 'there is no Network webb in namespace default', 'did you mean web?'],
    [iface('a', '{network: web, node: n9}'), 'there is no Node n9', 'add a Node n9, or leave node out'],
    [
      iface('a', '{network: web, address: 010.0.0.5}'),
      'spec.address must be auto, none or an IP address without prefix length, is "010.0.0.5"',
      'write it without leading zeros: 10.0.0.5',
    ],
    [iface('a', '{network: web, address: 10.0.0.1}'), "address 10.0.0.1 is the router's address of 10.0.0.0/24", 'choose another one, or auto'],
    [
      iface('a', '{network: web, attach: {tap: {}, host: {}}}'),
      'spec.attach must be a mapping with exactly one of tap, netns, bridge, host, has "tap" and "host"',
      undefined,
    ],
    [iface('a', '{network: web, attach: {netns: {}}}'), 'spec.attach.netns.name is missing', undefined],
  ])('%#', (text, message, hint) => {
    const [found, ...more] = loadFiles({ 'base.yaml': BASE, 'x.yaml': text }).diagnostics;
    expect([found?.message, more]).toEqual([message, []]);
    if (hint !== undefined) expect(found?.hint).toBe(hint);
  });
});

test('thousands of equal mistakes are told one by one, in time that grows with them', () => {
  const many = Array.from({ length: 4000 }, (_, i) => iface(`i${i}`, `{network: net${i}, node: n${i % 7}, attach: {host: {}}}`)).join('---\n');
  const found = loadFiles({ 'base.yaml': BASE, 'many.yaml': many }).diagnostics.filter(({ message }) => message.startsWith('there is no Network'));
  expect(found).toHaveLength(4000);
});

test("what stands in for a Cluster that is missing or wrong is nobody's mistake: everything told has a place in a file", () => {
  const nodes = BASE.split('---\n').filter(text => !text.includes('kind: Cluster'));
  for (const cluster of ['', 'apiVersion: netloom.dev/v1\nkind: Cluster\nmetadata: {name: c}\nspec: {underlay: {mtu: x}}\n']) {
    const { diagnostics } = loadFiles({
      'a.yaml': nodes.join('---\n'),
      'b.yaml': `${network('flat', '{}')}---\n${network('big', '{mtu: 8950}')}`,
      'c.yaml': cluster,
    });
    expect(diagnostics.length).toBeGreaterThan(0);
    const places = diagnostics.flatMap(({ code, at, related = [] }) => (code === 'no-cluster' ? [] : [at, ...related]));
    expect(places.filter(({ line }) => line === 0)).toEqual([]);
  }
});
