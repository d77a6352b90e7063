/**
 * The end of a router's move: this node has built all of it, so nobody waits for the node that carried it before. Published
 * by the same compare-and-swap as every change of the ledger.
 */
import { changesOf } from '../allocate/changes.ts';
import { takenOver } from '../allocate/gateways.ts';
import type { Catalog } from '../objects/object.ts';
import { floatingIPsOf, poolsOfNetwork, routedIPsOf } from '../objects/services.ts';
import { RepoError } from '../repo/repo.ts';
import type { Enforced } from './enforce.ts';
import { saveKeptLedger } from './kept.ts';
import { publishLedger, readLedger } from './ledger-branch.ts';
import { type Remote, readTips } from './remote.ts';
import { backOff } from './retry.ts';
import type { Settled } from './settle.ts';

/** A lost race is tried again this often; then the next pass says it. */
const TRIES = 5;

export interface TakeOverArgs {
  readonly remote: Remote;
  readonly settled: Settled;
  readonly catalog: Catalog;
  readonly enforced: Pick<Enforced, 'compiled' | 'remaining'>;
  readonly node: string;
  readonly stateDir: string;
}

/**
 * Publishes the ledger without the former nodes of those routers that stand here whole.
 *
 * @returns what is settled now; the very value that came in when no router moves here, when one is not whole yet, and when
 *          nothing could be published. Throws only for a full disk.
 */
export async function takeOver(args: TakeOverArgs): Promise<Settled> {
  const keys = takenKeys(args);
  if (keys.length === 0 || args.settled.isApart) return args.settled;
  try {
    return await publishTaken(args, keys);
  } catch (error) {
    if (error instanceof RepoError) return args.settled;
    throw error;
  }
}

/** Networks whose former node this node took out of the ledger, by key. */
export function takenBetween(before: Settled, after: Settled): ReadonlySet<string> {
  if (before === after) return new Set();
  const former = ({ ledger }: Settled, key: string): string | undefined => ledger.networks[key]?.gateway?.former;
  return new Set(Object.keys(after.ledger.networks).filter(key => former(before, key) !== undefined && former(after, key) === undefined));
}

/** Networks whose router moves to this node and stands here whole, by key. */
export function takenKeys({ settled, catalog, enforced, node }: Omit<TakeOverArgs, 'remote' | 'stateDir'>): readonly string[] {
  const moving = Object.entries(settled.ledger.networks).filter(([, { gateway }]) => gateway?.node === node && gateway.former !== undefined);
  if (moving.length === 0) return [];
  const { compiled, remaining } = enforced;
  const unfinished = new Set([
    ...[...remaining.steps, ...remaining.held].flatMap(({ from }) => from.map(({ definition }) => definition)),
    ...[...(remaining.left ?? []), ...(remaining.contested ?? [])].map(({ definition }) => definition),
    ...compiled.troubles.flatMap(({ definition, fatal }) => (fatal ? [definition] : [])),
  ]);
  return moving.flatMap(([key]) => (partsOf(key, catalog).some(definition => unfinished.has(definition)) ? [] : [key]));
}

/** The definitions that a network's router is made of. */
function partsOf(key: string, catalog: Catalog): readonly string[] {
  const network = catalog.networks.get(key);
  if (network === undefined) return [];
  return [
    `Network ${key}`,
    ...floatingIPsOf(network, catalog).map(floating => `FloatingIP ${floating.key}`),
    ...routedIPsOf(network, catalog).map(routed => `RoutedIP ${routed.key}`),
    ...poolsOfNetwork(network, catalog).map(pool => `AddressPool ${pool.name}`),
  ];
}

async function publishTaken(args: TakeOverArgs, keys: readonly string[]): Promise<Settled> {
  const { remote, settled, node, stateDir } = args;
  const copy = { tip: settled.tip, ledger: settled.ledger };
  let tip = settled.tip;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const base = await readLedger({ remote, kept: copy }, tip);
    const next = takenOver(base.ledger, keys, node);
    if (next === base.ledger) return settled;
    const pushed = await publishLedger({ remote, node }, base, next, tip);
    if (pushed !== null) {
      if (base.unreadable.length === 0) await saveKeptLedger(stateDir, { tip: pushed, ledger: next });
      return { ...settled, ledger: next, tip: pushed, changes: [...settled.changes, ...changesOf(base.ledger, next)] };
    }
    await backOff(attempt, remote.stop);
    tip = (await readTips(remote)).status;
  }
  return settled;
}
