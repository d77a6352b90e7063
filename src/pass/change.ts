/** The change of the kernel in a pass: prepared, held to a saved plan where there is one, not done where somebody said so, and guarded. */
import type { NodeConfig } from '../model/node-config.ts';
import { keepContests, loadContests } from './contests.ts';
import { idleness, type Suspension } from './control.ts';
import { prepare, type Target } from './enforce.ts';
import { enforceGuarded, type Guarded } from './guard.ts';
import type { Pulled } from './pull.ts';
import type { Remote } from './remote.ts';
import type { Gate } from './saved-plan.ts';

export interface ChangeArgs {
  readonly pulled: Pulled;
  readonly suspended: Suspension | null;
  readonly confirmMs?: number | undefined;
  /** Says between two batches why to stop; null: go on. */
  readonly stop: () => string | null;
  readonly gate?: Gate | undefined;
}

/** Brings the node to a target, or only looks. Throws HostError for what is wrong with the node itself. */
export async function changeKernel(
  config: NodeConfig,
  remote: Remote,
  { pulled, suspended, confirmMs, stop, gate }: ChangeArgs,
  target: Target,
): Promise<Guarded> {
  const kept = await loadContests(config.stateDir);
  const found = await prepare({ ...target, contests: kept.contests }, config.runtimeDir);
  const prepared = gate?.plan(found, target.ledger) ?? found;
  if (idleness(config, suspended)) return { fate: 'plain', enforced: { ...prepared, outcomes: [], remaining: prepared.plan, rounds: 0 } };
  const revision = pulled.good?.revision ?? '';
  const guarded = await enforceGuarded(prepared, {
    config,
    ...target,
    revision,
    remote,
    hasAnswered: pulled.tips !== null,
    confirmMs,
    stop,
    isExact: gate !== undefined,
  });
  await keepContests(config, kept, guarded.enforced);
  return guarded;
}

/**
 * The others turn to this node's routers from now on, so what comes back for them is taken at once. Their addresses are announced
 * in the next pass: the former node may send by them until its own.
 */
export async function turnTo(first: Guarded, taken: ReadonlySet<string>, change: (taken: ReadonlySet<string>) => Promise<Guarded>): Promise<Guarded> {
  if (taken.size === 0) return first;
  const next = await change(taken);
  const { outcomes, rounds } = first.enforced;
  return { ...next, enforced: { ...next.enforced, outcomes: [...outcomes, ...next.enforced.outcomes], rounds: rounds + next.enforced.rounds } };
}

/** A later pass tells of these: what was taken back is looked at first, and who was stopped ends. */
export function isOver({ fate }: Guarded): boolean {
  return fate === 'reverted' || fate === 'stopped';
}
