/**
 * Which node carries a network's router: the one that the definition names; else the one that carries it now; else the one
 * of the candidates with the fewest networks. A move is make before break: the old node stays `former` until the new one
 * has taken over.
 */
import { hash as digestOf } from 'node:crypto';
import type { GatewayEntry, Ledger, NetworkEntry } from '../model/ledger.ts';
import type { GatewayAsk } from '../objects/object.ts';
import type { Context } from './context.ts';
import type { NetworkIdentity } from './identities.ts';

/** The router's node by network key, and the node that it moves from. Who finds none is pending, and keeps the one it has. */
export function placeGateways(networks: ReadonlyMap<string, NetworkIdentity>, ctx: Context): ReadonlyMap<string, GatewayEntry> {
  const load = new Map<string, number>();
  const placed = new Map<string, string>();
  const place = (key: string, node: string): void => {
    placed.set(key, node);
    load.set(node, (load.get(node) ?? 0) + 1);
  };
  const wanting = [...networks.values()].flatMap(({ ask, before }) => (ask.gateway === undefined ? [] : [{ key: ask.key, asked: ask.gateway, before }]));
  const open = wanting.filter(({ key, asked, before }) => {
    const stays = stayOf(asked, before);
    if (stays !== undefined) place(key, stays);
    return stays === undefined;
  });
  for (const { key, asked, before } of open) {
    const node = asked.candidates.reduce<string | undefined>((best, each) => (best === undefined || isBefore(each, best, key, load) ? each : best), undefined);
    if (node === undefined) tellNone(key, asked, before, ctx);
    const last = node ?? lastOf(before, ctx);
    if (last !== undefined) place(key, last);
  }
  return new Map(wanting.flatMap(({ key, before }) => entryOf(key, placed.get(key), before, ctx)));
}

/**
 * The ledger after `node` has built the routers of these networks: nobody waits for their former nodes any more. The very
 * value that came in when none of them moves to that node.
 */
export function takenOver(ledger: Ledger, keys: readonly string[], node: string): Ledger {
  const done = keys.flatMap((key): (readonly [string, NetworkEntry])[] => {
    const entry = ledger.networks[key];
    if (entry?.gateway?.former === undefined || entry.gateway.node !== node || entry.removed !== undefined) return [];
    const { former: _, ...gateway } = entry.gateway;
    return [[key, { ...entry, gateway }]];
  });
  return done.length === 0 ? ledger : { ...ledger, networks: { ...ledger.networks, ...Object.fromEntries(done) } };
}

/** True when `name` is a node that is defined now. */
function isDefined(name: string, nodes: readonly string[] | undefined): boolean {
  return nodes === undefined || nodes.includes(name);
}

/** The node that the network names, or that it is on and may stay on; one that comes back goes where it was, when it can. */
function stayOf({ pin, candidates }: GatewayAsk, before: NetworkEntry | undefined): string | undefined {
  const last = before?.gateway?.node;
  return pin ?? (last !== undefined && candidates.includes(last) ? last : undefined);
}

// Better a router on a node that should have none than no router at all.
function lastOf(before: NetworkEntry | undefined, { args }: Context): string | undefined {
  const last = before?.removed === undefined ? before?.gateway?.node : undefined;
  return last !== undefined && isDefined(last, args.nodes) ? last : undefined;
}

function isBefore(one: string, other: string, key: string, load: ReadonlyMap<string, number>): boolean {
  const difference = (load.get(one) ?? 0) - (load.get(other) ?? 0);
  return difference === 0 ? rank(key, one) < rank(key, other) : difference < 0;
}

function rank(key: string, node: string): string {
  return digestOf('sha256', JSON.stringify(['netloom', 'gateway', key, node]));
}

function tellNone(key: string, { pool }: GatewayAsk, before: NetworkEntry | undefined, ctx: Context): void {
  const pools = pool === undefined ? 'all its pools' : `AddressPool ${pool} and the other pools of the network`;
  const last = lastOf(before, ctx);
  const stays = last === undefined ? '' : `; it stays on ${last}`;
  ctx.pend(`Network ${key}`, 'NoGateway', `no node may carry the router: every node with gateway: true is cordoned, or does not serve ${pools}${stays}`);
}

function entryOf(key: string, node: string | undefined, before: NetworkEntry | undefined, ctx: Context): readonly (readonly [string, GatewayEntry])[] {
  if (node === undefined) return [];
  const was = before?.removed === undefined ? before?.gateway : undefined;
  // Until a move is over the first of them all carries on.
  const former = [was?.former, was?.node].find(name => name !== undefined && isDefined(name, ctx.args.nodes));
  const isMoving = former !== undefined && former !== node;
  const since = was?.node === node ? was.since : ctx.clock.now;
  return [[key, { node, since, ...(isMoving ? { former } : {}) }]];
}
