import { expect, test } from 'vitest';
import { changesOf } from '../../src/allocate/changes.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { give, guest, iface, net, network } from './world.ts';

const first = give([net('demo', { cidr: '10.0.0.0/24' }), guest('a')]).ledger;

test('what is new is told whole', () => {
  const { vxid, uuid } = network(first);
  const a = iface(first, 'a');
  expect(changesOf(EMPTY_LEDGER, first).map(({ definition, change, message }) => `${change} ${definition}: ${message}`)).toEqual([
    `allocate Network default/demo: vxid ${vxid} (0x${vxid.toString(16)}), uuid ${uuid}, cidr 10.0.0.0/24`,
    `allocate Interface default/a: network default/demo, ${a.node === undefined ? 'unplaced' : `node ${a.node}`}, uuid ${a.uuid}, MAC ${a.mac}, address ${a.address}`,
  ]);
});

test('of what changes only that is told which differs', () => {
  const key = 'default/demo';
  const entry = network(first);
  const changed = (fields: object) => ({ networks: { [key]: { ...entry, interfaces: { 'default/a': { ...iface(first, 'a'), ...fields } } } } });
  const told = (fields: object): readonly string[] => changesOf(changed({ node: 'n1' }), changed({ node: 'n1', ...fields })).map(({ message }) => message);
  expect(told({ node: 'n2' })).toEqual(['node n1 -> n2']);
  expect(told({ node: undefined, address: '10.0.0.9' })).toEqual(['node n1 -> none, address 10.0.0.2 -> 10.0.0.9']);
  const since = '2026-11-21T10:00:00Z';
  expect(told({ migrating: { to: 'n2', since } })).toEqual(['migrating to none -> n2']);
  expect(told({ address: undefined })).toEqual(['address 10.0.0.2 -> none']);
  expect(changesOf(first, { networks: { [key]: { ...entry, cidr: '10.0.0.0/16' } } }).map(({ message }) => message)).toEqual([
    'cidr 10.0.0.0/24 -> 10.0.0.0/16',
  ]);
});
