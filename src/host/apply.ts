/**
 * Does what a plan says, in its order: consecutive acts of one lane go as one batch. A refused act fails its step and skips
 * what needs it, everything else goes on. When a batch ends without telling where, all stops: what is not known is said to be
 * unknown, nothing is run twice, and the caller reads and plans again.
 */
import { OURS } from '../kinds/marks.ts';
import { lane } from '../kinds/op.ts';
import type { Outcome, OutcomeStatus, Step } from '../kinds/step.ts';
import { type Act, type Carried, carry, worded } from './carry.ts';
import { adviceFor, HostError, type HostErrorCode } from './errors.ts';
import { SYSTEM, type System } from './system.ts';

/** One process (or a run of sysctl writes) that is over. */
export interface BatchReport {
  readonly lane: string;
  readonly acts: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly ended: 'done' | 'failed' | 'lost';
}

export interface ApplyOptions {
  /** One process for each act: exact about what failed, and slow. For the round after an `unknown`. */
  readonly singleLines?: boolean;
  readonly onBatch?: (report: BatchReport) => void;
  /** Told after each batch how many acts are over. */
  readonly onDone?: (done: number, of: number) => void;
  /** Asked ahead of each batch: why no further one is to begin (`SIGTERM`); null while nothing speaks against it. */
  readonly stop?: () => string | null;
  /** A test's own, which fails on command. */
  readonly system?: System;
}

interface Task extends Act {
  readonly lane: string;
  /** Index of its step. */
  readonly step: number;
  done: boolean;
}

interface Work {
  readonly system: System;
  readonly steps: readonly Step[];
  readonly acts: readonly Task[];
  readonly status: (OutcomeStatus | 'open')[];
  readonly error: (string | undefined)[];
  readonly code: (HostErrorCode | undefined)[];
  readonly left: number[];
  readonly startedAt: number[];
  readonly durationMs: number[];
  /** Every act before it is over. */
  cursor: number;
  /** A step failed, so that others may have to be skipped. */
  hasFailures: boolean;
  /** Why the rest was not begun. */
  stopped: string | null;
  /** Namespaces whose links are deleted one by one. */
  readonly ungrouped: Set<string>;
  /** Namespaces whose doomed group holds nothing but what this plan deletes. */
  readonly groupChecked: Set<string>;
}

/** Outcomes in the order of the steps. Throws HostError only before the first change (a tool is missing). */
export async function apply(steps: readonly Step[], options: ApplyOptions = {}): Promise<readonly Outcome[]> {
  const work = begin(steps, options.system ?? SYSTEM);
  for (const tool of new Set(work.acts.map(act => act.lane.slice(0, act.lane.indexOf(':'))))) if (TOOLS.has(tool)) work.system.find(tool);
  for (let batch = nextBatch(work, options); batch.length > 0; batch = nextBatch(work, options)) {
    work.stopped = options.stop?.() ?? null;
    if (work.stopped !== null) break;
    const grouped = options.singleLines !== true && (await mayGroup(work, batch));
    if (!(await settle(work, batch, grouped, options))) break;
    options.onDone?.(work.cursor, work.acts.length);
  }
  return outcomes(work);
}

/** Without these nothing can be done; what else is missing stops only what needs it. */
const TOOLS: ReadonlySet<string> = new Set(['ip', 'bridge', 'nft']);

function begin(steps: readonly Step[], system: System): Work {
  const acts: Task[] = [];
  for (const [index, step] of steps.entries()) for (const op of step.ops) acts.push({ op, text: worded(op).text, lane: lane(op), step: index, done: false });
  return {
    system,
    steps,
    acts,
    status: steps.map(step => (step.ops.length === 0 ? 'done' : 'open')),
    error: steps.map(() => undefined),
    code: steps.map(() => undefined),
    left: steps.map(step => step.ops.length),
    startedAt: steps.map(() => 0),
    durationMs: steps.map(() => 0),
    cursor: 0,
    hasFailures: false,
    stopped: null,
    ungrouped: new Set(),
    groupChecked: new Set(),
  };
}

/** A batch is what a signal waits for: some seconds at most. */
const MOST_IN_A_BATCH = 500;

// The next acts of one lane whose steps may run. What a step needs is done, or comes before it in the same batch, which ends at a failure.
function nextBatch(work: Work, options: ApplyOptions): readonly Task[] {
  const batch: Task[] = [];
  while (work.cursor < work.acts.length && isOver(work, work.acts[work.cursor])) work.cursor++;
  for (let at = work.cursor; at < work.acts.length; at++) {
    const act = work.acts[at];
    if (act === undefined || isOver(work, act) || skipped(work, act.step)) continue;
    if (batch[0] !== undefined && act.lane !== batch[0].lane) break;
    batch.push(act);
    if (options.singleLines === true || batch.length >= MOST_IN_A_BATCH) break;
  }
  return batch;
}

function isOver(work: Work, act: Task | undefined): boolean {
  return act === undefined || act.done || work.status[act.step] !== 'open';
}

