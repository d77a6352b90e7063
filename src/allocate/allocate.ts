/**
 * What the definitions ask for, against what was allocated: sticky and deterministic. A live object is never renumbered
 * unless its own definition says so; what is released waits in quarantine and is then remembered; time alone changes
 * nothing: what ran out is treated so at once, and tidied away with the next change.
 */
import type { InterfaceEntry, Ledger, NetworkEntry, PoolEntry } from '../model/ledger.ts';
import type { Ask } from '../objects/object.ts';
import type { AllocateArgs, Allocation, InterfaceAsk } from './allocation.ts';
import { changesOf } from './changes.ts';
import { type Context, contextOf } from './context.ts';
import { buriedEntry, buriedInterface, type Decided, decideNetwork, liveEntry, type WayOut } from './entries.ts';
import { withoutNew } from './frozen.ts';
import { placeGateways } from './gateways.ts';
import { type InterfaceIdentity, identifyInterfaces, identifyNetworks, type NetworkIdentity } from './identities.ts';
import { decidePools } from './pools.ts';
import { isSettled } from './settled.ts';

export type { AllocateArgs, Allocation, AllocationChange, AllocationNote, PendingAsk, PendingReason } from './allocation.ts';

/**
 * Decides the next ledger. Same asks (in any order), same ledger and same `now` give the same answer.
 *
 * @returns the next ledger, which is the very value that came in when nothing changes hands; one finding for each
 *          definition that does not get all it asks for, and one for each value that could not be given back. Never throws
 *          for what a ledger or an ask says.
 */
export function allocate(args: AllocateArgs): Allocation {
  return isSettled(args) ? { ledger: args.ledger, changes: [], pending: [], notes: [] } : decide(args);
}

/** The whole decision, also where a glance would do. */
export function decide(args: AllocateArgs): Allocation {
  const ctx = contextOf(args);
  const asks = withoutNew(byKey(args.asks), ctx);
  const networks = identifyNetworks(asksFor(asks, 'network'), ctx);
  const guests = identifyInterfaces(homed(asksFor(asks, 'interface'), networks, ctx), ctx);
  const gateways = placeGateways(networks, ctx);
  const pools = decidePools(asksFor(asks, 'pool'), [...asksFor(asks, 'floating'), ...asksFor(asks, 'routed')], networks, ctx);
  const inside = byNetwork(guests);
  const decided = [...networks.values()].map(network => decideNetwork(network, inside.get(network.ask.key) ?? [], ctx));
  const wayOf = (key: string): WayOut => ({ gateway: gateways.get(key), floatingGateway: pools.gateways.get(key) });
  const ledger = keepSame(entriesOf(decided, wayOf, ctx), pools.entries, ctx);
  return { ledger, changes: ledger === args.ledger ? [] : changesOf(args.ledger, ledger), pending: ctx.pending, notes: ctx.notes };
}

function asksFor<F extends Ask['for']>(asks: readonly Ask[], kind: F): readonly (Ask & { readonly for: F })[] {
  return asks.filter((ask): ask is Ask & { readonly for: F } => ask.for === kind);
}

/** One ask per object, in an order that does not depend on that of the asks. */
function byKey(asks: AllocateArgs['asks']): AllocateArgs['asks'] {
  const order = (ask: AllocateArgs['asks'][number]): string => `${ask.for} ${ask.key} ${ask.from} ${JSON.stringify(ask)}`;
  const sorted = asks.map(ask => [order(ask), ask] as const).sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return [...new Map(sorted.reverse().map(([, ask]) => [`${ask.for} ${ask.key}`, ask])).values()].reverse();
}

function homed(asks: readonly InterfaceAsk[], networks: ReadonlyMap<string, NetworkIdentity>, ctx: Context): readonly InterfaceAsk[] {
  return asks.filter(ask => {
    if (networks.has(ask.network)) return true;
    ctx.pend(`Interface ${ask.key}`, 'NetworkPending', `Network ${ask.network} has no vxid yet`);
    return false;
  });
}

function byNetwork(guests: ReadonlyMap<string, InterfaceIdentity>): ReadonlyMap<string, readonly InterfaceIdentity[]> {
  const inside = new Map<string, InterfaceIdentity[]>();
  for (const guest of guests.values()) {
    const among = inside.get(guest.ask.network);
    if (among === undefined) inside.set(guest.ask.network, [guest]);
    else among.push(guest);
  }
  return inside;
}

function entriesOf(decided: readonly Decided[], wayOf: (key: string) => WayOut, ctx: Context): ReadonlyMap<string, NetworkEntry> {
  const settled = new Set(decided.flatMap(({ guests }) => guests.map(guest => guest.ask.key)));
  const live = new Map(decided.map(each => [each.network.ask.key, each]));
  const keys = [...new Set([...ctx.before.networks.keys(), ...live.keys()])].sort();
  return new Map(
    keys.flatMap(key => {
      const entry = ctx.before.networks.get(key);
      const tombs = tombsOf(key, entry, settled, ctx);
      const here = live.get(key);
      if (here !== undefined) return [[key, liveEntry(here, wayOf(key), tombs, ctx)] as const];
      return entry === undefined ? [] : [[key, buriedEntry(entry, tombs, ctx)] as const];
    }),
  );
}

/** Interfaces of a network's entry that are nowhere any more. */
function tombsOf(network: string, entry: NetworkEntry | undefined, settled: ReadonlySet<string>, ctx: Context): Readonly<Record<string, InterfaceEntry>> {
  const tombs = Object.entries(entry?.interfaces ?? {}).filter(([id]) => !settled.has(id) && ctx.before.interfaces.get(id)?.network === network);
  return Object.fromEntries(tombs.map(([id, found]) => [id, buriedInterface(found, ctx)]));
}

/** The next ledger with every entry that says the same as before left as it was, down to the ledger itself. */
function keepSame(networks: ReadonlyMap<string, NetworkEntry>, pools: ReadonlyMap<string, PoolEntry>, { args, before }: Context): Ledger {
  const nets = same(networks, args.ledger.networks ?? {}, before.networks, before.damaged);
  const ranges = same(pools, args.ledger.pools ?? {}, before.pools, before.damaged);
  // An entry that is damaged beyond use is in neither.
  const isKept = [...before.damaged].every(key => networks.has(key) || pools.has(key));
  if (nets.isSame && ranges.isSame && isKept) return args.ledger;
  return {
    networks: nets.entries,
    ...(pools.size === 0 ? {} : { pools: ranges.entries }),
    ...(before.incarnations === 0 ? {} : { incarnations: before.incarnations }),
  };
}

interface Same<T> {
  readonly entries: Readonly<Record<string, T>>;
  readonly isSame: boolean;
}

function same<T>(next: ReadonlyMap<string, T>, was: Readonly<Record<string, T>>, known: ReadonlyMap<string, T>, damaged: ReadonlySet<string>): Same<T> {
  let isSame = true;
  const entries: Record<string, T> = {};
  for (const [key, entry] of next) {
    const [old, before] = [was[key], known.get(key)];
    const unchanged = old !== undefined && before !== undefined && !damaged.has(key) && essence(before) === essence(entry);
    entries[key] = unchanged ? old : entry;
    isSame &&= unchanged;
  }
  return { entries, isSame };
}

// A definition that moves within its file, or with it, is no reason to publish: places are brought up to date with the next change.
function essence(entry: unknown): string {
  return JSON.stringify(entry, (key, value: unknown) => (key === 'from' || key === 'comment' ? undefined : value));
}
