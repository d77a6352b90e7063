/** The laws of the whole, on paper: definitions from the schemas, through load, allocate, compile and plan to a kernel of values. */
import { beforeAll, describe, expect, test } from 'vitest';
import { KIND_SCHEMAS } from '../../src/load/schema.ts';
import { holds } from './fuzz.ts';
import { allocationsOf, bytesOf, commentsOn, mistakesIn } from './laws.ts';
import { lifeOnPaper } from './life.ts';
import { KINDS } from './repository.ts';
import type { Revision } from './revision.ts';
import { pathsIn, pathsOf } from './schema-arbitrary.ts';

/** Places of schemas that valid definitions had something at in this run. */
const met = new Map<string, number>();

function note(history: readonly Revision[]): readonly string[] {
  for (const { kind, ...rest } of history.flatMap(({ documents }) => documents)) {
    for (const path of pathsIn({ kind, ...rest }, KIND_SCHEMAS[kind], KIND_SCHEMAS[kind])) met.set(`${kind} ${path}`, (met.get(`${kind} ${path}`) ?? 0) + 1);
  }
  return [];
}

/** Without the places of schemas, which take all histories. */
const BY = "npx vitest run --project unit test/fuzz/model.test.ts -t 'whatever is defined'";

const LONG = { timeout: 1_800_000 };

describe('whatever is defined, changed and taken away', () => {
  test('a kernel does every act of every plan, the next plan is empty, nothing foreign is touched and in the end nothing is left', LONG, () =>
    holds({
      name: 'life',
      by: BY,
      runs: 200,
      revisions: 3,
      broken: history => [...note(history), ...lifeOnPaper(history)],
    }),
  );
  test('two never have one thing, and what nobody changed keeps what it has', LONG, () =>
    holds({ name: 'allocations', by: BY, runs: 80, revisions: 4, broken: allocationsOf }),
  );
  test('the order of files changes no byte of ledger and plan', LONG, () => holds({ name: 'bytes', by: BY, runs: 80, revisions: 1, broken: bytesOf }));
  test('a mistake anywhere is told with its place, and never an exception', LONG, () =>
    holds({ name: 'mistakes', by: BY, runs: 150, revisions: 1, broken: mistakesIn }),
  );
  test("a pull request's comment is whole, short enough and harmless", LONG, () =>
    holds({ name: 'comments', by: BY, runs: 40, revisions: 2, broken: commentsOn }),
  );
});

/** Places that no valid definition of these tests has, and why. */
const NEVER: Readonly<Record<string, string>> = {
  'Cluster spec.namespaceDefaults.mainNetwork.vxid': 'it would be that of several networks',
};

describe('every place of every schema', () => {
  beforeAll(async () => {
    if (met.size === 0) await holds({ name: 'places', by: BY, runs: 200, revisions: 3, broken: note });
  });
  test.each(KINDS)('of %s is met by valid definitions', kind => {
    const missing = pathsOf(KIND_SCHEMAS[kind], KIND_SCHEMAS[kind]).filter(path => !met.has(`${kind} ${path}`));
    expect(missing).toEqual(Object.keys(NEVER).flatMap(key => (key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : [])));
  });
});
