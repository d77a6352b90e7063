/**
 * The numbers of this node, kept from pass to pass (`metrics.json` in the state directory) and written for Prometheus' textfile collector.
 * Only where somebody asked for them. What is wrong with them ends no pass.
 */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, writeAtomic, writeForOthers } from '../host/files.ts';
import type { Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { exposition } from '../report/exposition.ts';
import { buildMetric, metricsOf } from '../report/metrics.ts';
import { KIND_OF, type NodeReport, type ObjectPlural } from '../report/node-report.ts';
import { afterPass, type Numbers, type PassEnd, type PassFacts, type Standing } from '../report/pass-numbers.ts';
import { isNearlyFull, roomOf } from '../report/room.ts';
import { loadAsked, type Suspension } from './control.ts';
import type { Enforced } from './enforce.ts';
import type { Guarded } from './guard.ts';
import type { HeldBack } from './held-back.ts';
import { version } from './program.ts';
import type { PublishResult } from './publish.ts';
import type { Pulled } from './pull.ts';
import type { Settled } from './settle.ts';
import { NO_DRIFT, type Telling } from './tell.ts';

/** What a pass came to, as far as numbers tell it. */
export interface Measured {
  readonly pulled: Pulled;
  readonly settled: Settled | null;
  readonly enforced: Enforced | null;
  readonly published: PublishResult | null;
  readonly telling: Telling | null;
  readonly guarded: Guarded | null;
  readonly held: HeldBack | null;
  readonly suspended: Suspension | null;
  readonly stopped: NodeJS.Signals | null;
}

type Sides = Pick<NodeConfig, 'node' | 'stateDir' | 'metrics' | 'listen'>;

/** Runs a pass and counts it, also one that throws. Under the node's lock. A sentence about numbers that cannot be written is among its remarks. */
export async function measured<T extends Measured>(config: Sides, pass: () => Promise<T>): Promise<T> {
  if (config.metrics.textfile === undefined && config.listen === undefined) return pass();
  const started = performance.now();
  const seconds = (): number => Math.round(performance.now() - started) / 1000;
  let result: T;
  try {
    result = await pass();
  } catch (error) {
    await count(config, NOTHING, 'error', seconds());
    throw error;
  }
  const remark = await count(config, result, endOf(result), seconds());
  return remark === null ? result : { ...result, pulled: { ...result.pulled, remarks: [...result.pulled.remarks, remark] } };
}

/** The numbers in Prometheus' text format, as they are now. */
export async function currentMetrics({ stateDir }: Pick<NodeConfig, 'stateDir'>): Promise<string> {
  const numbers = await load(stateDir);
  return exposition(numbers === null ? [buildMetric(version())] : metricsOf(numbers));
}

const NOTHING: Omit<Measured, 'pulled'> & { readonly pulled: null } = {
  pulled: null,
  settled: null,
  enforced: null,
  published: null,
  telling: null,
  guarded: null,
  held: null,
  suspended: null,
  stopped: null,
};

async function count(
  config: Sides,
  pass: Omit<Measured, 'pulled'> & { readonly pulled: Pulled | null },
  end: PassEnd,
  durationS: number,
): Promise<string | null> {
  const { stateDir, node, metrics } = config;
  try {
    const [deletions, upgrade] = [await loadAsked(stateDir), await loadAsked(stateDir, 'upgrade')];
    const numbers = afterPass(await load(stateDir), {
      version: version(),
      node,
      end,
      at: Math.round(Date.now()) / 1000,
      durationS,
      operations: operationsOf(pass.enforced),
      drift: pass.telling?.drift ?? NO_DRIFT,
      push: pass.published?.result === 'failed' ? 'failed' : pass.published?.result === 'news' ? 'pushed' : null,
      isFetchFailed: pass.pulled?.refusal?.condition === 'FetchFailed',
      isSuspended: pass.suspended !== null,
      isHeldBack: pass.held !== null,
      waiting: { deletions: deletions?.deletions.length ?? 0, upgrade: upgrade?.deletions.length ?? 0 },
      standing: pass.telling === null || pass.settled === null ? null : standingOf(pass.telling.report, pass.settled),
    });
    await writeAtomic(fileIn(stateDir), JSON.stringify(numbers));
    if (metrics.textfile !== undefined) await writeForOthers(metrics.textfile, exposition(metricsOf(numbers)));
    return null;
  } catch (error) {
    if (error instanceof HostError) return `the numbers for Prometheus could not be written: ${error.message}`;
    throw error;
  }
}

/** How a pass ended, the worst first. */
function endOf({ pulled, settled, enforced, guarded, held, stopped, published }: Measured): PassEnd {
  if (stopped !== null) return 'stopped';
  if (guarded?.fate === 'held' || guarded?.fate === 'waiting' || pulled.refusal?.reason === 'NeedsApproval') return 'waiting';
  if (held?.reason === 'Reverted') return 'reverted';
  if (pulled.refusal?.condition === 'FetchFailed' || settled?.problem || published?.result === 'failed') return 'unreachable';
  if (pulled.refusal !== null && pulled.refusal.reason !== 'RolledBack') return 'refused';
  if (enforced === null) return 'error';
  const isWhole = guarded === null || (enforced.remaining.steps.length === 0 && !enforced.compiled.troubles.some(({ fatal }) => fatal));
  return isWhole ? 'ok' : 'partly';
}

function operationsOf(enforced: Enforced | null): PassFacts['operations'] {
  const outcomes = enforced?.outcomes ?? [];
  return outcomes.flatMap(({ status, step: { kind } }) => (status === 'done' || status === 'failed' ? [{ kind, isFailed: status === 'failed' }] : []));
}

function standingOf({ mode, revision, conditions, drift, node, ...objects }: NodeReport, { ledger, pending }: Settled): Standing {
  const { observed, accepted, applied } = revision;
  const pools = Object.entries(ledger.pools ?? {}).filter(([, { removed }]) => removed === undefined);
  return {
    mode,
    revision: { observed, accepted, applied },
    conditions: conditions.map(({ type, status }) => ({ type, status })),
    objects: Object.fromEntries(Object.entries(KIND_OF).map(([plural, kind]) => [kind, statesIn(objects[plural as ObjectPlural])])),
    drift: drift.length,
    pendingAllocations: pending.length,
    pools: Object.fromEntries(
      pools.flatMap(([name, { cidr, addresses }]) => {
        const room = roomOf(cidr, addresses);
        return room === null ? [] : [[name, room] as const];
      }),
    ),
    nearlyFullNetworks: nearlyFull(ledger, node),
  };
}

function statesIn(all: NodeReport['networks']): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { ready: 0, waiting: 0, degraded: 0, error: 0, deleting: 0 };
  for (const { state } of Object.values(all)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

function nearlyFull({ networks }: Ledger, node: string): number {
  return Object.values(networks).filter(({ removed, gateway, cidr, addresses }) => {
    const room = removed === undefined && gateway?.node === node ? roomOf(cidr, addresses) : null;
    return room !== null && isNearlyFull(room);
  }).length;
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'metrics.json');
}

async function load(stateDir: string): Promise<Numbers | null> {
  try {
    const numbers = JSON.parse((await readTextIfThere(fileIn(stateDir))) ?? 'null') as Numbers | null;
    return numbers?.format === 1 ? numbers : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
