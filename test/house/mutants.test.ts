/** The list of guards that `npm run mutants` takes out: it fits the code as it is, and each promise has one. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { judge, type Report } from '../../.ci/mutant-bench.mjs';
import { type Mutant, mutated, patternOf, readMutants, titlesIn } from '../../.ci/mutant-list.mjs';
import { ROOT } from './tree.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const mutants = readMutants();

/** What a test file names, and what the files beside it do that it may take its tests from. */
function titlesBeside(path: string): readonly string[] {
  const folder = dirname(path);
  const shared = readdirSync(join(ROOT, folder)).filter(name => name.endsWith('.ts') && read(path).includes(`./${name}`));
  return [path, ...shared.map(name => join(folder, name))].flatMap(each => titlesIn(read(each)));
}

test('each guard is in its file exactly once, as the list has it', () => {
  const stale = mutants.filter(mutant => mutated(read(mutant.file), mutant) === null);
  expect(stale.map(({ id, file }) => `${id}: its text is not in ${file} exactly once: change it with the guard`)).toEqual([]);
});

test('each names a test that is there', () => {
  const titles = new Map([...new Set(mutants.map(({ test: path }) => path))].map(path => [path, titlesBeside(path)]));
  const plain = (title: string): string => title.replaceAll('’', "'");
  const lost = mutants.filter(({ test: path, title, after }) =>
    [title, ...(after === '' ? [] : [after])].some(each => !titles.get(path)?.includes(plain(each))),
  );
  expect(lost.map(({ id, test: path, title }) => `${id}: no test of ${path} is called ${title}`)).toEqual([]);
});

test('no two have one name, and there are more than forty', () => {
  expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThan(40);
});

test('every promise that has a proof has a guard that is taken out', () => {
  const rows = [...read('DESIGN.md').matchAll(/^\| (G\d+) \| [^|]+ \| ([^|]+) \|$/gm)];
  const claimed = rows.flatMap(([, name = '', proof = '']) => (/^not (yet|ours): /.test(proof) ? [] : [name]));
  expect(claimed.length).toBeGreaterThan(20);
  const guarded = new Set(mutants.flatMap(({ guards }) => guards));
  expect(claimed.filter(name => !guarded.has(name))).toEqual([]);
});

test('a guard that is not there, or there twice, is stale; of a title what a table fills in is any text', () => {
  const mutant = { ...(mutants[0] as Mutant), out: 'if (a) throw b;', in: '' };
  expect(mutated('x; if (a) throw b; y', mutant)).toBe('x;  y');
  expect([mutated('x; y', mutant), mutated('if (a) throw b;if (a) throw b;', mutant)]).toEqual([null, null]);
  expect(mutated('if (a) throw b;', { ...mutant, in: mutant.out })).toBeNull();
  const named = new RegExp(patternOf('over %s, ’tis (so) and no $more'));
  expect([named.test("over http, 'tis (so) and no other"), named.test('over http, tis so')]).toEqual([true, false]);
});

const DEADLY = 'AssertionError: expected 1 to be 2\n    at x.ts:1';
const report = (words: string | null, title = 'over http, it fails', status: 'passed' | 'failed' = words === null ? 'passed' : 'failed'): Report => ({
  testResults: [{ status, message: '', assertionResults: [{ fullName: title, status, failureMessages: words === null ? [] : [words] }] }],
});

test.each([
  ['red: the named test failed', report(DEADLY), 0, 'red'],
  ['green: it passed', report(null), 0, 'green'],
  ['none: another one failed', report(DEADLY, 'over ssh'), 0, 'none'],
  ['none: it was left out', { testResults: [{ ...at(report(null)), assertionResults: [] }] }, 0, 'none'],
  ['broken: its file was not loaded', { testResults: [{ status: 'failed', message: 'SyntaxError: x', assertionResults: [] }] }, 0, 'broken'],
  ['broken: what is left of the code names what is not there', report('ReferenceError: x is not defined'), 0, 'broken'],
  ['late: it did not end', report('Error: Test timed out in 60000ms.'), 0, 'late'],
  ['red: it did not end in the seconds that it was given', report('Error: STACK_TRACE_ERROR'), 8, 'red'],
] as const)('a guard is missed only by a failure of its own test: %s', (_, found, hangsS, verdict) => {
  expect(judge(found, 'it fails', hangsS).verdict).toBe(verdict);
});

function at({ testResults }: Report): Report['testResults'][number] {
  return testResults[0] as Report['testResults'][number];
}
