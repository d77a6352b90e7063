import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { word } from '../../src/edit/yaml-text.ts';
import { labelOf } from '../../src/host/underlay.ts';
import { nodeText } from '../../src/join/definition-text.ts';
import { checkEmpty, exampleFiles, problemsIn, writeRepository } from '../../src/join/init.ts';
import { type Beginning, newDefinitions } from '../../src/join/new-definitions.ts';
import { newRepository } from '../../src/repo/new-repository.ts';
import { ROOT } from '../house/tree.ts';

const HARBOUR: Beginning = {
  cluster: 'harbour',
  node: 'n1',
  underlay: { address: '10.2.1.11', device: 'eth0', mtu: 9000 },
  pool: { name: 'quay', cidr: '198.51.100.0/24', device: 'eth1' },
  networks: [{ namespace: 'bakery', name: 'shop', cidr: '192.168.7.0/24' }],
};

const codes = (beginning: Beginning): readonly string[] => problemsIn(newDefinitions(beginning)).map(({ code }) => code);

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'netloom-init-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('what init writes', () => {
  test('is valid at once, and stays as it is kept for the golden plan', async () => {
    expect(codes(HARBOUR)).toEqual([]);
    for (const [path, text] of newDefinitions(HARBOUR)) await expect(text).toMatchFileSnapshot(join(ROOT, 'test/golden/init/repo', path));
  });

  test.each([
    ['an IPv6 underlay', { underlay: { address: '2001:db8::11', device: 'eth0', mtu: 9000 } }],
    ['no pool, so no gateway node', { pool: null }],
    ['nothing but a node', { pool: null, networks: [] }],
    ['several networks of several tenants', { networks: ['a', 'b', 'b'].map((namespace, i) => ({ namespace, name: `lan${i}`, cidr: '10.0.0.0/24' })) }],
    ['names that YAML would take for something else', { cluster: 'null', node: '1e3', networks: [{ namespace: 'yes', name: '007', cidr: '10.0.0.0/24' }] }],
  ])('is valid with %s', (_, change) => expect(codes({ ...HARBOUR, ...change })).toEqual([]));

  test('warns where guests would get less than 1500, and says what is wrong with each answer', () => {
    expect(codes({ ...HARBOUR, underlay: { ...HARBOUR.underlay, mtu: 1500 } })).toEqual(['underlay-below-1550']);
    const wrong = { ...HARBOUR, cluster: 'a: b', node: 'N_1', pool: { name: 'quay', cidr: '198.51.100.0/33', device: 'a b' } };
    expect(codes(wrong)).toEqual(expect.arrayContaining(['wrong-value', 'invalid-cidr']));
  });

  test('names schemas that the repository has', () => {
    for (const [path, text] of [...newDefinitions(HARBOUR), ...exampleFiles()].filter(([name]) => name.endsWith('.yaml'))) {
      const [line = ''] = text.split('\n');
      const schema = /\$schema=((?:\.\.\/)*)tools\/netloom\/(schemas\/\S+)$/.exec(line);
      expect([path, schema?.[1]?.length], line).toEqual([path, (path.split('/').length - 1) * 3]);
      expect(existsSync(join(ROOT, schema?.[2] ?? '')), line).toBe(true);
    }
    expect(problemsIn(exampleFiles())).toEqual([]);
    expect(exampleFiles().get('CODEOWNERS')).toContain('/namespaces/*/namespace.yaml @');
  });
});

describe('a text in a definition', () => {
  test.each(['n1', 'eth0.100', '10.0.0.0/24', '2001:db8::/64', 'null', 'yes', '1e3', '012', '0x1f', 'a: b', '# no', '"', '12:30', '*x', '', '-', '~'])(
    '%j is read back as it was',
    text => expect(parse(`value: ${word(text)}`)).toEqual({ value: text }),
  );

  test('of a Node says what was found, and no more', () => {
    const node = { name: 'n2', address: '10.2.1.12', device: 'eth0', gateway: true, mtu: 1500, egress: [{ pool: 'quay', device: 'eth7' }] };
    const spec = { underlay: { address: '10.2.1.12', device: 'eth0', mtu: 1500 }, gateway: true, egress: [{ pool: 'quay', device: 'eth7' }] };
    expect(parse(nodeText(node, null)).spec).toEqual(spec);
    expect(parse(nodeText({ ...node, gateway: false, mtu: undefined, egress: [] }, 'x.json')).spec).toEqual({
      underlay: { address: '10.2.1.12', device: 'eth0' },
    });
  });

  test.each([
    ['Web_01', 'web-01'],
    ['-db-', 'db'],
    ['n1', 'n1'],
    ['ÄÖ', ''],
    [`${'a'.repeat(62)}-b`, `${'a'.repeat(62)}`],
  ])('%s as a name is %j', (text, label) => expect(labelOf(text)).toBe(label));
});

describe('the folder', () => {
  test('must be empty, or not there yet', () => {
    const used = join(base, 'used');
    mkdirSync(used);
    expect(() => checkEmpty(used, 'used')).not.toThrow();
    writeFileSync(join(used, 'a'), '');
    expect(() => checkEmpty(used, 'used')).toThrow(/^used is not empty \(a\)/);
    expect(() => checkEmpty(join(used, 'a'), 'used/a')).toThrow(/^used\/a is a file/);
    expect(() => checkEmpty(join(base, 'absent'), 'absent')).not.toThrow();
  });

  test('is as it was when something goes wrong on the way', async () => {
    const [fresh, empty] = [join(base, 'fresh'), join(base, 'empty')];
    mkdirSync(empty);
    const files = new Map<string, string | { from: string }>([
      ['cluster.yaml', 'x'],
      ['tools/gone', { from: join(base, 'nothing') }],
    ]);
    for (const dir of [fresh, empty]) await expect(writeRepository(dir, files, { branch: 'main', message: 'x', remote: null })).rejects.toThrow(/ENOENT/);
    expect([existsSync(fresh), existsSync(join(empty, 'cluster.yaml')), existsSync(empty)]).toEqual([false, false, true]);
  });

  test('becomes a repository also where there is no git', async () => {
    const dir = join(base, 'without');
    mkdirSync(join(dir, 'nodes'), { recursive: true });
    writeFileSync(join(dir, 'nodes/n1.yaml'), 'x\n');
    const args = {
      branch: 'main',
      message: 'First\n',
      remote: 'http://192.0.2.1/d.git',
      paths: ['nodes/n1.yaml'],
      author: { name: 'Ada', email: 'ada@example.org' },
    };
    const commit = await newRepository(dir, args);
    expect(readFileSync(join(dir, '.git/HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
    expect(readFileSync(join(dir, '.git/refs/heads/main'), 'utf8')).toMatch(new RegExp(`^${commit}`));
    expect(readFileSync(join(dir, '.git/config'), 'utf8')).toContain('url = http://192.0.2.1/d.git');
  });
});
