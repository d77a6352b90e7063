/**
 * No regular expression of the program, and no `pattern` of a schema, takes more than linear time on any text: made hostile from the
 * expression itself, by what it matches cut somewhere and continued with one word thousands of times.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { filesBelow, ROOT } from './tree.ts';

interface Pattern {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

/** Every value in a tree of values. */
function* within(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const each of Object.values(value)) yield* within(each);
}

function inCode(path: string): readonly Pattern[] {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts' });
  return [...within(parseAst(code))].flatMap(node => {
    const { regex } = node as { readonly regex?: { readonly pattern: string; readonly flags: string } };
    return regex === undefined ? [] : [{ where: relative(ROOT, path), source: regex.pattern, flags: regex.flags.replaceAll(/[gy]/g, '') }];
  });
}

function inSchema(path: string): readonly Pattern[] {
  return [...within(JSON.parse(readFileSync(path, 'utf8')))].flatMap(node => {
    const { pattern } = node as { readonly pattern?: unknown };
    return typeof pattern === 'string' ? [{ where: relative(ROOT, path), source: pattern, flags: 'u' }] : [];
  });
}

const isCode = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.d.ts');
const ALL = [...filesBelow('src').filter(isCode).flatMap(inCode), ...filesBelow('schemas').flatMap(inSchema)];
const PATTERNS = [...new Map(ALL.map(each => [`/${each.source}/${each.flags}`, each]))];

/** Texts that match, or nearly: looking around and word boundaries are left out, what is no letter of any is BEL. */
function matching({ source }: Pattern): readonly string[] {
  const plain = source
    .replaceAll(/\(\?<?[=!](?:\\.|[^()\\])*\)|\\b/g, '')
    .replaceAll('\\0', '\\x00')
    .replaceAll(/\\p\{\w+\}/g, '\\x07');
  try {
    return fc.sample(fc.stringMatching(new RegExp(plain), { size: 'small' }), { numRuns: 2, seed: 7 });
  } catch {
    return [];
  }
}

function words({ source }: Pattern): readonly string[] {
  const said = source.replaceAll(/\\[dwsSbWD]|[\\^$()[\]{}|*+?]/g, '');
  return [...new Set(['a', '0', ' ', '\n', '-', ...said])].slice(0, 14);
}

function* hostile(pattern: Pattern): Generator<(length: number) => string> {
  for (const sample of ['', ...matching(pattern)]) {
    const cuts = new Set([0, 1, Math.floor(sample.length / 2), sample.length - 1, sample.length].filter(cut => cut >= 0 && cut <= sample.length));
    for (const cut of cuts) {
      const [begin, rest] = [sample.slice(0, cut), sample.slice(cut)];
      for (const word of [...words(pattern), sample, rest].filter(Boolean)) yield length => `${begin}${word.repeat(Math.ceil(length / word.length))}\0`;
    }
  }
}

/** CPU time of the quickest of some tries. */
function spentUs(expression: RegExp, text: string, tries: number): number {
  const spent = Array.from({ length: tries }, () => {
    const before = process.cpuUsage();
    expression.test(text);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...spent);
}

/** A text on which four times the length takes far more than four times as long; null where there is none. */
function slowText(pattern: Pattern): string | null {
  const expression = new RegExp(pattern.source, pattern.flags);
  for (const text of hostile(pattern)) {
    // What doubles with every letter would never end on more.
    if (spentUs(expression, text(20), 1) > 2_000 && spentUs(expression, text(20), 3) > 2_000) return text(20);
    if (spentUs(expression, text(2_000), 1) < 100 || spentUs(expression, text(2_000), 3) < 100) continue;
    const [short, long] = [2_000, 8_000].map(length => spentUs(expression, text(length), 5));
    if ((long ?? 0) > 8 * (short ?? 0)) return text(20);
  }
  return null;
}

test('every regular expression and every pattern of a schema takes linear time', () => {
  expect(PATTERNS.length).toBeGreaterThan(200);
  expect(
    PATTERNS.flatMap(([shown, pattern]) => (slowText(pattern) === null ? [] : [`${pattern.where}: ${shown} on ${JSON.stringify(slowText(pattern))}`])),
  ).toEqual([]);
});

test.each(['^(a+)+$', '\\s+$', '^(.*) <(.*)>$', '^([a-z]+-?)+:$'])('one that does not is found: %s', source => {
  expect(slowText({ where: '', source, flags: '' })).not.toBeNull();
});

test('none is made of words that are not in the code', () => {
  const made = filesBelow('src').filter(path => isCode(path) && /\bnew RegExp\(|[^.\w]RegExp\(/.test(readFileSync(path, 'utf8')));
  expect(made.map(path => relative(ROOT, path))).toEqual([]);
});
