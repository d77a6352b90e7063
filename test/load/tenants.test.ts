/** What tenants may have, and the network that a template makes: what is said of it, and that it is a Network like any other. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/compile/compile.ts';
import { deletionsOf } from '../../src/consent/deletions.ts';
import { livedIn } from '../../src/consent/lived.ts';
import type { Loaded } from '../../src/load/load.ts';
import { formatPlace } from '../../src/model/place.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { poolOf } from '../../src/objects/tenancy.ts';
import { definitionChanges } from '../../src/pass/definition-changes.ts';
import { ledgerOf, on } from '../compile/world.ts';
import { loadFiles } from './diagnose.ts';

const doc = (kind: string, name: string, spec: object, namespace?: string): string =>
  `${JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec })}\n---\n`;
const CLUSTER = (namespaceDefaults: object = {}): string => doc('Cluster', 'lab', { underlay: { mtu: 9000 }, namespaceDefaults });
const GATEWAY =
  doc('Node', 'n1', { underlay: { address: '192.0.2.11', device: 'eth0' }, gateway: true }) +
  doc('AddressPool', 'quay', { cidr: '203.0.113.0/24', device: 'eth1' }) +
  doc('AddressPool', 'edge', { cidr: '198.51.100.0/24', device: 'eth1' });

/** Message, hint, and all places, of each. */
function told({ diagnostics }: Loaded): readonly string[] {
  return diagnostics.map(({ message, hint, at, related = [] }) => `${message} | ${hint} | ${[at, ...related].map(formatPlace).join(' ')}`);
}

function fine(files: Readonly<Record<string, string>>): Catalog {
  const { catalog, diagnostics } = loadFiles(files);
  expect(diagnostics).toEqual([]);
  return catalog as Catalog;
}

describe('a quota', () => {
  const many = ['d', 'a', 'c', 'b'].map(name => doc('Network', name, {}, 'bakery')).join('');

  test('names the tenant, both numbers, all that are too many, and who can change it', () => {
    const namespace = `${doc('Namespace', 'bakery', { quotas: { networks: 2 } })}`;
    expect(told(loadFiles({ 'c.yaml': CLUSTER({ quotas: { networks: 9 } }), 'ns.yaml': namespace, 'n.yaml': many }))).toEqual([
      'namespace bakery has 4 networks, its quota is 2 | remove 2, or ask whoever owns Namespace bakery for more quotas.networks | n.yaml:5:68 ns.yaml:1:109 n.yaml:1:68',
    ]);
  });

  test('of all tenants is told at the Cluster', () => {
    expect(told(loadFiles({ 'c.yaml': CLUSTER({ quotas: { networks: 3 } }), 'n.yaml': many }))[0]).toMatch(
      /^namespace bakery has 4 networks, its quota is 3 \| remove 1, or ask whoever owns Cluster lab for more namespaceDefaults.quotas.networks \| n.yaml:1:68 c.yaml:1:149$/,
    );
  });

  test('blames what is new, where it is known what was there before', () => {
    const quotas = CLUSTER({ quotas: { networks: 3 } });
    const before = fine({ 'c.yaml': CLUSTER(), 'n.yaml': ['d', 'c', 'b'].map(name => doc('Network', name, {}, 'bakery')).join('') });
    const { diagnostics } = loadFiles({ 'c.yaml': quotas, 'n.yaml': many }, before);
    expect(diagnostics.map(({ at, related }) => [at.line, related?.length])).toEqual([[3, 1]]); // a
    expect(loadFiles({ 'c.yaml': quotas, 'n.yaml': many }).diagnostics[0]?.at.line).toBe(1); // d
  });

  test('that is just enough is fine, and so is none', () => {
    fine({ 'c.yaml': CLUSTER({ quotas: { networks: 4 } }), 'n.yaml': many });
    fine({ 'c.yaml': CLUSTER(), 'n.yaml': many });
  });

  test('is not held against a tenant whose own cannot be read', () => {
    const files = { 'c.yaml': CLUSTER({ quotas: { networks: 1 }, pools: ['quay'] }), 'n.yaml': many + GATEWAY };
    const uses = doc('Network', 'x', { cidr: '10.0.0.0/24', pool: 'edge' }, 'bakery');
    const wrong = loadFiles({ ...files, 'x.yaml': uses, 'ns.yaml': doc('Namespace', 'bakery', { quota: {} }) });
    expect(wrong.diagnostics.map(({ code }) => code)).toEqual(['unknown-field']);
    const right = loadFiles({ ...files, 'x.yaml': uses, 'ns.yaml': doc('Namespace', 'bakery', {}) });
    expect(right.diagnostics.map(({ code }) => code)).toEqual(['quota-exceeded', 'pool-not-allowed']);
  });
});

