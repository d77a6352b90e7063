import { describe, expect, test } from 'vitest';
import { type Asked, create, createFloated, type NewKind } from '../../src/edit/create.ts';
import { remove } from '../../src/edit/delete.ts';
import { definitionOf } from '../../src/edit/find.ts';
import { defloat, float, route, unroute } from '../../src/edit/holders.ts';
import { assignmentOf, setMetadata, setMigration, setNode } from '../../src/edit/metadata.ts';
import type { KindName } from '../../src/objects/object.ts';
import { definitionsOf, FILES, filesAfter, refusalOf } from './definitions.ts';

const ACME = definitionsOf();
const asked = (name: string, spec: Asked['spec'] = {}, more: Partial<Asked> = {}): Asked => ({
  namespace: 'acme',
  name,
  labels: {},
  spec,
  file: undefined,
  ...more,
});
const text = (path: string): string => FILES[path] ?? '';
const named = (kind: KindName, name: string, namespace = 'acme') => definitionOf(ACME.catalog, kind, name, namespace);

describe('a new definition', () => {
  test('is a file of its own beside its like, with what was said and the line that names its schema', () => {
    const change = create(ACME, 'Network', asked('back', { cidr: '10.1.0.0/24', dhcp: false, mtu: undefined }, { labels: { team: 'edge', 'a b': '1' } }));
    expect(filesAfter(change)).toEqual({
      'acme/networks/back.yaml':
        '# yaml-language-server: $schema=../../tools/schemas/network.json\napiVersion: netloom.dev/v1\nkind: Network\nmetadata:\n  name: back\n  namespace: acme\n  labels:\n    team: edge\n    "a b": "1"\nspec:\n  cidr: 10.1.0.0/24\n  dhcp: false\n',
    });
    expect([change.subject, change.about]).toEqual(['create Network acme/back', [{ kind: 'Network', key: 'acme/back', is: 'there' }]]);
  });

  const places: [string, NewKind, Asked, string][] = [
    ['in the file that holds several of them', 'Interface', asked('c', { network: 'front' }), 'acme/interfaces/front.yaml'],
    ['where another tenant has them', 'Network', asked('lan', { cidr: '10.0.0.0/24' }, { namespace: 'globex' }), 'globex/networks/lan.yaml'],
    ['where --file says', 'Network', asked('back', {}, { file: 'x/y.yaml' }), 'x/y.yaml'],
    ['in a file that is there, behind what it says', 'Network', asked('back', {}, { file: 'pool.yaml' }), 'pool.yaml'],
  ];
  test.each(places)('goes %s', (_, kind, what, path) => {
    const after = filesAfter(create(ACME, kind, what));
    expect(Object.keys(after)).toEqual([path]);
    expect(after[path]?.startsWith(text(path))).toBe(true);
  });

  test('goes where a repository without any of its kind would look for it', () => {
    const place = (files: Readonly<Record<string, string>>, namespace = 'default'): string | undefined => {
      const definitions = definitionsOf({ ...Object.fromEntries(['cluster.yaml', 'nodes/n1.yaml', 'pool.yaml'].map(path => [path, text(path)])), ...files });
      const change = create(definitions, 'FloatingIP', asked('web', {}, { namespace }));
      return [...change.texts.keys()].find(path => !definitions.texts.has(path));
    };
    const net = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\nspec: {cidr: 10.0.0.0/24}\n';
    expect(place({})).toBe('floating-ips/web.yaml');
    expect(place({ 'networks/a.yaml': net })).toBe('floating-ips/web.yaml');
    expect(place({ 'net/networks/a.yaml': net })).toBe('net/floating-ips/web.yaml');
    expect(place({ 'a.yaml': net })).toBe('web.yaml');
    expect(place({ 't/acme/ns.yaml': text('acme/namespace.yaml') }, 'acme')).toBe('t/acme/floating-ips/web.yaml');
    expect(place({ 'acme/ns.yaml': `${text('acme/namespace.yaml')}spec: {folder: tenants/a-1}\n` }, 'acme')).toBe('tenants/a-1/floating-ips/web.yaml');
  });

  test('is refused where there is one of that name, with its place', () => {
    expect(refusalOf(() => create(ACME, 'Network', asked('front')))).toBe(
      'there is a Network acme/front already, in acme/networks/front.yaml:2 | choose another name, or edit that one',
    );
  });

  test('with --float is two documents', () => {
    const change = createFloated(ACME, asked('a2', { network: 'front' }), 'edge');
    expect(change.subject).toBe('create Interface acme/a2 with FloatingIP acme/a2');
    expect(Object.keys(filesAfter(change))).toEqual(['acme/interfaces/front.yaml', 'acme/floating-ips/a2.yaml']);
    expect(change.texts.get('acme/floating-ips/a2.yaml')).toMatch(/spec:\n {2}pool: edge\n {2}interface: a2\n$/);
  });
});

