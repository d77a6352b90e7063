/** look, compile, read, plan, apply, verify: from a catalog and a ledger to the kernel, in at most three rounds. */
import { compile } from '../compile/compile.ts';
import { apply } from '../host/apply.ts';
import { look } from '../host/look.ts';
import { meddlersNow } from '../host/meddlers.ts';
import { type OwnReading, read, readOwn, scope } from '../host/read.ts';
import { inStage } from '../host/stage.ts';
import { type Adoptions, adopting, onlyWanted } from '../kinds/adopt.ts';
import { KINDS } from '../kinds/index.ts';
import type { Observed, Resource } from '../kinds/kind.ts';
import type { Outcome } from '../kinds/step.ts';
import type { Facts } from '../model/facts.ts';
import type { Ledger } from '../model/ledger.ts';
import { adoptionsOn } from '../objects/adoption.ts';
import { isOn } from '../objects/mesh.ts';
import type { Catalog, Compiled, NodeDef } from '../objects/object.ts';
import { egressDevice } from '../objects/services.ts';
import { type Contests, leaving, leftAlone, repairsIn } from '../plan/contest.ts';
import type { Plan } from '../plan/plan.ts';
import { checkIdentity } from './guarded.ts';
import { NOTHING_SPARED, planSparing, type Spared, sparedOn } from './spared.ts';

/** How often a pass may read, plan and apply: a second round repairs what the kernel did by itself, a third what another changed meanwhile. */
const ROUNDS = 3;

export interface Target {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly node: NodeDef;
  readonly taken?: ReadonlySet<string>;
  /** What is wanted beside the definitions: settings that were other before a change that is taken back. */
  readonly also?: readonly Resource[];
  /** What was put right lately, and what is left alone; nothing where none is named. */
  readonly contests?: Contests;
}

/** What would be done on this node now. */
export interface Prepared {
  readonly facts: Facts;
  readonly compiled: Compiled;
  readonly plan: Plan;
  /** What the plan starts from. */
  readonly observed: readonly Observed[];
  /** What it leaves alone. */
  readonly spared: Spared;
  /** As the target had them, and what is left alone from now on. */
  readonly contests?: Contests;
  readonly runtimeDir: string;
  /** What may be taken over; absent where that is nothing. */
  readonly adoptions?: Adoptions | undefined;
  /** Things of others that hold nothing up although they stand in what goes: a person said so. */
  readonly overruled?: ReadonlySet<string>;
}

/** What is asked while changes are made. */
export interface Course {
  /** Ahead of the first change of each round: throws to refuse it. */
  readonly before: (plan: Plan) => Promise<void>;
  /** Why nothing further is to be begun; null while nothing speaks against it. */
  readonly stop?: () => string | null;
  /** At most so many rounds; a saved plan is one. */
  readonly rounds?: number;
}

export interface Enforced extends Prepared {
  readonly outcomes: readonly Outcome[];
  /** Read back after the last round: what still differs. Empty steps = the kernel is as wanted. */
  readonly remaining: Plan;
  readonly rounds: number;
}

/** Looks, compiles, reads and plans. Writes nothing. Throws HostError on a machine that is another node. */
export async function prepare(target: Target, runtimeDir: string): Promise<Prepared> {
  // One reading for both: what is compiled is compared with the very state that it was compiled for.
  const found = await inStage('looking at this node', () => readOwn());
  checkIdentity(target.node, target.catalog, found.links);
  const adoptions = adoptionsOn(target);
  const own = adopting(found, adoptions);
  const facts = await look({ ...asksOf(target), runtimeFolder: runtimeDir, own });
  const compiled = compile({ ...target, facts });
  const all = { ...compiled, resources: beside(compiled.resources, target.also) };
  const wanted = onlyWanted(adoptions, all.resources);
  return planned({ facts, compiled: all, spared: sparedOn(target), runtimeDir, adoptions: wanted }, adopting(found, wanted), target.contests);
}

/** The same for a node that no definition speaks of: nothing of ours is wanted, but for `also`. */
export async function prepareNothing(also: readonly Resource[], runtimeDir: string): Promise<Prepared> {
  const own = await readOwn();
  const facts = await look({ underlayAddress: '', users: [], egress: [], runtimeFolder: runtimeDir, own });
  return planned({ facts, compiled: { resources: also, troubles: [] }, spared: NOTHING_SPARED, runtimeDir }, own);
}

