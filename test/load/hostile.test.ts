/** What a hostile or broken repository holds: nothing of it may end the process, hang it, or be taken for definitions. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFile } from '../../src/load/parse-file.ts';
import { BASE, diagnose, loadFiles } from './diagnose.ts';

const BOMBS: Readonly<Record<string, string>> = {
  brackets: "'['.repeat(900) + ']'.repeat(900)",
  braces: "'{a: '.repeat(900)",
  dashes: "'- '.repeat(1200) + '1'",
  'explicit keys': "'? '.repeat(1200) + '1'",
  'keys of lists': "'- ? '.repeat(800)",
  'indented maps': "Array.from({ length: 1200 }, (_, i) => ' '.repeat(i) + 'a:').join('\\n')",
  'many anchors': "'&a '.repeat(1200)",
  'a hundred thousand brackets': "'['.repeat(100000)",
};

describe('a process that parses two of these before anything else survives, and says where they are', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'netloom-bomb-'));
    buildSync({ entryPoints: ['src/load/parse-file.ts'], bundle: true, platform: 'node', format: 'cjs', outfile: join(dir, 'parse.cjs'), logLevel: 'error' });
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test.each(Object.entries(BOMBS))('%s', (_, bomb) => {
    const code = `
      const { parseFile } = require(${JSON.stringify(join(dir, 'parse.cjs'))});
      const bytes = new TextEncoder().encode(${bomb});
      console.log(JSON.stringify([parseFile('a.yaml', bytes), parseFile('b.yaml', bytes)]));`;
    const { status, signal, stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    const files: { diagnostics: { code: string; at: { line: number } }[] }[] = JSON.parse(stdout);
    for (const { diagnostics } of files) {
      expect(diagnostics).toHaveLength(1);
      expect(diagnostics[0]?.code).toMatch(/^yaml-(nesting|syntax)$/);
      expect(diagnostics[0]?.at.line).toBeGreaterThan(0);
    }
  });
});

describe('nesting', () => {
  const wrapped = (depth: number): string =>
    `apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\nspec: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}\n`;
  test('32 levels are a question of shape, 33 are refused', () => {
    expect(diagnose(wrapped(32))).toEqual(['4:1 error wrong-type']);
    expect(diagnose(wrapped(33))).toEqual(['4:38 error yaml-nesting']);
  });
  test('block lists count as brackets do', () => {
    expect(diagnose(`${'- '.repeat(32)}1`)).toEqual([]);
    expect(diagnose(`${'- '.repeat(33)}1`)).toEqual(['1:65 error yaml-nesting']);
  });
  test('documents before the bomb are read, those after it are not called missing', () => {
    const text = `apiVersion: netloom.dev/v1\nkind: Interface\nmetadata: {name: a}\nspec: {network: later}\n---\n${'['.repeat(99)}\n---\nmetadata:\n  name: later\n`;
    expect(diagnose(text)).toEqual(['6:33 error yaml-nesting']);
  });
});

describe('encodings', () => {
  const text = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\nspec: {mtu: 1400}\n';
  const utf16 = (mark: number[], swap: boolean): Uint8Array => {
    const bytes = Buffer.from(text, 'utf16le');
    return Buffer.concat([Buffer.from(mark), swap ? bytes.swap16() : bytes]);
  };
  test('a byte order mark and CRLF change nothing but are not in the way of positions', () => {
    expect(diagnose(`\ufeff${text.replaceAll('\n', '\r\n')}`)).toEqual([]);
    expect(diagnose(`\ufeff${text.replace('mtu', 'mtuu').replaceAll('\n', '\r\n')}`)).toEqual(['4:8 error unknown-field']);
  });
  test('a CRLF file means the same as an LF file', () => {
    const [crlf, lf] = [text.replaceAll('\n', '\r\n'), text].map(each => parseFile('a.yaml', new TextEncoder().encode(each)).docs);
    expect(crlf).toEqual(lf);
  });
  test.each([
    ['little endian with mark', utf16([0xff, 0xfe], false)],
    ['big endian with mark', utf16([0xfe, 0xff], true)],
    ['little endian', utf16([], false)],
    ['big endian', utf16([], true)],
  ])('UTF-16, %s, is refused', (_, bytes) => expect(diagnose(bytes)).toEqual(['0:0 error not-utf8']));
  test.each([
    ['a stray continuation byte', [0x80]],
    ['a cut character', [0xe2, 0x82]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['Latin-1', [0xfc]],
  ])('%s is not UTF-8, and its place is told', (_, bad) => {
    const bytes = Buffer.concat([Buffer.from(`${text}# Zürich: `), Buffer.from(bad), Buffer.from(' end\n')]);
    expect(diagnose(bytes)).toEqual(['5:11 error not-utf8']);
  });
  test('a cut character at the very end is found too', () =>
    expect(diagnose(Buffer.concat([Buffer.from(text), Buffer.from([0xe2, 0x82])]))).toEqual(['5:1 error not-utf8']));
});

describe('sizes', () => {
  test('a file over 1 MiB is refused unread', () => expect(diagnose('#'.repeat((1 << 20) + 1))).toEqual(['0:0 error file-too-large']));
  test('so is one of which nobody knew the size before', () => {
    const { diagnostics } = parseFile('a.yaml', new TextEncoder().encode('#'.repeat((1 << 20) + 1)));
    expect(diagnostics.map(({ code }) => code)).toEqual(['file-too-large']);
  });
  test('definitions over 20 MiB together are refused', () => {
    const files = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}.yaml`, '#'.repeat(1 << 20)]));
    expect(loadFiles({ ...files, 'base.yaml': BASE }).diagnostics.map(({ code }) => code)).toEqual(['repository-too-large']);
  });
  test.each([
    ['keys', (n: number) => `k${n}: 1\n`],
    ['equal keys', () => 'k: 1\n'],
    ['anchors', (n: number) => `- &a${n} x\n`],
    ['tags', () => '- !t x\n'],
    ['documents', () => '--- 1\n'],
    ['unknown fields', (n: number) => `spec${n}: {}\n`],
  ])('a file of %s is read in time that grows with it only linearly', (_, line) => {
    let text = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\n';
    for (let n = 0; text.length < 400_000; n++) text += line(n);
    const { diagnostics } = parseFile('a.yaml', new TextEncoder().encode(text));
    expect(diagnostics.length).toBeLessThanOrEqual(1000);
  });
  test('aliases that double at each level do not grow', () => {
    const levels = Array.from({ length: 14 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`).join('\n');
    expect(diagnose(`apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\nl0: &l0 [x]\n${levels}\n`)).toContain('4:1 error unknown-field');
  });
});

describe('aliases', () => {
  test('of what they stand in are refused', () => {
    const text = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a, labels: &l {x: *l}}\nspec: {mtu: 1400}\n';
    expect(diagnose(text)).toEqual(['3:36 error yaml-aliases']);
  });
  test('of nothing are refused', () => expect(diagnose('a: *x\napiVersion: netloom.dev/v1\n')).toContain('1:4 error yaml-aliases'));
});

test('labels may be called as the methods of objects are', () => {
  const text = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a, labels: {toString: x, hasOwnProperty: y}}\nspec: {mtu: 1400, toString: 1}\n';
  expect(diagnose(text)).toEqual(['4:19 error unknown-field']);
});

describe('labels and annotations', () => {
  const document = (labels: string): string =>
    `apiVersion: netloom.dev/v1\nkind: Network\nmetadata:\n  name: a\n  labels:\n    ${labels}\n  annotations: {__proto__: z}\nspec: {mtu: 1400}\n`;
  const read = (labels: string) => parseFile('a.yaml', new TextEncoder().encode(document(labels)));

  test('may have keys that mean something to the language: they are texts, and reach no other object', () => {
    const { docs, diagnostics } = read('{__proto__: "1", constructor: x, prototype: y}');
    expect(diagnostics).toEqual([]);
    const [one] = JSON.parse(JSON.stringify(docs)) as typeof docs;
    expect(Object.entries(one?.labels ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', 'x'],
      ['prototype', 'y'],
    ]);
    expect(Object.entries(one?.annotations ?? {})).toEqual([['__proto__', 'z']]);
    expect(Object.getPrototypeOf(one?.labels ?? null)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });
  test('with such a key are refused in the usual words where the value is no text', () => {
    expect(read('{__proto__: {polluted: true}}').diagnostics.map(each => each.message)).toEqual([
      'metadata.labels.__proto__ must be text of at most 4096 characters, is a mapping',
    ]);
    expect(read('{constructor: 5}').diagnostics.map(each => each.message)).toEqual([
      'metadata.labels.constructor must be text of at most 4096 characters, is 5',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
  test('have keys of at most 253 bytes, not characters', () => {
    const keys = (key: string) => read(`{${JSON.stringify(key)}: x}`).diagnostics.map(({ code, hint }) => `${code}: ${hint}`);
    expect([keys('k'.repeat(253)), keys(`${'ä'.repeat(126)}k`), keys('a=b c\n\u0007: #"')]).toEqual([[], [], []]);
    const long = ['wrong-value: use at most 253 bytes (UTF-8)'];
    expect([keys('k'.repeat(254)), keys('ä'.repeat(127)), keys('\u{1f600}'.repeat(64))]).toEqual([long, long, long]);
  });
});

test('YAML 1.2 means YAML 1.2: yes, 010 and 12:34:56 are what they look like', () => {
  const text = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a, annotations: {a: yes, b: 12:34:56, c: 2026-11-21, d: off}}\nspec: {mtu: 1400}\n';
  expect(parseFile('a.yaml', new TextEncoder().encode(text)).docs[0]?.annotations).toEqual({ a: 'yes', b: '12:34:56', c: '2026-11-21', d: 'off' });
});

describe('whatever the bytes are, parsing never throws and gives plain JSON', () => {
  const sound = (bytes: Uint8Array): boolean => {
    const parsed = parseFile('a.yaml', bytes);
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
    return parsed.diagnostics.every(({ at, message }) => at.file === 'a.yaml' && at.line >= 0 && message.length > 0);
  };
  test('random bytes', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), sound)));
  test('random YAML', () => {
    const piece = fc.constantFrom(
      '- ',
      '? ',
      ': ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '\n',
      '  ',
      '&a ',
      '*a ',
      '!t ',
      '|\n ',
      '"',
      "'",
      '#',
      '---\n',
      '%Y\n',
      '\t',
      'a',
      '1',
      '~',
      '<<',
      'kind',
      '\u0000',
      '\r',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), pieces => sound(new TextEncoder().encode(pieces.join('')))),
      { numRuns: 500 },
    );
  });
  test('good definitions with a piece replaced', () => {
    const good = new TextEncoder().encode(BASE);
    const edit = fc.tuple(fc.nat(good.length), fc.nat(20), fc.string({ maxLength: 12 }));
    fc.assert(
      fc.property(edit, ([from, length, text]) => sound(Buffer.concat([good.subarray(0, from), Buffer.from(text), good.subarray(from + length)]))),
      { numRuns: 300 },
    );
  });
});