describe('deleting', () => {
  test('takes the document and its comment, and a file that held nothing else', () => {
    expect(filesAfter(remove(ACME, named('Interface', 'b'), false))).toEqual({
      'acme/interfaces/front.yaml': text('acme/interfaces/front.yaml').split('---\n')[0],
    });
    expect(filesAfter(remove(ACME, named('Namespace', 'globex', ''), false))).toEqual({ 'globex/namespace.yaml': null });
  });

  test('names what stands on it, and takes it along where that is asked for', () => {
    expect(refusalOf(() => remove(ACME, named('Network', 'front'), false))).toBe(
      'Network acme/front is what these stand on:\n  FloatingIP acme/a (acme/floating-ips/a.yaml:1:1)\n  Interface acme/a (acme/interfaces/front.yaml:2:1)\n  Interface acme/b (acme/interfaces/front.yaml:8:1)\n  RoutedIP acme/lb (acme/routed-ips/lb.yaml:1:1) | delete these first, or all of them at once with --with-dependants',
    );
    expect(filesAfter(remove(ACME, named('Network', 'front'), true))).toEqual({
      'acme/networks/front.yaml': null,
      'acme/interfaces/front.yaml': null,
      'acme/routed-ips/lb.yaml': null,
      'acme/floating-ips/a.yaml': null,
    });
    expect(Object.keys(filesAfter(remove(ACME, named('Namespace', 'acme', ''), true)))).toHaveLength(5);
  });

  test('refuses what nodes would refuse, and the Cluster', () => {
    const files = {
      ...FILES,
      'globex/namespace.yaml': text('globex/namespace.yaml').replace('globex}', 'globex, annotations: {netloom.dev/protect: "true"}}'),
    };
    const definitions = definitionsOf(files);
    const refusal = refusalOf(() => remove(definitions, definitionOf(definitions.catalog, 'Namespace', 'globex', ''), true));
    expect(refusal).toMatch(/^Namespace globex is protected \(globex\/namespace\.yaml:1:1\).*--annotation netloom\.dev\/protect-$/s);
    expect(refusalOf(() => remove(ACME, named('Cluster', 'lab', ''), true))).toContain('it is not deleted');
  });

  test('takes exact names alone, and says what may be meant', () => {
    expect(refusalOf(() => named('Network', 'fron'))).toContain('did you mean acme/front?');
    expect(refusalOf(() => named('Network', 'front', 'globex'))).toContain('-n acme');
    expect(refusalOf(() => named('Node', 'x', ''))).toBe('there is no Node x in the definitions | those that there are: n1, n2');
    expect(named('Network', 'acme/front', 'default').key).toBe('acme/front');
  });

  test('a RoutedIP is taken out of the interfaces that may carry it', () => {
    const after = filesAfter(unroute(ACME, '192.0.2.20', 'default', []));
    expect(after).toEqual({
      'acme/routed-ips/lb.yaml': null,
      'acme/interfaces/front.yaml': text('acme/interfaces/front.yaml').replaceAll(', routedIPs: [lb]', ''),
    });
    expect(filesAfter(unroute(ACME, 'lb', 'acme', []))).toEqual(after);
    expect(filesAfter(unroute(ACME, '192.0.2.77', 'default', ['acme/lb']))).toEqual(after);
  });
});