function skipped(work: Work, index: number): boolean {
  if (!work.hasFailures) return false;
  const blocker = work.steps[index]?.needs.find(need => work.status[need] === 'failed' || work.status[need] === 'skipped');
  if (blocker === undefined) return false;
  work.status[index] = 'skipped';
  const cause = work.steps[blocker];
  work.error[index] = `needs ${cause?.title} ${cause?.ref}, which ${work.status[blocker] === 'failed' ? 'failed' : 'was skipped'}`;
  work.startedAt[index] = Date.now();
  return true;
}

// False when all must stop.
async function settle(work: Work, batch: readonly Task[], grouped: boolean, options: ApplyOptions): Promise<boolean> {
  const startedAt = Date.now();
  const from = performance.now();
  const end = await carry(batch, grouped, work.system);
  const durationMs = performance.now() - from;
  for (const step of new Set(batch.map(act => act.step))) {
    work.startedAt[step] ||= startedAt;
    work.durationMs[step] = (work.durationMs[step] ?? 0) + durationMs;
  }
  const laneName = batch[0]?.lane ?? '';
  if (end.groupRefused === true) work.ungrouped.add(laneName);
  note(work, batch, end);
  const ended = end.lost !== undefined ? 'lost' : end.failed !== undefined ? 'failed' : 'done';
  options.onBatch?.({ lane: laneName, acts: batch.length, startedAt, durationMs, ended });
  return end.lost === undefined;
}

function note(work: Work, batch: readonly Task[], end: Carried): void {
  for (const index of end.done) finish(work, batch[index]);
  for (const { index, code, words } of end.failed ?? []) fail(work, batch[index], code, words);
  if (end.lost === undefined) return;
  for (const { step } of batch) {
    work.code[step] ??= end.lost.code;
    work.error[step] ??= lowerFirst(`the batch ended without telling where: ${end.lost.words}`);
  }
}

function finish(work: Work, act: Task | undefined): void {
  if (act === undefined || act.done) return;
  act.done = true;
  work.left[act.step] = (work.left[act.step] ?? 1) - 1;
  if (work.left[act.step] === 0 && work.status[act.step] === 'open') work.status[act.step] = 'done';
}

function fail(work: Work, act: Task | undefined, code: HostErrorCode, words: string): void {
  // A step is failed by its first act that is.
  if (act === undefined || work.status[act.step] !== 'open') return;
  const count = work.steps[act.step]?.ops.length ?? 1;
  const nth = count - (work.left[act.step] ?? 0) + 1;
  const advice = adviceFor(code);
  work.status[act.step] = 'failed';
  work.hasFailures = true;
  work.code[act.step] = code;
  const todo = advice === '' || words.includes(advice) ? '' : `; ${advice}`;
  work.error[act.step] = lowerFirst(`${words}${count > 1 ? ` (act ${nth} of ${count})` : ''}${todo}`);
}

const NOT_RUN = 'not run: an earlier batch ended without telling where';

function lowerFirst(text: string): string {
  // The name of an errno is no sentence.
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

function outcomes(work: Work): readonly Outcome[] {
  return work.steps.map((step, index) => {
    const status = work.status[index];
    const error = work.error[index] ?? (status === 'open' ? (work.stopped === null ? NOT_RUN : `not run: stopped by ${work.stopped}`) : undefined);
    const code = work.code[index];
    return {
      step,
      status: status === undefined || status === 'open' ? (work.stopped === null ? 'unknown' : 'skipped') : status,
      ...(error === undefined ? {} : { error }),
      ...(code === undefined ? {} : { code }),
      startedAt: work.startedAt[index] || Date.now(),
      durationMs: work.durationMs[index] ?? 0,
    };
  });
}

// The group is deleted as a whole, so nothing may be in it but what this plan deletes. Whoever else put a link there gets single deletes.
async function mayGroup(work: Work, batch: readonly Task[]): Promise<boolean> {
  const first = batch[0];
  if (first === undefined || work.ungrouped.has(first.lane)) return false;
  if (!batch.some((act, at) => act.op.op === 'link-del' && batch[at + 1]?.op.op === 'link-del')) return false;
  if (work.groupChecked.has(first.lane)) return true;
  work.groupChecked.add(first.lane);
  const deleted = new Set(work.acts.flatMap(act => (act.op.op === 'link-del' && act.lane === first.lane ? [act.op.name] : [])));
  const doomed = await doomedNow(first.lane.slice('ip:'.length), work.system);
  if (doomed?.every(name => deleted.has(name)) === true) return true;
  work.ungrouped.add(first.lane);
  return false;
}

// null: could not be read, or not whole.
async function doomedNow(netns: string, system: System): Promise<readonly string[] | null> {
  const where = netns === '' ? [] : ['-n', netns];
  const found = await system.run('ip', [...where, '-N', '-j', 'link', 'show', 'group', String(OURS.doomed)], { timeoutMs: 60_000 }).catch(unread);
  if (found === null || found.exitCode !== 0 || found.stderr !== '') return null;
  const { stdout } = found;
  const rows: unknown = stdout.trim() === '' ? [] : JSON.parse(stdout);
  return Array.isArray(rows) ? rows.flatMap((row: { ifname?: string }) => (row.ifname === undefined ? [] : [row.ifname])) : [];
}

function unread(error: unknown): null {
  if (error instanceof HostError) return null;
  throw error;
}
