import { expect, test } from 'vitest';
import { parseFile } from '../../src/load/parse-file.ts';

const NODE = 'apiVersion: netloom.dev/v1\nkind: Node\nmetadata: { name: n1 }\nspec: { underlay: { address: 192.0.2.1 } }\n';
const told = (text: string) => parseFile('n1.yaml', new TextEncoder().encode(text));

test.each([
  ['# -----BEGIN OPENSSH PRIVATE KEY-----', 'a private key'],
  ['# -----BEGIN PRIVATE KEY-----', 'a private key'],
  [`# token ghp_${'a1B2'.repeat(9)}`, 'an access token'],
  [`# glpat-${'x'.repeat(20)}`, 'an access token'],
  [`# AGE-SECRET-KEY-1${'Q'.repeat(40)}`, 'a key of age'],
])('%s in a file is a warning with its place, and the definition counts', (line, what) => {
  const { docs, diagnostics } = told(`${NODE}${line}\n`);
  expect(diagnostics).toEqual([
    {
      code: 'secret',
      severity: 'warning',
      message: `this looks like ${what}`,
      at: { file: 'n1.yaml', line: 5, col: expect.any(Number) },
      hint: expect.any(String),
    },
  ]);
  expect(docs).toHaveLength(1);
  const [secret = ''] = line.split(' ').slice(-1);
  expect(JSON.stringify(diagnostics)).not.toContain(secret);
});

test('what only speaks of keys is none', () => {
  expect(told(`${NODE}# -----BEGIN PGP PUBLIC KEY BLOCK-----, ghp_short, the private key of ada, AKIA\n`).diagnostics).toEqual([]);
});
