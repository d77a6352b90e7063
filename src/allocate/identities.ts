/** Who is who: uuids, vxids and MACs, unique over the whole cluster. New ones start at a hash of the object and probe on. */
import { hash as digestOf } from 'node:crypto';
import type { InterfaceEntry, NetworkEntry } from '../model/ledger.ts';
import { isReservedMac, macText } from '../model/mac.ts';
import { interfaceUuid, networkUuid } from '../model/names.ts';
import { hex } from '../model/vxid.ts';
import type { InterfaceAsk, NetworkAsk } from './allocation.ts';
import { type Context, holderName } from './context.ts';
import { type Former, type Seeker, type Shares, share } from './share.ts';
import type { Berth } from './standing.ts';

/** A network that has all it needs to be used. */
export interface NetworkIdentity {
  readonly ask: NetworkAsk;
  readonly uuid: string;
  readonly vxid: number;
  readonly incarnation: number;
  /** Its entry, live or tombstone. */
  readonly before?: NetworkEntry;
}

/** An interface with its uuid and MAC; whether it gets an address is another question. */
export interface InterfaceIdentity {
  readonly ask: InterfaceAsk;
  readonly uuid: string;
  readonly mac: string;
  readonly incarnation: number;
  readonly before?: Berth;
}

/** uuid and vxid for each ask; those without a vxid are pending and not in the answer. */
export function identifyNetworks(asks: readonly NetworkAsk[], ctx: Context): ReadonlyMap<string, NetworkIdentity> {
  const { networks, incarnations } = ctx.before;
  const asked = new Map(asks.map(ask => [ask.key, ask]));
  const askers = asks.map(ask => ({ ask, entry: networks.get(ask.key) }));
  const count = (key: string): number => networks.get(key)?.incarnation ?? incarnations;
  const uuids = share({
    seekers: askers.map(({ ask, entry }) => seeker(ask.key, entry, entry?.uuid || undefined, undefined, ctx)),
    former: formerOf(
      [...networks].map(([key, entry]) => ({ gone: !asked.has(key), entry, value: entry.uuid })),
      ctx,
    ),
    fixed: new Map(),
    pick: (key, free) => probe(1 << 16, n => networkUuid(ctx.args.cluster.id, ...key.split('/'), count(key), n), free),
  });
  const vxids = share({
    seekers: askers.map(({ ask, entry }) => seeker(ask.key, entry, entry?.vxid || undefined, ask.vxid, ctx)),
    former: formerOf(
      [...networks].map(([key, entry]) => ({ gone: !asked.has(key), entry, value: entry.vxid })),
      ctx,
    ),
    fixed: new Map((ctx.args.taken?.vxids ?? []).map(vxid => [vxid, 'a device that netloom did not make'])),
    pick: (key, free) => pickVxid(key, count(key), free, ctx),
  });
  tellVxids(asked, vxids, ctx);
  tellLost('Network', 'uuid', uuids, ctx);
  return new Map(
    askers.flatMap(({ ask, entry }) => {
      const uuid = uuids.given.get(ask.key);
      const vxid = vxids.given.get(ask.key);
      if (uuid === undefined || vxid === undefined) return [];
      return [[ask.key, { ask, uuid, vxid, incarnation: count(ask.key), ...(entry === undefined ? {} : { before: entry }) }]];
    }),
  );
}

/** uuid and MAC for each ask; those without a MAC are pending and not in the answer. Live names of taps never collide. */
export function identifyInterfaces(asks: readonly InterfaceAsk[], ctx: Context): ReadonlyMap<string, InterfaceIdentity> {
  const { interfaces, incarnations } = ctx.before;
  const asked = new Map(asks.map(ask => [ask.key, ask]));
  const askers = asks.map(ask => ({ ask, berth: interfaces.get(ask.key) }));
  const count = (key: string): number => interfaces.get(key)?.entry.incarnation ?? incarnations;
  const berths = [...interfaces].map(([key, { entry }]) => ({ gone: !asked.has(key), entry }));
  const uuids = share({
    seekers: askers.map(({ ask, berth }) => seeker(ask.key, berth?.entry, berth?.entry.uuid || undefined, undefined, ctx)),
    former: formerOf(
      berths.map(each => ({ ...each, value: each.entry.uuid })),
      ctx,
    ),
    fixed: new Map(),
    same: uuid => uuid.slice(0, 8), // the name of its device
    pick: (key, free) => probe(1 << 16, n => interfaceUuid(ctx.args.cluster.id, ...key.split('/'), count(key), n), free),
  });
  const macs = share({
    seekers: askers.map(({ ask, berth }) => seeker(ask.key, berth?.entry, berth?.entry.mac || undefined, ask.mac, ctx)),
    former: formerOf(
      berths.map(each => ({ ...each, value: each.entry.mac })),
      ctx,
    ),
    fixed: new Map((ctx.args.taken?.macs ?? []).map(mac => [mac, 'a device that netloom did not make'])),
    pick: (key, free) => pickMac(key, count(key), free, ctx),
  });
  tellMacs(asked, macs, ctx);
  tellLost('Interface', 'uuid', uuids, ctx);
  return new Map(
    askers.flatMap(({ ask, berth }) => {
      const uuid = uuids.given.get(ask.key);
      const mac = macs.given.get(ask.key);
      if (uuid === undefined || mac === undefined) return [];
      return [[ask.key, { ask, uuid, mac, incarnation: count(ask.key), ...(berth === undefined ? {} : { before: berth }) }]];
    }),
  );
}