describe('a pool', () => {
  const network = (pool?: string): string => doc('Network', 'shop', { cidr: '10.0.0.0/24', ...(pool === undefined ? {} : { pool }) }, 'bakery');
  const used = (namespaceDefaults: object, bakery: object, pool?: string): string | undefined => {
    const catalog = fine({ 'c.yaml': CLUSTER(namespaceDefaults) + GATEWAY, 'ns.yaml': doc('Namespace', 'bakery', bakery), 'n.yaml': network(pool) });
    const shop = catalog.networks.get('bakery/shop');
    return shop && poolOf(shop, catalog)?.name;
  };

  test('that nobody names is the first of the list of the tenant, else of that of all', () => {
    expect(used({ pools: ['quay'] }, { pools: ['edge', 'quay'] })).toBe('edge');
    expect(used({ pools: ['quay', 'edge'] }, {})).toBe('quay');
    expect(used({ pools: ['quay'] }, { pools: ['edge', 'quay'] }, 'quay')).toBe('quay');
  });

  test('that is not for the tenant is refused, with what is, and who may change it', () => {
    const files = { 'c.yaml': CLUSTER() + GATEWAY, 'ns.yaml': doc('Namespace', 'bakery', { pools: ['quay'] }), 'n.yaml': network('edge') };
    expect(told(loadFiles(files))).toEqual([
      'namespace bakery may not use AddressPool edge | use quay, or ask whoever owns Namespace bakery for a pool in spec.pools | n.yaml:1:133 ns.yaml:1:88',
    ]);
  });
});

describe('a main network', () => {
  const NAMESPACE = 'apiVersion: netloom.dev/v1\nkind: Namespace\nmetadata: {name: florist}\n';
  const GUEST = doc('Interface', 'till', { network: 'main', node: 'n1' }, 'florist');
  const around = (template?: object): string => CLUSTER(template === undefined ? {} : { pools: ['quay'], mainNetwork: template }) + GATEWAY + GUEST;

  test("comes with the Namespace, by the Cluster's template", () => {
    const catalog = fine({ 'a.yaml': around({ cidr: '10.0.0.0/24', dns: true }), 'ns.yaml': NAMESPACE });
    expect(catalog.networks.get('florist/main')).toMatchObject({ spec: { cidr: '10.0.0.0/24', dns: true }, at: { file: 'ns.yaml', line: 1 } });
    expect(catalog.interfacesOf.get('florist/main')?.map(({ name }) => name)).toEqual(['till']);
  });

  test('takes fields of its own before those of all', () => {
    const catalog = fine({
      'a.yaml': around({ cidr: '10.0.0.0/24', dns: true }),
      'ns.yaml': `${NAMESPACE}spec: {mainNetwork: {cidr: "10.7.0.0/24", dnsRecords: [{name: www, value: "10.7.0.9"}]}}\n`,
    });
    expect(catalog.networks.get('florist/main')?.spec).toEqual({
      cidr: '10.7.0.0/24',
      dns: true,
      dnsRecords: [{ name: 'www', type: 'A', value: '10.7.0.9' }], // as a document has it: with defaults
    });
  });

  test('is written as a document has it: one spelling of addresses', () => {
    const files = { 'a.yaml': CLUSTER(), 'ns.yaml': `${NAMESPACE}spec: {mainNetwork: {cidr: "2001:DB8:0:0:1::/80", vxid: 0xE2300F}}\n` };
    expect(fine(files).networks.get('florist/main')?.spec).toEqual({ cidr: '2001:db8:0:0:1::/80', vxid: 14823439 });
  });

  test('is a document to every other room: the same allocations, the same kernel, the same digest', () => {
    const template = fine({ 'a.yaml': around({ cidr: '10.0.0.0/24', dns: true }), 'ns.yaml': NAMESPACE });
    const written = fine({
      'a.yaml': around({ cidr: '10.0.0.0/24' }),
      'ns.yaml': `${NAMESPACE}spec: {mainNetwork: false}\n`,
      'main.yaml': doc('Network', 'main', { dns: true, cidr: '10.0.0.0/24' }, 'florist'),
    });
    const [one, two] = [template, written].map(catalog => {
      const compiled = on('n1', catalog);
      const resources = compiled.resources.map(({ from: _, ...rest }) => rest);
      return { resources, digest: digestOf(compiled)(['Network florist/main']), uuid: ledgerOf(catalog).networks['florist/main']?.uuid };
    });
    expect(one?.uuid).toMatch(/./);
    expect(two).toEqual(one);
    expect(definitionChanges(template, written).map(({ definition }) => definition)).toEqual(['Cluster lab', 'Namespace florist']);
  });

  test('goes with its Namespace, and counts as a definition that does', () => {
    const before = fine({ 'a.yaml': CLUSTER({ mainNetwork: {} }), 'ns.yaml': NAMESPACE });
    const gone = (after: Catalog): readonly string[] => deletionsOf(livedIn(before), after).map(({ definition, fate }) => `${definition} ${fate}`);
    expect(gone(fine({ 'a.yaml': CLUSTER({ mainNetwork: {} }) }))).toEqual(['Namespace florist gone', 'Network florist/main gone']);
    expect(gone(fine({ 'a.yaml': CLUSTER({ mainNetwork: {} }), 'ns.yaml': `${NAMESPACE}spec: {mainNetwork: false}\n` }))).toEqual([
      'Network florist/main gone',
    ]);
    expect(gone(fine({ 'a.yaml': CLUSTER(), 'ns.yaml': NAMESPACE }))).toEqual(['Network florist/main gone']);
  });

  test('beside a document of its name is an error that names both', () => {
    const files = { 'a.yaml': around({}), 'ns.yaml': NAMESPACE, 'main.yaml': doc('Network', 'main', {}, 'florist') };
    expect(told(loadFiles(files))).toEqual([
      'Network florist/main is made by the template of Namespace florist already (ns.yaml:1) | write mainNetwork: false in Namespace florist, or remove this one | main.yaml:1:68 ns.yaml:1:1',
    ]);
  });

  test('is not missing where the Cluster or the Namespace cannot be read', () => {
    const broken = loadFiles({ 'a.yaml': around({ cdir: 'x' }), 'ns.yaml': NAMESPACE });
    expect(broken.diagnostics.map(({ code }) => code)).toEqual(['unknown-field']);
    const other = loadFiles({ 'a.yaml': around(), 'ns.yaml': `${NAMESPACE}spec: {mainNetwork: {cdir: x}}\n` });
    expect(other.diagnostics.map(({ code }) => code)).toEqual(['unknown-field']);
    expect(loadFiles({ 'a.yaml': around(), 'ns.yaml': NAMESPACE }).diagnostics.map(({ code }) => code)).toEqual(['unknown-reference']);
  });
});

