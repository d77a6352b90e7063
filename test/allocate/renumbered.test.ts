import { expect, test } from 'vitest';
import { renumbered } from '../../src/allocate/renumbered.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import type { Ask } from '../../src/objects/object.ts';
import { give, guest, net } from './world.ts';

const DEMO = net('demo', { cidr: '10.0.0.0/29' });
const asks = [DEMO, guest('web')];
const { ledger } = give(asks);

/** The ledger with the network, or its guest, changed by hand. */
function edited(network: object, web: object = {}): Ledger {
  const entry = ledger.networks['default/demo'];
  const iface = entry?.interfaces['default/web'];
  if (entry === undefined || iface === undefined) throw new Error('bug: nothing was given');
  return { networks: { 'default/demo': { ...entry, ...network, interfaces: { 'default/web': { ...iface, ...web } } } } };
}

const told = (published: Ledger, asked: readonly Ask[] = asks): readonly string[] => renumbered(published, ledger, asked).map(({ message }) => message);

test('another number of what lives is told, unless its definition asks for it', () => {
  expect(told(ledger)).toEqual([]);
  expect(told(edited({ vxid: 4711 }))).toEqual([`Network default/demo: vxid 4711 instead of ${ledger.networks['default/demo']?.vxid}`]);
  expect(told(edited({ vxid: 4711 }), [net('demo', { cidr: '10.0.0.0/29', vxid: 4711 }), guest('web')])).toEqual([]);
  expect(told(edited({ uuid: 'other' }))).toHaveLength(1);
  expect(told(edited({}, { mac: '02:00:00:00:00:01' }))).toEqual([expect.stringContaining('Interface default/web: MAC 02:00:00:00:00:01 instead of')]);
  expect(told(edited({}, { mac: '02:00:00:00:00:01' }), [DEMO, guest('web', 'demo', { mac: '02:00:00:00:00:01' })])).toEqual([]);
  expect(told(edited({}, { address: '10.0.0.5' }))).toEqual(['Interface default/web: address 10.0.0.5 instead of 10.0.0.2']);
  expect(told(edited({}, { address: undefined }))).toEqual(['Interface default/web: address none instead of 10.0.0.2']);
});

test('what netloom itself changes is no edit: another prefix, a pinned address, none at all, a death, another birth', () => {
  expect(told(edited({ cidr: '10.9.0.0/29' }, { address: '10.9.0.2' }))).toEqual([]);
  expect(told(edited({}, { address: '10.0.0.5' }), [DEMO, guest('web', 'demo', { address: '10.0.0.5' })])).toEqual([]);
  expect(told(edited({}, { address: undefined }), [DEMO, guest('web', 'demo', { address: 'none' })])).toEqual([]);
  expect(told(edited({ vxid: 4711, removed: '2026-11-21T11:00:00Z' }))).toEqual([]);
  expect(told(edited({ vxid: 4711, since: '2026-11-21T11:00:00Z' }))).toEqual([]);
  expect(told(edited({}, { node: 'n2' }))).toEqual([]);
});
