import { type AllocateArgs, type Allocation, allocate } from '../../src/allocate/allocate.ts';
import type { AddressEntry, InterfaceEntry, Ledger, NetworkEntry } from '../../src/model/ledger.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import type { Ask, InterfaceAsk, NetworkAsk } from '../../src/objects/object.ts';

export const T0 = '2026-11-21T10:00:00Z';
export const QUARANTINE_S = 300;
export const MEMORY_S = 30 * 86_400;

export const CLUSTER: AllocateArgs['cluster'] = {
  id: 'lab',
  vxids: { first: 1, last: 0xffffff },
  macPrefix: '02:00:00',
  quarantineMs: QUARANTINE_S * 1000,
  memoryMs: MEMORY_S * 1000,
};

/** The instant so many seconds after T0. */
export function after(seconds: number): string {
  return `${new Date(Date.parse(T0) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function net(name: string, more: { cidr?: string; vxid?: number; from?: string } = { cidr: '10.0.0.0/24' }): NetworkAsk {
  return { for: 'network', key: `default/${name}`, namespace: 'default', name, from: `networks/${name}.yaml:1`, ...more };
}

export function guest(name: string, network = 'demo', more: { node?: string; address?: string; mac?: string; from?: string } = {}): InterfaceAsk {
  return {
    for: 'interface',
    key: `default/${name}`,
    namespace: 'default',
    name,
    network: `default/${network}`,
    address: 'auto',
    node: 'n1',
    from: `guests.yaml:${name.length}`,
    ...more,
  };
}

export function give(asks: readonly Ask[], ledger: Ledger = EMPTY_LEDGER, seconds = 0, more: Partial<AllocateArgs> = {}): Allocation {
  return allocate({ asks, ledger, now: after(seconds), cluster: CLUSTER, ...more });
}

export function network(ledger: Ledger, name = 'demo'): NetworkEntry {
  const found = ledger.networks[`default/${name}`];
  if (found === undefined) throw new Error(`no entry of default/${name}`);
  return found;
}

export function iface(ledger: Ledger, name: string, at = 'demo'): InterfaceEntry {
  const found = network(ledger, at).interfaces[`default/${name}`];
  if (found === undefined) throw new Error(`no entry of default/${name} in default/${at}`);
  return found;
}

export function addressEntry(ledger: Ledger, address: string, at = 'demo'): AddressEntry | undefined {
  return network(ledger, at).addresses.find(entry => entry.address === address);
}

/** What a ledger says about identities, without instants and places. */
export function identities(ledger: Ledger): unknown {
  return Object.entries(ledger.networks).flatMap(([key, entry]) =>
    entry.removed === undefined
      ? [
          [
            key,
            entry.uuid,
            entry.vxid,
            entry.router,
            Object.entries(entry.interfaces).flatMap(([id, i]) => (i.removed === undefined ? [[id, i.uuid, i.mac, i.address]] : [])),
          ],
        ]
      : [],
  );
}

/** Values that two live holders share, or that are listed twice: must be empty. */
export function doubles(ledger: Ledger): readonly string[] {
  const live = Object.entries(ledger.networks).filter(([, entry]) => entry.removed === undefined);
  const held = live.flatMap(([key, entry]) => [
    `vxid ${entry.vxid}`,
    `uuid ${entry.uuid}`,
    `address ${key} ${entry.router?.address ?? 'none'}`,
    ...heldIn(key, entry),
  ]);
  const listed = Object.entries(ledger.networks).flatMap(([key, entry]) => entry.addresses.map(({ address }) => `${key} lists ${address}`));
  return [...repeated(held), ...repeated(listed), ...live.flatMap(([key, entry]) => unlisted(key, entry))];
}

function liveIn(entry: NetworkEntry): readonly (readonly [string, InterfaceEntry])[] {
  return Object.entries(entry.interfaces).filter(([, found]) => found.removed === undefined);
}

function heldIn(key: string, entry: NetworkEntry): readonly string[] {
  return liveIn(entry).flatMap(([id, { mac, uuid, address }]) => [
    `interface ${id}`,
    `mac ${mac}`,
    `uuid ${uuid}`,
    `tap ${uuid.slice(0, 8)}`,
    ...(address === undefined ? [] : [`address ${key} ${address}`]),
  ]);
}

function unlisted(key: string, entry: NetworkEntry): readonly string[] {
  const users = new Map(entry.addresses.map(({ address, user }) => [address, user]));
  return liveIn(entry).flatMap(([id, { uuid, address }]) =>
    address === undefined || users.get(address) === `Interface ${uuid} ${id}` ? [] : [`${key} does not list ${address} of ${id}`],
  );
}

function repeated(all: readonly string[]): readonly string[] {
  return all.filter((one, at) => all.indexOf(one) !== at);
}
