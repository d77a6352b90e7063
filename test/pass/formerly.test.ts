import { expect, test } from 'vitest';
import { formerlyOf } from '../../src/pass/report.ts';
import { ledgerOf, SHOP } from '../report/world.ts';

test('what has no definition any more is told under what it was, also inside a namespace', () => {
  const ledger = ledgerOf(SHOP);
  const formerly = formerlyOf(ledger);
  const { uuid = '', interfaces = {} } = ledger.networks['acme/shop'] ?? {};
  const address = ledger.pools?.['edge']?.floating['acme/www']?.address ?? '';
  const pair = `flt-${address
    .split('.')
    .map(part => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
  expect(
    ['link:/vxlan-e2300f', 'link:/veth-e2300f-o', `link:${uuid}/egr-e2300f-i`, `route:${uuid}/254/default`, `netns:${uuid}`, `nft:${uuid}/inet/netloom`].map(
      formerly,
    ),
  ).toEqual(Array(6).fill('Network acme/shop'));
  expect([`link:/${pair}-o`, `link:${uuid}/${pair}-i`, `announce:${uuid}/${pair}-i`].map(formerly)).toEqual(Array(3).fill('FloatingIP acme/www'));
  expect(formerly(`link:/tap-${interfaces['acme/web']?.uuid.slice(0, 8)}`)).toBe('Interface acme/web');
  expect(formerly('link:/eth0')).toBe('');
});
