/**
 * What merging a change would do on every node, without a kernel at hand: both revisions are compiled with what each node last
 * reported, and the first of them, with the drift that is open there, stands for what is observed.
 */
import type { Allocation } from '../allocate/allocate.ts';
import { compile } from '../compile/compile.ts';
import { KINDS } from '../kinds/index.ts';
import type { Observed } from '../kinds/kind.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog, Compiled, NodeDef } from '../objects/object.ts';
import type { Plan } from '../plan/plan.ts';
import { alwaysThere, drifted, standing } from '../plan/standing.ts';
import type { LivePlan } from '../report/live-plan.ts';
import type { NodeReport } from '../report/node-report.ts';
import type { LiveWord, NodeReview, Obstacle, Remark } from '../review/review.ts';
import { caveatsOf } from './caveats.ts';
import { decide } from './decide.ts';
import { liveWord } from './live-agreement.ts';
import { planSparing, type Spared, sparedOn } from './spared.ts';
import { type Surroundings, surroundings } from './surroundings.ts';

/** What is compared, and what the nodes said last. */
export interface Compared {
  readonly base: Catalog;
  readonly head: Catalog;
  /** As the status branch has it. */
  readonly ledger: Ledger;
  /** Networks and pools whose entry there cannot be read. */
  readonly unreadable: readonly string[];
  readonly reports: ReadonlyMap<string, NodeReport>;
  /** What nodes planned for head themselves. */
  readonly live: ReadonlyMap<string, LivePlan>;
  readonly now: Date;
}

export interface Forecast {
  /** What would be allocated besides what base waits for. */
  readonly allocated: Allocation;
  /** What base itself still waits for. */
  readonly before: Allocation;
  readonly nodes: readonly NodeReview[];
}

/** Plans for some nodes, all that either side defines when none is named. */
export function forecast(compared: Compared, only?: string): Forecast {
  const { base, head, ledger, unreadable, now } = compared;
  const before = decide(base, ledger, now, unreadable);
  const allocated = decide(head, before.ledger, now, unreadable);
  const names = [...new Set([...base.nodes.keys(), ...head.nodes.keys()])].sort();
  const settled = settledLedger(allocated.ledger);
  const stages: Stages = { compared, before: before.ledger, after: allocated.ledger, settled };
  return { allocated, before, nodes: names.filter(name => only === undefined || name === only).map(name => nodeReview(name, stages)) };
}

interface Stages {
  readonly compared: Compared;
  readonly before: Ledger;
  readonly after: Ledger;
  /** When every router that moves has been taken over; the same as `after` when none moves. */
  readonly settled: Ledger;
}

const NOTHING: Plan = { steps: [], swept: [], bystanders: [], held: [] };

function nodeReview(name: string, stages: Stages): NodeReview {
  const { base, head, reports, now } = stages.compared;
  const [was, is] = [base.nodes.get(name), head.nodes.get(name)];
  const report = reports.get(name);
  const heard = report?.heard ?? null;
  const ageSeconds = report === undefined ? null : Math.max(0, Math.floor((now.getTime() - Date.parse(report.heard)) / 1000));
  const node = { node: name, heard, ageSeconds };
  if (is === undefined) return { ...node, plan: NOTHING, later: null, live: null, caveats: [UNDEFINED], obstacles: [] };
  const sides = { base: was === undefined ? null : { catalog: base, node: was }, head: { catalog: head, node: is } };
  const known = surroundings(sides, report, reports.values());
  const old = was === undefined ? EMPTY : compile({ catalog: base, ledger: stages.before, node: was, facts: known.facts });
  const { compiled, plan, later } = plansOf(is, known, old, report, stages);
  const live = liveWord(stages.compared.live.get(name), plan, now);
  return {
    ...node,
    plan,
    later,
    live,
    caveats: [...otherwiseLive(live), ...caveatsOf({ node: is, isNew: was === undefined, report, old, base, now }), ...known.assumed],
    obstacles: newObstacles(compiled, old),
  };
}

function otherwiseLive(live: LiveWord | null): readonly Remark[] {
  return live === null || live.agrees ? [] : [{ reason: 'LiveDiffers', message: `against its live kernel it is otherwise: ${live.says}` }];
}

const EMPTY: Compiled = { resources: [], troubles: [] };

const UNDEFINED: Remark = {
  reason: 'Undefined',
  message: 'no longer defined: it changes nothing more, and what it holds now stays there until somebody takes it away',
};

interface Plans {
  readonly compiled: Compiled;
  readonly plan: Plan;
  readonly later: Plan | null;
}

function plansOf(node: NodeDef, { facts, around }: Surroundings, old: Compiled, report: NodeReport | undefined, stages: Stages): Plans {
  const { head } = stages.compared;
  const have = drifted(standing(old.resources, around, KINDS), report?.drift ?? []);
  const compiled = compile({ catalog: head, ledger: stages.after, node, facts });
  const spared = sparedOn({ catalog: head, ledger: stages.after, node });
  const plan = planned(compiled, have, spared);
  if (stages.settled === stages.after) return { compiled, plan, later: null };
  const settled = compile({ catalog: head, ledger: stages.settled, node, facts });
  const later = planned(settled, standing(compiled.resources, around, KINDS), spared);
  return { compiled, plan, later: later.steps.length === 0 ? null : later };
}

function planned({ resources }: Compiled, have: readonly Observed[], spared: Spared): Plan {
  return planSparing(resources, [...have, ...alwaysThere(resources, have, KINDS)], spared);
}

function newObstacles(compiled: Compiled, old: Compiled): readonly Obstacle[] {
  const known = new Set(old.troubles.map(keyOf));
  return compiled.troubles.filter(trouble => !known.has(keyOf(trouble))).map(({ definition, reason, message }) => ({ definition, reason, message }));
}

function keyOf({ definition, reason, message }: Obstacle): string {
  return `${definition}\n${reason}\n${message}`;
}

/** A router that moves is kept by its former node until the new one says that it has taken over: then the ledger forgets the former. */
function settledLedger(ledger: Ledger): Ledger {
  if (!Object.values(ledger.networks).some(({ gateway }) => gateway?.former !== undefined)) return ledger;
  const networks = Object.entries(ledger.networks).map(([key, entry]) => {
    if (entry.gateway?.former === undefined) return [key, entry] as const;
    const { former: _, ...gateway } = entry.gateway;
    return [key, { ...entry, gateway }] as const;
  });
  return { ...ledger, networks: Object.fromEntries(networks) };
}
