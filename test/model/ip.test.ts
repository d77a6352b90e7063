import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalIp,
  compareIps,
  contains,
  hostBitsSet,
  ipFamily,
  ipFromBigInt,
  ipToBigInt,
  netmask,
  nthAddress,
  overlaps,
  parseCidr,
  parseIp,
} from '../../src/model/ip.ts';

describe('addresses', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // RFC 5952, 4.2.3: the first of equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // 4.2.2: one group is not shortened
    ['::', '::'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is written %s', (text, canonical) => expect(canonicalIp(text)).toBe(canonical));

  test.each(['010.1.1.1', '1.2.3', '0x7f.1', '1.2.3.4.5', '256.1.1.1', '', ' 10.0.0.1', '10.0.0.1/24', 'fe80::1%eth0', '1::2::3', '12345::', 'localhost'])(
    '%j is no address',
    text => {
      expect(parseIp(text)).toBeNull();
      expect(ipFamily(text)).toBeNull();
    },
  );

  test('every number has one spelling, and the spelling gives the number back', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), value => ipToBigInt(ipFromBigInt(value, 6)) === value));
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }), value => ipToBigInt(ipFromBigInt(value, 4)) === value));
    fc.assert(fc.property(fc.ipV6(), text => canonicalIp(canonicalIp(text) ?? '') === canonicalIp(text)));
  });

  test('are sorted as numbers, IPv4 first', () => {
    expect(['10.0.0.10', '2001:db8::1', '10.0.0.9', '::1', '9.255.0.0'].sort(compareIps)).toEqual(['9.255.0.0', '10.0.0.9', '10.0.0.10', '::1', '2001:db8::1']);
  });
});

describe('prefixes', () => {
  test('10.0.0.5/24 has its network, last address and corrected form', () => {
    const cidr = parseCidr('10.0.0.5/24');
    expect(cidr).toMatchObject({ family: 4, prefix: 24, text: '10.0.0.0/24', address: '10.0.0.5', network: '10.0.0.0', broadcast: '10.0.0.255' });
    expect(hostBitsSet('10.0.0.5/24')).toBe(true);
    expect(hostBitsSet('10.0.0.0/24')).toBe(false);
  });

  test.each([
    ['0.0.0.0/0', '255.255.255.255'],
    ['10.0.0.4/30', '10.0.0.7'],
    ['10.0.0.4/31', null],
    ['10.0.0.4/32', null],
    ['2001:db8::/64', null],
  ])('%s has the broadcast address %s', (text, broadcast) => expect(parseCidr(text)?.broadcast).toBe(broadcast));

  test.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/024', '10.0.0.0/', '/24', '10.0.0.0/-1', '2001:db8::/129', '10.0.0.0/24/24', '10.0/16'])(
    '%j is no prefix',
    text => expect(parseCidr(text)).toBeNull(),
  );

  test('contain their first and last address and no neighbour of these', () => {
    const inside = (ip: string): boolean => contains('10.0.0.128/25', ip);
    expect(['10.0.0.127', '10.0.0.128', '10.0.0.255', '10.0.1.0', '::1', 'x'].map(inside)).toEqual([false, true, true, false, false, false]);
  });

  test.each([
    ['10.0.0.0/24', '10.0.0.128/25', true],
    ['10.0.0.0/25', '10.0.0.128/25', false],
    ['10.0.0.0/8', '2001:db8::/32', false],
    ['0.0.0.0/0', '192.0.2.1/32', true],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });

  test('number their addresses from the network on', () => {
    expect(nthAddress('10.0.0.0/24', 1)).toBe('10.0.0.1');
    expect(nthAddress('2001:db8::/64', 1)).toBe('2001:db8::1');
    expect(() => nthAddress('10.0.0.0/24', 256)).toThrow('bug');
  });

  test.each([
    [0, '0.0.0.0'],
    [8, '255.0.0.0'],
    [29, '255.255.255.248'],
    [32, '255.255.255.255'],
  ])('/%i has the mask %s', (prefix, mask) => expect(netmask(prefix)).toBe(mask));
});
