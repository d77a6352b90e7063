/** The addresses of pools: floating gateways of networks, FloatingIPs and RoutedIPs, and the entries that hold them. */
import { type Cidr, contains, parseCidr } from '../model/ip.ts';
import type { AddressEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import type { HolderAsk, PoolAsk } from '../objects/object.ts';
import { networkUser, ownAddresses } from './addresses.ts';
import type { Context } from './context.ts';
import type { NetworkIdentity } from './identities.ts';
import { type Claim, listSpace, releaseSpace, type Space, shareSpace } from './space.ts';

/** What pools give out. */
export interface DecidedPools {
  /** By name; those that went away as tombstones. */
  readonly entries: ReadonlyMap<string, PoolEntry>;
  /** Floating gateway by network key; none for a network without NAT, or that gets none (pending). */
  readonly gateways: ReadonlyMap<string, { readonly pool: string; readonly address: string }>;
}

export type HolderKind = HolderAsk['for'];

/** The kind of definition behind an ask for an address of a pool. */
export const HOLDERS = { floating: 'FloatingIP', routed: 'RoutedIP' } as const satisfies Record<HolderKind, string>;

/** Shares out every pool to networks and holders of addresses. Who asks for a pool that is not there waits for it. */
export function decidePools(
  asks: readonly PoolAsk[],
  holders: readonly HolderAsk[],
  networks: ReadonlyMap<string, NetworkIdentity>,
  ctx: Context,
): DecidedPools {
  const claims = claimsOf(new Set(asks.map(ask => ask.key)), holders, networks, ctx);
  const gateways = new Map<string, { pool: string; address: string }>();
  for (const { ask, before } of networks.values()) {
    const kept = before?.removed === undefined ? before?.floatingGateway : undefined;
    // What an entry that cannot be read has given out stays with who lives with it.
    if (ask.gateway?.pool !== undefined && !claims.has(ask.gateway.pool) && kept?.pool === ask.gateway.pool) gateways.set(ask.key, kept);
  }
  const shared = asks.map(ask => sharedPool(ask, claims.get(ask.key) ?? [], ctx));
  for (const { ask, given } of shared) {
    for (const [definition, address] of given) {
      if (definition.startsWith('Network ')) gateways.set(definition.slice('Network '.length), { pool: ask.key, address });
    }
  }
  const seated = new Set(shared.flatMap(({ given }) => [...given.keys()]));
  const live = new Map(shared.map(each => [each.ask.key, each]));
  const names = [...new Set([...ctx.before.pools.keys(), ...live.keys()])].sort();
  const entries = names.flatMap((name): (readonly [string, PoolEntry])[] => {
    const before = ctx.before.pools.get(name);
    const here = live.get(name);
    if (here !== undefined) return [[name, liveEntry(here, before, seated, ctx)]];
    return before === undefined ? [] : [[name, buriedEntry(before, seated, ctx)]];
  });
  return { entries: new Map(entries), gateways };
}

/** The addresses of a pool that is there. */
function poolSpace(ask: PoolAsk, before: PoolEntry | undefined): Space {
  const cidr = parseCidr(ask.cidr);
  const definition = `AddressPool ${ask.key}`;
  const router = { type: 'gateway', user: '', comment: ask.from } as const;
  return {
    definition,
    cidr,
    own: cidr === null ? [] : ownAddresses(definition, cidr, { address: poolRouter(ask, cidr), ...router }),
    reserved: ask.reserved,
    old: before?.addresses ?? [],
    isGuest: isHeld,
  };
}

/** The pool's own router; one that is none of its addresses takes no other's place. */
export function poolRouter({ gateway }: PoolAsk, cidr: Cidr): string {
  return contains(cidr, gateway) ? gateway : cidr.network;
}

/** True for an address of a pool's list that a network, FloatingIP or RoutedIP holds. */
export function isHeld({ type, user }: AddressEntry): boolean {
  return type === 'floating' || type === 'routed' || (type === 'gateway' && user !== '');
}

/** How lists name a FloatingIP or RoutedIP, which have no uuid: `FloatingIP <namespace>/<name>`. */
export function holderUser(kind: HolderKind, key: string): string {
  return `${HOLDERS[kind]} ${key}`;
}

/** Claims by name of the pool, of pools that are there. */
function claimsOf(
  pools: ReadonlySet<string>,
  holders: readonly HolderAsk[],
  networks: ReadonlyMap<string, NetworkIdentity>,
  ctx: Context,
): ReadonlyMap<string, readonly Claim[]> {
  const claims = new Map<string, Claim[]>([...pools].map(name => [name, []]));
  const add = (pool: string, claim: Claim): void => {
    const among = claims.get(pool);
    if (among === undefined) ctx.pend(claim.definition, 'PoolPending', `AddressPool ${pool} has no addresses to give out yet`);
    else among.push(claim);
  };
  for (const network of networks.values()) {
    const pool = network.ask.gateway?.pool;
    if (pool !== undefined) add(pool, networkClaim(network, pool, ctx));
  }
  for (const ask of holders) add(ask.pool, holderClaim(ask, ctx));
  return claims;
}

function networkClaim({ ask, uuid, before }: NetworkIdentity, pool: string, ctx: Context): Claim {
  const here = before?.floatingGateway?.pool === pool ? before.floatingGateway.address : undefined;
  return {
    definition: `Network ${ask.key}`,
    user: networkUser(uuid, ask.key),
    type: 'gateway',
    comment: ask.from,
    since: before?.since ?? ctx.clock.now,
    isLive: before !== undefined && before.removed === undefined,
    ...(here === undefined ? {} : { address: here }),
  };
}

function holderClaim(ask: HolderAsk, ctx: Context): Claim {
  const definition = `${HOLDERS[ask.for]} ${ask.key}`;
  const berth = ctx.before.holders.get(definition);
  const here = berth?.pool === ask.pool ? berth.entry : undefined;
  return {
    definition,
    user: holderUser(ask.for, ask.key),
    type: ask.for,
    comment: ask.from,
    since: berth?.entry.since ?? ctx.clock.now,
    isLive: here !== undefined && here.removed === undefined,
    ...(here === undefined ? {} : { address: here.address }),
    ...(ask.address === undefined ? {} : { pin: ask.address }),
  };
}

interface SharedPool {
  readonly ask: PoolAsk;
  readonly space: Space;
  readonly claims: readonly Claim[];
  /** Address by definition. */
  readonly given: ReadonlyMap<string, string>;
}

function sharedPool(ask: PoolAsk, claims: readonly Claim[], ctx: Context): SharedPool {
  const space = poolSpace(ask, ctx.before.pools.get(ask.key));
  if (space.cidr === null) ctx.pend(space.definition, 'CidrInvalid', `${ask.cidr} is no cidr`);
  return { ask, space, claims, given: shareSpace(space, claims, ctx) };
}

function liveEntry({ ask, space, claims, given }: SharedPool, before: PoolEntry | undefined, seated: ReadonlySet<string>, ctx: Context): PoolEntry {
  const held = new Map(claims.flatMap(claim => (given.has(claim.definition) ? [[given.get(claim.definition) ?? '', claim] as const] : [])));
  const holdersOf = (kind: HolderKind): PoolEntry[HolderKind] => {
    const tombs = tombsOf(ask.key, kind, before, seated, ctx);
    const here = [...held].flatMap(([address, claim]) => (claim.type === kind ? [holderEntry(kind, address, claim, ctx)] : []));
    return sorted([...tombs, ...here]);
  };
  return {
    name: ask.key,
    cidr: space.cidr?.text ?? ask.cidr,
    since: before?.since ?? ctx.clock.now,
    from: ask.from,
    floating: holdersOf('floating'),
    routed: holdersOf('routed'),
    addresses: listSpace(space, held, ctx),
  };
}

function holderEntry(kind: HolderKind, address: string, { definition, since, comment }: Claim, ctx: Context): readonly [string, PoolHolder] {
  const berth = ctx.before.holders.get(definition);
  const incarnation = berth === undefined ? ctx.before.incarnations : (berth.entry.incarnation ?? 0);
  const head = { address, ...(incarnation === 0 ? {} : { incarnation }), since, from: comment };
  return [definition.slice(HOLDERS[kind].length + 1), head];
}

// Nobody has anything in a pool that is gone.
function buriedEntry(entry: PoolEntry, seated: ReadonlySet<string>, ctx: Context): PoolEntry {
  const { name, cidr, since, from, addresses } = entry;
  return {
    name,
    cidr,
    since,
    removed: entry.removed ?? ctx.clock.now,
    from,
    floating: sorted(tombsOf(name, 'floating', entry, seated, ctx)),
    routed: sorted(tombsOf(name, 'routed', entry, seated, ctx)),
    addresses: releaseSpace(addresses, isHeld, ctx),
  };
}

/** Holders of a pool's entry that are nowhere any more. */
function tombsOf(
  pool: string,
  kind: HolderKind,
  entry: PoolEntry | undefined,
  seated: ReadonlySet<string>,
  ctx: Context,
): readonly (readonly [string, PoolHolder])[] {
  return Object.entries(entry?.[kind] ?? {}).flatMap(([key, holder]) => {
    const definition = `${HOLDERS[kind]} ${key}`;
    if (seated.has(definition) || ctx.before.holders.get(definition)?.pool !== pool) return [];
    const { from, ...head } = holder;
    return [[key, { ...head, removed: holder.removed ?? ctx.clock.now, from }]];
  });
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