type Entry = NetworkEntry | InterfaceEntry;

function seeker<V>(id: string, entry: Entry | undefined, value: V | undefined, pin: V | undefined, ctx: Context): Seeker<V> {
  const own = value === undefined ? {} : entry?.removed === undefined ? { has: value } : { had: [value] };
  return { id, since: entry?.since ?? ctx.clock.now, ...own, ...(pin === undefined ? {} : { pin }) };
}

// What is in use by somebody who is asked for is no former value; a tombstone's is, until it is given to somebody.
function formerOf<V>(all: readonly { readonly gone: boolean; readonly entry: Entry; readonly value: V }[], ctx: Context): readonly Former<V>[] {
  return all.flatMap(({ gone, entry, value }) => {
    if (!value || (!gone && entry.removed === undefined)) return [];
    const since = entry.removed ?? ctx.clock.now;
    return [{ value, since, quarantined: ctx.clock.isQuarantined(since) }];
  });
}

function probe<V>(most: number, at: (n: number) => V, free: (value: V) => boolean): V | undefined {
  for (let n = 0; n < most; n++) if (free(at(n))) return at(n);
  return undefined;
}

function pickVxid(key: string, incarnation: number, free: (vxid: number) => boolean, ctx: Context): number | undefined {
  const { first, last } = ctx.args.cluster.vxids;
  const size = last - first + 1;
  const start = hash(size, 'vxid', ctx.args.cluster.id, key, incarnation);
  return probe(size, n => first + ((start + n) % size), free);
}

// A short prefix leaves room for the MACs that netloom gives its own links: a start among these is drawn again.
const DRAWS = 64;

function pickMac(key: string, incarnation: number, free: (mac: string) => boolean, ctx: Context): string | undefined {
  const prefix = ctx.args.cluster.macPrefix.split(':').map(byte => Number.parseInt(byte, 16));
  const bytes = 6 - prefix.length;
  const size = 256 ** bytes;
  const tail = (value: number): readonly number[] => Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
  const at = (value: number): string => macText([...prefix, ...tail(value % size)]);
  const draw = (n: number): number => hash(size, 'mac', ctx.args.cluster.id, key, incarnation, n);
  const start = probe(DRAWS, draw, value => !isReservedMac(at(value)));
  if (start === undefined) return undefined;
  return probe(
    Math.min(size, 1 << 24),
    n => at(start + n),
    mac => free(mac) && !isReservedMac(mac),
  );
}

/** A number below `size`, the same for the same parts on every node. */
function hash(size: number, ...parts: readonly (string | number)[]): number {
  // Six bytes: as many as a whole number holds exactly.
  return size > 0 ? Number.parseInt(digestOf('sha256', JSON.stringify(['netloom', ...parts])).slice(0, 12), 16) % size : 0;
}

function tellVxids(asked: ReadonlyMap<string, NetworkAsk>, shares: Shares<number>, ctx: Context): void {
  const { first, last } = ctx.args.cluster.vxids;
  for (const [key, { why, by }] of shares.refused) {
    const definition = `Network ${key}`;
    const vxid = asked.get(key)?.vxid ?? 0;
    if (why === 'taken') ctx.pend(definition, 'VxidTaken', `vxid ${vxid} (0x${hex(vxid)}) is held by ${holderName('Network', by)}`);
    else ctx.pend(definition, 'VxidsExhausted', `every vxid of ${first}..${last} is held or in quarantine: widen Cluster.spec.vxids, or remove networks`);
  }
  tellLost('Network', 'vxid', shares, ctx);
}

function tellMacs(asked: ReadonlyMap<string, InterfaceAsk>, shares: Shares<string>, ctx: Context): void {
  for (const [key, { why, by }] of shares.refused) {
    const definition = `Interface ${key}`;
    if (why === 'taken') ctx.pend(definition, 'MacTaken', `MAC ${asked.get(key)?.mac} is held by ${holderName('Interface', by)}`);
    else ctx.pend(definition, 'MacsExhausted', `every MAC below ${ctx.args.cluster.macPrefix} is held or in quarantine: set another Cluster.spec.macPrefix`);
  }
  tellLost('Interface', 'mac', shares, ctx);
}

function tellLost<V extends string | number>(kind: string, what: 'uuid' | 'vxid' | 'mac', { lost, given }: Shares<V>, ctx: Context): void {
  for (const [key, value] of lost) ctx.lose(`${kind} ${key}`, what, String(value), String(given.get(key) ?? ''));
}
