/** While a part of the published ledger cannot be read, nobody knows what it holds: nothing new may be given out. */

import type { Ask, HolderAsk, InterfaceAsk, NetworkAsk } from '../objects/object.ts';
import type { AllocateArgs } from './allocation.ts';
import type { Context } from './context.ts';
import { HOLDERS } from './pools.ts';

/**
 * The asks that may be answered: all, or, while `args.unreadable` names networks or pools, those of live objects, without
 * what they newly name. The others are pending as `LedgerUnreadable`.
 */
export function withoutNew(asks: AllocateArgs['asks'], ctx: Context): AllocateArgs['asks'] {
  const [first] = ctx.args.unreadable ?? [];
  if (first === undefined) return asks;
  const path = `allocations/${first.includes('/') ? 'networks' : 'pools'}/${first}.yaml`;
  const message = `the published allocations of ${ctx.args.unreadable?.join(', ')} cannot be read, or were edited by hand, or written by a newer netloom: update netloom here, or revert the commit that did it on the status branch, or repair ${path} there`;
  return asks.flatMap((ask): readonly Ask[] => {
    const known = knownOf(ask, ctx);
    if (!known.isLive) {
      ctx.pend(known.definition, 'LedgerUnreadable', message);
      return [];
    }
    if (known.settled === ask) return [ask];
    ctx.pend(known.definition, 'LedgerUnreadable', message);
    return [known.settled];
  });
}

interface Known {
  readonly definition: string;
  readonly isLive: boolean;
  /** The ask without what its object does not have yet; the very ask when there is nothing of that. */
  readonly settled: Ask;
}

function knownOf(ask: Ask, { before }: Context): Known {
  if (ask.for === 'network') {
    const entry = before.networks.get(ask.key);
    return { definition: `Network ${ask.key}`, isLive: isLive(entry), settled: settledNetwork(ask, entry) };
  }
  if (ask.for === 'interface') {
    const entry = before.interfaces.get(ask.key)?.entry;
    return { definition: `Interface ${ask.key}`, isLive: isLive(entry), settled: settledGuest(ask, entry) };
  }
  if (ask.for === 'pool') return { definition: `AddressPool ${ask.key}`, isLive: isLive(before.pools.get(ask.key)), settled: ask };
  const definition = `${HOLDERS[ask.for]} ${ask.key}`;
  const berth = before.holders.get(definition);
  return { definition, isLive: berth?.pool === ask.pool && isLive(berth.entry), settled: settledHolder(ask, berth?.entry) };
}

function isLive(entry: { readonly removed?: string } | undefined): boolean {
  return entry !== undefined && entry.removed === undefined;
}

function settledNetwork(ask: NetworkAsk, entry: { readonly vxid: number; readonly floatingGateway?: { readonly pool: string } } | undefined): NetworkAsk {
  const { vxid, gateway, ...rest } = ask;
  const { pool, ...placing } = gateway ?? { candidates: [] };
  const namesNew = vxid !== undefined && vxid !== entry?.vxid;
  const wantsNew = pool !== undefined && pool !== entry?.floatingGateway?.pool;
  if (!namesNew && !wantsNew) return ask;
  return {
    ...rest,
    ...(vxid === undefined || namesNew ? {} : { vxid }),
    ...(gateway === undefined ? {} : { gateway: wantsNew ? placing : gateway }),
  };
}

function settledGuest(ask: InterfaceAsk, entry: { readonly mac: string } | undefined): InterfaceAsk {
  if (ask.mac === undefined || ask.mac === entry?.mac) return ask;
  const { mac: _, ...rest } = ask;
  return rest;
}

function settledHolder(ask: HolderAsk, entry: { readonly address: string } | undefined): HolderAsk {
  if (ask.address === undefined || ask.address === entry?.address) return ask;
  const { address: _, ...rest } = ask;
  return rest;
}