describe('a folder', () => {
  const bakery = doc('Namespace', 'bakery', { folder: 't/bakery' });
  const folderless = doc('Namespace', 'museum', {});
  const files = (more: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
    'c.yaml': CLUSTER() + folderless,
    't/bakery/namespace.yaml': bakery,
    ...more,
  });

  test('holds what is of its tenant, at any depth, and its Namespace may stand in it or not', () => {
    fine(files({ 't/bakery/a/b.yaml': doc('Network', 'a', {}, 'bakery'), 't/museum/n.yaml': doc('Network', 'a', {}, 'museum') }));
    fine({ 'c.yaml': CLUSTER({ mainNetwork: {} }) + bakery, 't/bakery/a.yaml': doc('Network', 'a', {}, 'bakery') });
  });

  test.each([
    ['Network museum/a stands in t/bakery, which is for namespace bakery alone', 't/bakery/a.yaml', doc('Network', 'a', {}, 'museum')],
    ['Network default/a stands in t/bakery, which is for namespace bakery alone', 't/bakery/x/a.yaml', doc('Network', 'a', {})],
    [
      'AddressPool p stands in t/bakery, which is for namespace bakery alone',
      't/bakery/p.yaml',
      doc('AddressPool', 'p', { cidr: '192.0.2.0/24', device: 'eth1' }),
    ],
    ['Namespace own stands in t/bakery, which is for namespace bakery alone', 't/bakery/ns.yaml', doc('Namespace', 'own', {})],
    ['Network bakery/a stands outside of t/bakery, the folder of its namespace', 't/bakery2/a.yaml', doc('Network', 'a', {}, 'bakery')],
    ['Network bakery/a stands outside of t/bakery, the folder of its namespace', 'a.yaml', doc('Network', 'a', {}, 'bakery')],
    ['folder t/bakery is that of Namespace bakery too', 'z.yaml', doc('Namespace', 'other', { folder: 't/bakery' })],
  ])('%s', (message, path, text) => {
    const { diagnostics } = loadFiles(files({ [path]: text }));
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
      { message, at: { file: path }, related: [{ file: 't/bakery/namespace.yaml' }] },
    ]);
  });
});

describe('taking over what runs already', () => {
  const adopting = `apiVersion: netloom.dev/v1
kind: Network
metadata: {name: lan, namespace: bakery, annotations: {netloom.dev/adopt: "true"}}
spec: {cidr: 10.0.0.0/24, vxid: 100, dhcp: false, nat: false}
`;
  const files = (spec: object): Readonly<Record<string, string>> => ({ 'c.yaml': CLUSTER() + doc('Namespace', 'bakery', spec), 't/bakery/a.yaml': adopting });

  test('is for operators to allow whose tenants own a folder', () => {
    expect(told(loadFiles(files({ folder: 't/bakery' })))).toEqual([
      'namespace bakery may not take over what runs already | its operators may write adopt: true into Namespace bakery, for as long as that takes | t/bakery/a.yaml:3:75 c.yaml:3:97',
    ]);
    fine(files({ folder: 't/bakery', adopt: true }));
  });

  test('needs no word where everybody writes everywhere', () => {
    fine(files({}));
  });
});
