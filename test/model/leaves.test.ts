import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../src/model/duration.ts';
import { canonicalMac, isLocal, isReservedMac, isUnicast } from '../../src/model/mac.ts';
import { harmless, nearest, orList, shown } from '../../src/model/text.ts';
import { hex, isVxid, parseVxid } from '../../src/model/vxid.ts';

describe('MACs', () => {
  test.each([
    ['02:00:00:AB:CD:EF', '02:00:00:ab:cd:ef'],
    ['02-00-00-ab-cd-ef', '02:00:00:ab:cd:ef'],
    ['02:00:00-ab-cd-ef', null],
    ['0200.00ab.cdef', null],
    ['02:00:00:ab:cd', null],
    ['2:0:0:a:c:e', null],
    ['02:00:00:ab:cd:ef:01', null],
  ])('%s is written %s', (text, mac) => expect(canonicalMac(text)).toBe(mac));

  test('multicast and vendor bits are told apart', () => {
    expect([isUnicast('01:00:5e:00:00:01'), isUnicast('02:00:00:00:00:01'), isLocal('52:54:00:00:00:01'), isLocal('00:16:3e:00:00:01')]).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('ours are reserved, guests have the rest', () => {
    expect(['02:01:00:00:00:01', '02:04:00:00:00:01', 'fe:00:00:00:00:01', '02:00:00:00:00:01', '02:05:00:00:00:01'].map(isReservedMac)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('vxids', () => {
  test.each([
    [14823439, 14823439],
    ['0xe2300f', 14823439],
    ['0xE2300F', 14823439],
    ['14823439', 14823439],
    [1.5, null],
    ['e2300f', null],
    ['0x', null],
    ['', null],
  ])('%j reads as %j', (text, vxid) => expect(parseVxid(text)).toBe(vxid));

  test('have 24 bits and are never 0', () => expect([0, 1, 0xffffff, 0x1000000, 1.5].map(isVxid)).toEqual([false, true, true, false, false]));

  test('in hexadecimal have no padding', () => expect([hex(2), hex(14823439)]).toEqual(['2', 'e2300f']));
});

describe('durations', () => {
  test.each([
    ['300s', 300_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    ['0s', 0],
    ['300', null],
    ['1.5h', null],
    ['-1s', null],
    ['5w', null],
    ['1000000s', null],
  ])('%s is %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));
});

describe('text for people', () => {
  test('cannot colour, move or forge a line', () => {
    expect(harmless('a\x1b[31mred\nb\u202e\u2028\x9b')).toBe('a\\u{1b}[31mred\\u{a}b\\u{202e}\\u{2028}\\u{9b}');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(harmless(text))));
  });

  test('keeps umlauts and emoji', () => expect(harmless('Zürich 🚀')).toBe('Zürich 🚀'));

  test('values are quoted and long ones cut', () => {
    expect(shown('a"b')).toBe('"a\\"b"');
    expect(shown('x'.repeat(500))).toHaveLength(80);
    expect(shown(undefined)).toBe('undefined');
  });

  test('lists read as people write them', () => expect([orList(['a']), orList(['a', 'b']), orList(['a', 'b', 'c'])]).toEqual(['a', 'a or b', 'a, b or c']));

  test.each([
    ['mtuu', ['cidr', 'mtu', 'vxid'], 'mtu'],
    ['Interfce', ['Interface', 'Network'], 'Interface'],
    ['ndoe', ['node', 'note'], 'node'],
    ['adress', ['address', 'attach'], 'address'],
    ['completely', ['cidr', 'mtu'], null],
    ['n9', ['n1', 'n2'], null],
    ['webb', ['web'], 'web'],
    ['cidr', [], null],
  ])('%s most likely means one of %j: %s', (word, candidates, meant) => expect(nearest(word, candidates)).toBe(meant));
});