describe('a floating address', () => {
  test('leads to an interface, named like it', () => {
    const change = float(ACME, { namespace: 'acme', interface: 'b', pool: 'edge', address: '192.0.2.9' });
    expect(filesAfter(change)).toEqual({
      'acme/floating-ips/b.yaml': expect.stringMatching(/name: b\n {2}namespace: acme\nspec:\n {2}pool: edge\n {2}interface: b\n {2}address: 192\.0\.2\.9\n$/),
    });
  });

  test('is moved by its name, keeping its address, and not doubled', () => {
    const moved = float(ACME, { namespace: 'acme', interface: 'b', name: 'a' });
    expect(filesAfter(moved)).toEqual({ 'acme/floating-ips/a.yaml': text('acme/floating-ips/a.yaml').replace('interface: a', 'interface: b') });
    expect(refusalOf(() => float(ACME, { namespace: 'acme', interface: 'a' }))).toContain(
      'FloatingIP acme/a leads to Interface acme/a already (acme/floating-ips/a.yaml:1)',
    );
    expect(refusalOf(() => float(ACME, { namespace: 'acme', interface: 'b', name: 'a', pool: 'edge' }))).toContain('keeps its address');
  });

  test('is taken away, or kept for later', () => {
    expect(filesAfter(defloat(ACME, 'a', 'acme', false))).toEqual({ 'acme/floating-ips/a.yaml': null });
    const held = filesAfter(defloat(ACME, 'a', 'acme', true))['acme/floating-ips/a.yaml'];
    expect(held).toBe(text('acme/floating-ips/a.yaml').replace(/spec:\n.*\n.*\n/, 'spec: {}\n'));
    expect(refusalOf(() => defloat(ACME, 'b', 'acme', false))).toContain('no FloatingIP leads to Interface acme/b');
  });

  test('that is routed is named like its network, and at the interfaces that may carry it', () => {
    const change = route(ACME, { namespace: 'acme', network: 'front', carriers: ['b'] });
    const after = filesAfter(change);
    expect(Object.keys(after)).toEqual(['acme/interfaces/front.yaml', 'acme/routed-ips/front.yaml']);
    expect(after['acme/interfaces/front.yaml']).toBe(text('acme/interfaces/front.yaml').replace(/\[lb\](?=[^[]*$)/, '[lb, front]'));
    expect(route(ACME, { namespace: 'acme', network: 'front', name: 'x', carriers: [] }).notes[1]).toContain('No Interface may carry it yet');
  });
});

describe('metadata', () => {
  const all: [KindName, string][] = [
    ['Cluster', 'lab'],
    ['Node', 'n1'],
    ['AddressPool', 'edge'],
    ['Namespace', 'acme'],
    ['Network', 'front'],
    ['Interface', 'b'],
    ['FloatingIP', 'a'],
    ['RoutedIP', 'lb'],
  ];
  test.each(all)('of a %s is set, read and removed, and the file is what it was', (kind, name) => {
    const what = named(kind, name);
    for (const field of ['labels', 'annotations'] as const) {
      const set = setMetadata(ACME, what, field, ['team=edge', '"__proto__"=x', 'ä=', '"a=b"={"c": 1}'].map(assignmentOf));
      const now = definitionsOf({ ...FILES, ...(filesAfter(set) as Record<string, string>) });
      const read = definitionOf(now.catalog, kind, name, 'acme');
      expect(Object.entries(read[field])).toEqual([
        ['team', 'edge'],
        ['__proto__', 'x'],
        ['ä', ''],
        ['a=b', '{"c": 1}'],
      ]);
      expect(setMetadata(now, read, field, ['team-', '__proto__-', 'ä-', '"a=b"-'].map(assignmentOf)).texts).toEqual(ACME.texts);
    }
  });

  test('is refused where it sets nothing, and where a key is too long', () => {
    for (const wrong of ['', '-', 'team', '=x', '"a', '"a"', '"a"x']) expect(refusalOf(() => assignmentOf(wrong))).toContain('sets nothing');
    expect(refusalOf(() => assignmentOf(`${'ä'.repeat(127)}=x`))).toContain('at most 253 bytes');
    expect(assignmentOf(`${'ä'.repeat(126)}k=a=b`).value).toBe('a=b');
  });
});

describe('the node of an interface', () => {
  test('is set and taken away', () => {
    const path = 'acme/interfaces/front.yaml';
    expect(filesAfter(setNode(ACME, 'b', 'acme', 'n2'))).toEqual({ [path]: text(path).replace(/n1(?=[^1]*$)/, 'n2') });
    expect(filesAfter(setNode(ACME, 'b', 'acme', null))).toEqual({ [path]: text(path).replace(/ node: n1,(?=[^1]*$)/, '') });
    expect(refusalOf(() => setNode(ACME, 'b', 'acme', 'n9'))).toContain('there is no Node n9');
  });

  test('is migrated to, and arrived at, in two commits', () => {
    const path = 'acme/interfaces/front.yaml';
    const moving = filesAfter(setMigration(ACME, 'b', 'acme', 'n2')) as Record<string, string>;
    expect(moving).toEqual({ [path]: text(path).replace(/\[lb\]\}(?=[^[]*$)/, '[lb], migrateTo: n2}') });
    const there = setNode(definitionsOf({ ...FILES, ...moving }), 'b', 'acme', 'n2');
    expect(there.texts.get(path)).toBe(text(path).replace(/n1(?=[^1]*$)/, 'n2'));
  });
});

describe('what is not edited by machine', () => {
  test('a network that a template made is edited there, and goes with its Namespace alone', () => {
    const files = { ...FILES, 'globex/namespace.yaml': `${text('globex/namespace.yaml')}spec:\n  mainNetwork: {cidr: 10.7.0.0/24}\n` };
    const definitions = definitionsOf(files);
    const main = definitionOf(definitions.catalog, 'Network', 'main', 'globex');
    const told = /^Network globex\/main has no document of its own: Namespace globex .* \(globex\/namespace\.yaml:1:1\) \| edit that template/;
    expect(refusalOf(() => remove(definitions, main, true))).toMatch(told);
    expect(refusalOf(() => setMetadata(definitions, main, 'labels', [assignmentOf('a=b')]))).toMatch(told);
    const tenant = definitionOf(definitions.catalog, 'Namespace', 'globex', '');
    expect(refusalOf(() => remove(definitions, tenant, false))).toContain('Network globex/main');
    expect(filesAfter(remove(definitions, tenant, true), files)).toEqual({ 'globex/namespace.yaml': null });
    const change = create(definitions, 'Network', asked('lan', { cidr: '10.0.0.0/24' }, { namespace: 'globex' }));
    expect(Object.keys(filesAfter(change, files))).toEqual(['globex/networks/lan.yaml']);
  });

  test('says where it stands and what to do by hand', () => {
    const anchored = text('acme/interfaces/front.yaml').replace('spec: {network', 'spec: &s {network');
    const definitions = definitionsOf({ ...FILES, 'acme/interfaces/front.yaml': anchored });
    expect(refusalOf(() => setNode(definitions, 'a', 'acme', 'n2'))).toBe(
      'acme/interfaces/front.yaml:2:1 is written in a way that is not edited by machine (an anchor, a tag, a template) | set spec.node to n2 of Interface acme/a by hand',
    );
  });
});