async function planned(found: Omit<Prepared, 'plan' | 'observed'>, own: OwnReading, contests: Contests = NO_CONTESTS): Promise<Prepared> {
  const { resources } = found.compiled;
  const observed = await observe(found, own);
  if (contests.size === 0) return { ...found, plan: planSparing(resources, observed, found.spared), observed };
  const now = Date.now();
  const leftBy = (memory: Contests): Spared => ({ ...found.spared, contests: leftAlone(memory, now) });
  const plan = planSparing(resources, observed, leftBy(contests));
  // What it finds again too often is left alone from now on, so nothing of it is planned.
  const next = leaving(contests, repairsIn(plan.steps, resources, KINDS), now, meddlersNow);
  const spared = leftBy(next);
  return { ...found, spared, contests: next, plan: next === contests ? plan : planSparing(resources, observed, spared), observed };
}

const NO_CONTESTS: Contests = new Map();

function beside(resources: readonly Resource[], also: readonly Resource[] = []): readonly Resource[] {
  if (also.length === 0) return resources;
  const wanted = new Set(resources.map(({ ref }) => ref));
  return [...resources, ...also.filter(({ ref }) => !wanted.has(ref))];
}

/** Applies a prepared plan and reads back until nothing differs, or the rounds end. */
export async function enforce(prepared: Prepared, { before, stop = () => null, rounds: most = ROUNDS }: Course): Promise<Enforced> {
  const outcomes: Outcome[] = [];
  let plan = prepared.plan;
  let rounds = 0;
  while (plan.steps.length > 0 && rounds < most && stop() === null) {
    await before(plan);
    rounds += 1;
    const singleLines = outcomes.some(outcome => outcome.status === 'unknown');
    const done = await inStage('changing the kernel', onDone => apply(plan.steps, { singleLines, stop, onDone }));
    outcomes.push(...done);
    plan = planSparing(prepared.compiled.resources, heeded(await observe(prepared), prepared.overruled), prepared.spared);
    if (sameFailures(done, plan)) break;
  }
  return { ...prepared, outcomes, remaining: plan, rounds };
}

/** The same, with what a person overruled in nobody's way. */
export function overruling(prepared: Prepared, refs: ReadonlySet<string>): Prepared {
  const observed = heeded(prepared.observed, refs);
  return { ...prepared, observed, overruled: refs, plan: planSparing(prepared.compiled.resources, observed, prepared.spared) };
}

function heeded(observed: readonly Observed[], overruled: ReadonlySet<string> = new Set()): readonly Observed[] {
  return overruled.size === 0 ? observed : observed.filter(({ ref, owner }) => owner !== 'foreign' || !overruled.has(ref));
}

/** Nothing but what just failed is left: another round would fail alike. */
function sameFailures(done: readonly Outcome[], left: Plan): boolean {
  const failed = new Set(done.filter(outcome => outcome.status === 'failed' || outcome.status === 'skipped').map(outcome => outcome.step.ref));
  return left.steps.length > 0 && left.steps.every(step => failed.has(step.ref));
}

async function observe({ compiled, runtimeDir: runtimeFolder, adoptions }: Observing, reading?: OwnReading): Promise<readonly Observed[]> {
  const own = reading ?? (adoptions === undefined ? undefined : adopting(await readOwn(), adoptions));
  const keys = compiled.resources.flatMap(resource => KINDS.get(resource.kind)?.keys?.(resource.spec) ?? []);
  const rows = await inStage('reading the kernel', () =>
    read({ netnses: scope(compiled.resources), keys, runtimeFolder, ...(own === undefined ? {} : { own }) }),
  );
  return rows.flatMap(part => [...KINDS.values()].flatMap(kind => kind.parse(part)));
}

type Observing = Pick<Prepared, 'compiled' | 'runtimeDir' | 'adoptions'>;

/** What a node is asked about itself for its definitions. */
export function asksOf({ catalog, node }: Pick<Target, 'catalog' | 'node'>): Parameters<typeof look>[0] {
  const owners = [...catalog.interfaces.values()].flatMap(iface => (isOn(iface, node.name) ? (iface.spec.attach.tap?.owner ?? []) : []));
  const egress = [...catalog.pools.values()].flatMap(pool => Object.values(egressDevice(pool, node)));
  return { underlayAddress: node.spec.underlay.address, users: [...new Set(owners)], egress: [...new Set(egress)] };
}
