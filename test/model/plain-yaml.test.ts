import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type PlainDocument, parsePlainYaml, printPlainYaml } from '../../src/model/plain-yaml.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'yes',
    'no',
    'null',
    'e0',
    'E-5',
    '~',
    '0x10',
    '1e3',
    '2026-11-21',
    '02:02:02:02:02:02',
    '- a',
    '#',
    ': ',
    '',
    ' ',
    '\u0085',
    '\u2028',
    '\ufeff',
  ),
);
const key = fc.oneof(text, fc.constantFrom('default/web', '__proto__', 'a.b', 'on')).filter(name => name !== '__proto__');
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const deep = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(key, scalar, { maxKeys: 3 }));
const document = fc.dictionary(key, fc.oneof(scalar, fc.array(deep, { maxLength: 4 }), fc.dictionary(key, deep, { maxKeys: 4 })), { maxKeys: 6 });

function read(source: string): PlainDocument | string {
  const result = parsePlainYaml(source);
  return 'value' in result ? JSON.parse(JSON.stringify(result.value)) : `${result.error.line}: ${result.error.message}`;
}

describe('the YAML that netloom writes', () => {
  test('is read back as it was', () => {
    fc.assert(
      fc.property(document, value => {
        expect(read(printPlainYaml(value, 'two\nlines'))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  test('is the same to a full YAML reader, of 1.1 and 1.2', () => {
    fc.assert(
      fc.property(document, value => {
        const printed = printPlainYaml(value, 'heading');
        for (const version of ['1.1', '1.2'] as const) expect(parse(printed, { version }) ?? {}).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('no input makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', ':', ' ', '-', '\n', '"', '{', '}', '[', '1') })),
        source => void parsePlainYaml(source),
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['a: 1\na: 2', '2: "a" is there twice'],
    ['a:\n  b: 1\n  b: 2', '3: "b" is there twice'],
    ['a:\n  b: 1\n  - 2', '3: this is no list element that netloom writes'],
    ['a:\n  - 1\n  b: 2', '3: this is no map element that netloom writes'],
    ['a: 1\n  b: 2', '2: this is no map element that netloom writes'],
    ['  b: 2', '1: this is no map element that netloom writes'],
    ['a: *anchor', '1: the value of "a" is none that netloom writes'],
    ['a: {b: 1}', '1: the value of "a" is none that netloom writes'],
    ['%YAML 1.2', '1: this is no line that netloom writes'],
    ['a: 1\n=======\n', '2: a merge conflict was committed'],
    ['a: yes', '1: the value of "a" is none that netloom writes'],
  ])('%j is refused with its line', (source, expected) => expect(read(source)).toBe(expected));

  test('a key cannot reach a prototype', () => {
    const result = parsePlainYaml('"__proto__":\n  polluted: true\n');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect('value' in result && Object.getPrototypeOf(result.value)).toBeNull();
  });
});
