import { describe, expect, test } from 'vitest';
import { kindsCalled, parseKind, pluralWord, REF_KINDS } from '../../src/report/kind-words.ts';

describe('what kinds are called', () => {
  test.each([
    ['net', 'Network'],
    ['netw', 'Network'],
    ['ne', 'Network'],
    ['Networks', 'Network'],
    ['if', 'Interface'],
    ['i', 'Interface'],
    ['interf', 'Interface'],
    ['no', 'Node'],
    ['nod', 'Node'],
    ['ns', 'Namespace'],
    ['na', 'Namespace'],
    ['fip', 'FloatingIP'],
    ['fips', 'FloatingIP'],
    ['f', 'FloatingIP'],
    ['rip', 'RoutedIP'],
    ['routed', 'RoutedIP'],
    ['p', 'AddressPool'],
    ['addressp', 'AddressPool'],
  ])('%s', (word, kind) => expect(kindsCalled(word)).toEqual([kind]));

  test('a start that several have means none, and says which', () => {
    expect(kindsCalled('n')).toEqual(['Node', 'Namespace', 'Network']);
  });

  test('nonsense, nothing, and a word that only ends well, are none', () => {
    for (const word of ['', 'x', 'works', 'networkss', 'constructor']) expect(kindsCalled(word)).toEqual([]);
  });

  test('a start is no whole word', () => {
    expect(['netw', 'n', 'address', ''].map(parseKind)).toEqual([null, null, null, null]);
  });

  test('every kind is known by the word that messages use', () => {
    for (const kind of REF_KINDS) expect(parseKind(pluralWord(kind))).toBe(kind);
  });
});
