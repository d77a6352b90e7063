/** The table of promises in DESIGN.md: each of them is there, and so is each test that it names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { titlesIn } from '../../.ci/mutant-list.mjs';
import { ROOT } from './tree.ts';

/** Rows `| G1 | promise | proof |`. */
const rows = [...readFileSync(join(ROOT, 'DESIGN.md'), 'utf8').matchAll(/^\| G(\d+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, number, , proof = '']) => ({
  number: Number(number),
  proof,
}));

test('every promise has a row, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
});

test.each(rows.map(({ number, proof }) => [`G${number}`, proof] as const))('%s is proven by tests that are there, or says why not', (_, proof) => {
  if (/^not (yet|ours): \S/.test(proof)) return;
  const named = proof.split(' · ').map(each => /^`(test\/[^`]+\.test\.ts)`(?: (.+))?$/.exec(each));
  for (const found of named) {
    expect(found, proof).not.toBeNull();
    const [, path = '', title] = found ?? [];
    const text = readFileSync(join(ROOT, path), 'utf8');
    if (title !== undefined) expect(titlesIn(text), path).toContain(title);
  }
});
