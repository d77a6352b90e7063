import { type AllocateArgs, type Allocation, allocate } from '../../src/allocate/allocate.ts';
import type { AddressEntry, InterfaceEntry, Ledger, NetworkEntry, PoolEntry } from '../../src/model/ledger.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import type { Ask, HolderAsk, InterfaceAsk, NetworkAsk, PoolAsk } from '../../src/objects/object.ts';

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

type NetMore = Partial<Pick<NetworkAsk, 'cidr' | 'vxid' | 'from' | 'gateway' | 'reserved'>>;

export function net(name: string, more: NetMore = { cidr: '10.0.0.0/24' }): NetworkAsk {
  return { for: 'network', key: `default/${name}`, namespace: 'default', name, from: `networks/${name}.yaml:1`, ...more };
}

export function guest(
  name: string,
  network = 'demo',
  more: { node?: string; migrateTo?: string; address?: string; mac?: string; from?: string } = {},
): InterfaceAsk {
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

/** A network with NAT through the pool `edge`, and these nodes to choose from. */
export function natted(name: string, candidates: readonly string[] = ['n1', 'n2'], pin?: string): NetworkAsk {
  return net(name, { cidr: '10.0.0.0/24', gateway: { candidates, pool: 'edge', ...(pin === undefined ? {} : { pin }) } });
}

export function pool(name = 'edge', more: Partial<Pick<PoolAsk, 'cidr' | 'gateway' | 'reserved'>> = {}): PoolAsk {
  return { for: 'pool', key: name, cidr: '192.0.2.0/24', gateway: '192.0.2.1', reserved: [], from: `pools/${name}.yaml:1`, ...more };
}

/** A FloatingIP or RoutedIP. */
export function holder(kind: HolderAsk['for'], name: string, more: { pool?: string; address?: string } = {}): HolderAsk {
  return { for: kind, key: `default/${name}`, namespace: 'default', name, pool: 'edge', from: `${kind}.yaml:${name.length}`, ...more };
}

export function give(asks: readonly Ask[], ledger: Ledger = EMPTY_LEDGER, seconds = 0, more: Partial<AllocateArgs> = {}): Allocation {
  return allocate({ asks, ledger, now: after(seconds), cluster: CLUSTER, ...more });
}

export function network(ledger: Ledger, name = 'demo'): NetworkEntry {
  const found = ledger.networks[`default/${name}`];
  if (found === undefined) throw new Error(`no entry of default/${name}`);
  return found;
}

export function poolEntry(ledger: Ledger, name = 'edge'): PoolEntry {
  const found = ledger.pools?.[name];
  if (found === undefined) throw new Error(`no entry of ${name}`);
  return found;
}

/** `<address> <type> <user without its uuid>` of a pool's list, but for the pool's own. */
export function poolList(ledger: Ledger, name = 'edge'): readonly string[] {
  const told = poolEntry(ledger, name).addresses.map(({ address, type, user }) => `${address} ${type} ${user.replace(/ [0-9a-f-]{36} /, ' ')}`.trim());
  return told.filter(line => !/ (network|broadcast|gateway)$/.test(line));
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
  return [...networkIdentities(ledger), ...poolIdentities(ledger)];
}

function poolIdentities(ledger: Ledger): readonly unknown[] {
  return Object.entries(ledger.pools ?? {}).flatMap(([name, entry]) =>
    entry.removed === undefined ? [[name, liveHolders(entry).map(([key, { address }]) => [key, address])]] : [],
  );
}

function liveHolders({ floating, routed }: PoolEntry) {
  const all = [
    ...Object.entries(floating).map(([key, each]) => [`FloatingIP ${key}`, each] as const),
    ...Object.entries(routed).map(([key, each]) => [`RoutedIP ${key}`, each] as const),
  ];
  return all.filter(([, { removed }]) => removed === undefined);
}

function networkIdentities(ledger: Ledger): readonly unknown[] {
  return Object.entries(ledger.networks).flatMap(([key, entry]) =>
    entry.removed === undefined
      ? [
          [
            key,
            entry.uuid,
            entry.vxid,
            entry.router,
            entry.gateway?.node,
            entry.floatingGateway,
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
  return [...repeated(held), ...repeated(listed), ...live.flatMap(([key, entry]) => unlisted(key, entry)), ...pooledDoubles(ledger)];
}

/** Addresses of pools that two have, that are listed twice, or of which the list does not say who has them. */
function pooledDoubles(ledger: Ledger): readonly string[] {
  const gateways = Object.entries(ledger.networks).flatMap(([key, { floatingGateway: has, removed, uuid }]) =>
    has === undefined || removed !== undefined ? [] : [{ pool: has.pool, address: has.address, as: `gateway Network ${uuid} ${key}` }],
  );
  const holders = Object.entries(ledger.pools ?? {}).flatMap(([name, entry]) =>
    liveHolders(entry).map(([id, { address }]) => ({ pool: name, address, as: `${id.startsWith('FloatingIP') ? 'floating' : 'routed'} ${id}` })),
  );
  const all = [...gateways, ...holders];
  const listed = Object.entries(ledger.pools ?? {}).flatMap(([name, entry]) => entry.addresses.map(each => ({ ...each, pool: name })));
  const missing = all.filter(has => !listed.some(each => each.pool === has.pool && each.address === has.address && `${each.type} ${each.user}` === has.as));
  const held = listed.filter(({ type, user }) => type === 'floating' || type === 'routed' || (type === 'gateway' && user !== ''));
  const stray = held.filter(each => !all.some(has => has.pool === each.pool && has.address === each.address));
  return [
    ...repeated(all.map(({ pool: name, address }) => `pool ${name} ${address}`)),
    ...repeated(holders.map(({ as }) => as)),
    ...repeated(listed.map(({ pool: name, address }) => `pool ${name} lists ${address}`)),
    ...missing.map(has => `pool ${has.pool} does not list ${has.address} of ${has.as}`),
    ...stray.map(each => `pool ${each.pool} lists ${each.address} of nobody`),
  ];
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
