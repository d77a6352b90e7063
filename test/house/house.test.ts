import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedTypes } from '../../.ci/gen.mjs';
import { FORMATS } from '../../src/load/formats.ts';
import { fateOf } from '../support/needs.ts';
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

test('nothing names a machine it was written on or a registry', () => {
  // Put together here so that this file does not name them either.
  const words = [['registry', 'npmjs', 'org'].join('.'), ['', 'work', 'main'].join('/'), ['', 'work', 'shared'].join('/'), ['', 'home', ''].join('/')];
  const found = committed().flatMap(path => words.filter(word => read(path).includes(word)).map(word => `${path}: ${word}`));
  expect(found).toEqual([]);
});
