import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedTypes } from '../../.ci/gen.mjs';
import { FORMATS } from '../../src/load/formats.ts';
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

test('no test is skipped, focused or left for later', () => {
  const left = committed().filter(path => path.endsWith('.test.ts') && /\b(test|it|describe)\.(skip|only|todo|fails)\b/.test(read(path)));
  expect(left).toEqual([]);
});

/** Conditional tests of a text that a machine in CI would skip too. */
function skippedInCI(text: string): readonly string[] {
  const clause = (name: string): RegExp => new RegExp(`const ${name} = process\\.env(\\.CI|\\['CI'\\]) === 'true' \\|\\| `);
  const conditions = [...text.matchAll(/\.(skipIf|runIf)\((.*?)\)\(/g)];
  return conditions.flatMap(([whole, which, condition = '']) => {
    const name = which === 'skipIf' ? condition.replace(/^!/, '') : condition;
    const isClaim = /^\w+$/.test(name) && (which === 'runIf' || condition.startsWith('!'));
    return isClaim && clause(name).test(text) ? [] : [whole];
  });
}

test('a test that cannot run on a machine fails there in CI, and is not skipped', () => {
  const found = committed().flatMap(path => (path.endsWith('.test.ts') ? skippedInCI(read(path)).map(each => `${path}: ${each}`) : []));
  expect(found).toEqual([]);
  // Put together here so that this file is none of them.
  const [skip, only] = [['it', 'skipIf'].join('.'), ['it', 'runIf'].join('.')];
  const able = "const able = process.env['CI'] === 'true' || found;\n";
  expect(skippedInCI(`${able}${skip}(!able)('x'); ${only}(able)('y');`)).toEqual([]);
  expect(skippedInCI(`const able = found;\n${skip}(!able)('x');`)).toHaveLength(1);
  expect(skippedInCI(`${able}${skip}(able)('x');`)).toHaveLength(1);
  expect(skippedInCI(`${able}${skip}(process.getuid() !== 0)('x');`)).toHaveLength(1);
});

test('nothing names a machine it was written on or a registry', () => {
  // Put together here so that this file does not name them either.
  const words = [['registry', 'npmjs', 'org'].join('.'), ['', 'work', 'main'].join('/'), ['', 'work', 'shared'].join('/'), ['', 'home', ''].join('/')];
  const found = committed().flatMap(path => words.filter(word => read(path).includes(word)).map(word => `${path}: ${word}`));
  expect(found).toEqual([]);
});
