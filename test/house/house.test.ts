import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedTypes } from '../../.ci/gen.mjs';
import { FORMATS } from '../../src/load/formats.ts';
import { fateOf } from '../support/needs.ts';
import { unwanted } from './exports.ts';
import { committed, filesBelow, ROOT } from './tree.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

test('the lock file names no host to download from', () => {
  const lock: { packages: Record<string, object> } = JSON.parse(read('package-lock.json'));
  expect(Object.keys(lock.packages).length).toBeGreaterThan(50);
  expect(Object.entries(lock.packages).filter(([, entry]) => 'resolved' in entry)).toEqual([]);
});

test('every package of the lock file is pinned by its content', () => {
  const lock: { packages: Record<string, { integrity?: string }> } = JSON.parse(read('package-lock.json'));
  const open = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && entry.integrity === undefined);
  expect(open.map(([path]) => path)).toEqual([]);
});

test('generated types are those of the schemas', async () => {
  for (const [path, text] of await generatedTypes()) expect(read(path), `${path} is stale: run \`npm run gen\``).toBe(text);
});

test('every format that a schema names exists, and no other', () => {
  const inputs = filesBelow('schemas').filter(path => !path.includes('/output/'));
  const named = inputs.flatMap(path => [...readFileSync(path, 'utf8').matchAll(/"format":\s*"([^"]+)"/g)].map(match => match[1]));
  expect([...new Set(named)].sort()).toEqual(Object.keys(FORMATS).sort());
});

test('no file of code is longer than 300 lines', () => {
  const long = committed().filter(path => /\.(ts|mjs|js)$/.test(path) && read(path).split('\n').length > 301);
  expect(long.filter(path => path !== 'src/objects/types.ts')).toEqual([]);
});

test('file names are kebab-case', () => {
  const odd = committed().filter(path => /^(src|test)\//.test(path) && /\.(ts|mjs)$/.test(path) && !/^[a-z0-9/-]+(\.(test|gen|d))*\.(ts|mjs)$/.test(path));
  expect(odd).toEqual([]);
});

const NEEDS = 'test/support/needs.ts';
/** A test that is skipped, or not even registered, by its own judgement: vitest's words for it. */
const LEFT_OUT = /\b(?:test|it|describe|suite|context|ctx)\s*\.\s*(?:skip|only|todo|fails|skipIf|runIf)\b|\bskip(?:\(|:)/g;

/** What a text of a test leaves out. */
const leftOut = (text: string): readonly string[] => text.match(LEFT_OUT) ?? [];

test('no test is skipped, focused or left for later; what a machine may lack fails in CI, by describeWhere alone', () => {
  const tests = committed().filter(path => /^test\/.*\.(ts|mjs)$/.test(path) && path !== NEEDS && path !== 'test/house/house.test.ts');
  expect(tests.flatMap(path => leftOut(read(path)).map(word => `${path}: ${word}`))).toEqual([]);
  for (const text of [
    "it.skip('x')",
    'describe.skipIf(!able)(name)',
    'test.runIf(able)',
    'context.skip()',
    "it\n  .skip('x')",
    '({ skip }) => skip()',
    'it(name, { skip: true }, run)',
    'test.skip.each([])',
  ])
    expect([text, leftOut(text)]).toEqual([text, [expect.any(String)]]);
});

test('what a machine lacks is skipped there, and fails in CI', () => {
  const fates = [undefined, '', 'false', 'true'].map(ci => [fateOf('', ci), fateOf('qemu', ci)]);
  expect(fates).toEqual([...Array.from({ length: 3 }, () => ['run', 'skip']), ['run', 'fail']]);
});

test('nothing is exported that no other file imports', () => {
  const code = committed().filter(path => /^(src|test|\.ci)\/.*\.(ts|mjs)$/.test(path) && !path.includes('.gen.d.'));
  expect(unwanted(new Map(code.map(path => [path, read(path)])))).toEqual([]);
  const texts = { 'a/a.ts': 'export const a = 1;\nexport async function b() {}\nexport class C {}\nexport const d = 1;', 'a/e.ts': 'export const e = 1;' };
  const takers = { 'b/b.ts': "import { a as x, type C } from '../a/a.ts';\nexport { d } from '../a/a.ts';", 'f.ts': "const { e } = await import('./a/e.ts');" };
  expect(unwanted(new Map(Object.entries({ ...texts, ...takers })))).toEqual(['a/a.ts: b']);
});

// One level too many, and a test takes away the whole tree: what is removed lies below a folder that has a name.
test('nothing that may go whole is found by going upwards', () => {
  const removes = /\brm(Sync)?\([^;]*recursive/;
  const upwards = /['"`/]\.\.['"`/]/;
  const climbing = (text: string): readonly string[] =>
    removes.test(text) ? text.split('\n').filter(line => upwards.test(line) && !/\bfrom '|\bimport\(/.test(line)) : [];
  const code = committed().filter(path => /^(src|test|\.ci)\/.*\.(ts|mjs)$/.test(path) && path !== 'test/house/house.test.ts');
  expect(code.flatMap(path => climbing(read(path)).map(line => `${path}: ${line.trim()}`))).toEqual([]);
  expect(climbing("rmSync(join(dir, '..'), { recursive: true });")).toHaveLength(1);
  expect(climbing('const top = `$dir/../x`;\nawait rm(top, {\n  recursive: true,\n});')).toHaveLength(1);
  expect(climbing("import { x } from '../x.ts';\nrmSync(dir, { recursive: true });")).toEqual([]);
});

/** Lines that a merge leaves where two changed the same. */
const conflicts = (text: string): readonly string[] => text.match(/^(?:<{7}|>{7}|\|{7})(?: .*)?$/gm) ?? [];

test('no merge is left unfinished', () => {
  const texts = committed().filter(path => !path.startsWith('test/fixtures/'));
  expect(texts.flatMap(path => conflicts(read(path)).map(line => `${path}: ${line}`))).toEqual([]);
  expect(conflicts('a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> 1234567 (x)\n')).toHaveLength(2);
  expect(conflicts('a <<<<<<< b\n  >>>>>>> c\n<<<<<<<<\n')).toEqual([]);
});

test('nothing names a machine it was written on or a registry', () => {
  // Put together here so that this file does not name them either.
  const words = [['registry', 'npmjs', 'org'].join('.'), ['', 'work', 'main'].join('/'), ['', 'work', 'shared'].join('/'), ['', 'home', ''].join('/')];
  const found = committed().flatMap(path => words.filter(word => read(path).includes(word)).map(word => `${path}: ${word}`));
  expect(found).toEqual([]);
});

test('the weights of test files are of files that are there', () => {
  const weights = Object.keys(JSON.parse(read('.ci/weights.json')));
  expect(weights.filter(path => !committed().includes(path))).toEqual([]);
  expect(weights.length).toBeGreaterThan(20);
});
