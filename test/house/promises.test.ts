/** The table of promises in DESIGN.md: each of them is there, and so is each test that it names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { titlesIn } from '../../.ci/mutant-list.mjs';
import { ROOT } from './tree.ts';

/** Rows `| G1 | promise | proof |`, and those of faults (F16). */
const all = [...readFileSync(join(ROOT, 'DESIGN.md'), 'utf8').matchAll(/^\| ([GF])(\d+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, kind = '', number, , proof = '']) => ({ kind, number: Number(number), proof }),
);
const rows = all.filter(({ kind }) => kind === 'G');

test('every promise has a row, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
});

test.each(all.map(({ kind, number, proof }) => [`${kind}${number}`, proof] as const))('%s is proven by tests that are there, or says why not', (_, proof) => {
  if (/^not (yet|ours): \S/.test(proof)) return;
  const named = proof.split(' · ').map(each => /^`(test\/[^`]+\.test\.ts)`(?: (.+))?$/.exec(each));
  for (const found of named) {
    expect(found, proof).not.toBeNull();
    const [, path = '', title] = found ?? [];
    const text = readFileSync(join(ROOT, path), 'utf8');
    if (title !== undefined) expect(titlesIn(text), path).toContain(title);
  }
});
