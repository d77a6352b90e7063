import { expect, test } from 'vitest';
import { addressesOf } from '../../src/host/lookup.ts';

test('an address is its own, also in brackets, and a name is what the system has for it', async () => {
  expect(await addressesOf('192.0.2.7', 1)).toEqual(['192.0.2.7']);
  expect(await addressesOf('[2001:DB8::1]', 1)).toEqual(['2001:db8::1']);
  expect(await addressesOf('localhost', 30_000)).toContain('127.0.0.1');
});

test('a name that nobody knows, or that nobody tells of in time, has none', async () => {
  expect(await addressesOf('nobody.invalid', 50)).toEqual([]);
});
