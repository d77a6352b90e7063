/**
 * A host that fails on command, and a kernel that keeps what was done. Below `apply` all is as on a node: batches of lines, texts and
 * calls go out, words and errnos come back. It proves how a pass reacts, never that a kernel does what it is told.
 */
import { apply } from '../../src/host/apply.ts';
import { worded } from '../../src/host/carry.ts';
import type { RunResult } from '../../src/host/exec.ts';
import type { System } from '../../src/host/system.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { AnyKind, Observed, Ref, Resource } from '../../src/kinds/kind.ts';
import { lane, type Op } from '../../src/kinds/op.ts';
import type { Outcome, Step } from '../../src/kinds/step.ts';
import { diff } from '../../src/plan/diff.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { alwaysThere, readBack } from '../../src/plan/standing.ts';
import { type Errno, isGone, saidByIp, saidByNft, saidBySysctl, systemError, thrownBy } from './act-errnos.ts';

export interface Fault {
  readonly op: Op;
  readonly errno: Errno;
}

/** The tool for acts of this lane never comes to its first act: it throws, or says so and ends. */
export interface NoStart {
  readonly lane: string;
  readonly says: Error | string;
}

type Kernel = ReadonlyMap<Ref, Observed>;

const kindOf = (name: string): AnyKind => KINDS.get(name) as AnyKind;

/** The way to `want` from what is there. */
export function planFrom(kernel: Kernel, want: readonly Resource[]): Plan {
  const have = [...kernel.values()];
  return diff(want, [...have, ...alwaysThere(want, have, KINDS)], KINDS);
}

/** How often the fault was met, what became of the steps, and the kernel afterwards. */
export interface Carried {
  readonly met: number;
  readonly outcomes: readonly Outcome[];
  readonly kernel: Kernel;
}

/** Carries a plan out on a copy of the kernel. */
export async function carryOut(before: Kernel, plan: Plan, want: readonly Resource[], fault: Fault | NoStart | null = null): Promise<Carried> {
  const acts = plan.steps.flatMap(step => step.ops.map((op, nth): Act => ({ op, step, nth, lane: lane(op), text: worded(op).text })));
  const host: Host = { kernel: new Map(before), acts, left: new Set(acts), want: new Map(want.map(each => [each.ref, each])), ...armed(fault), met: 0 };
  const outcomes = await apply(plan.steps, { system: systemOf(host) });
  // What is made with another thing has no act of its own.
  for (const step of plan.steps) if (step.ops.length === 0 && step.verb === 'make' && tiesHold(host, step.ref)) put(host, step.ref, true);
  return { met: host.met, outcomes, kernel: host.kernel };
}

function armed(fault: Fault | NoStart | null): { fault: Fault | null; noStart: NoStart | null } {
  if (fault === null) return { fault, noStart: null };
  return 'op' in fault ? { fault, noStart: null } : { fault: null, noStart: fault };
}

interface Act {
  readonly op: Op;
  readonly step: Step;
  /** Its place among the acts of its step. */
  readonly nth: number;
  readonly lane: string;
  readonly text: string;
}

interface Host {
  readonly kernel: Map<Ref, Observed>;
  readonly acts: readonly Act[];
  /** Not done yet. */
  readonly left: Set<Act>;
  readonly want: ReadonlyMap<Ref, Resource>;
  readonly fault: Fault | null;
  readonly noStart: NoStart | null;
  met: number;
}

const FINE: RunResult = { stdout: '', stderr: '', exitCode: 0, signal: null };
const refused = (stderr: string): RunResult => ({ stdout: '', stderr: `${stderr}\n`, exitCode: 1, signal: null });

function systemOf(host: Host): System {
  return {
    find: () => undefined,
    run: async (program, args, { stdin = '' }) => {
      const [tool, netns, rest] = entered(program, args);
      if (host.noStart?.lane === `${tool}:${netns}`) return unstarted(host, host.noStart);
      if (rest.includes('show')) return { ...FINE, stdout: '[]' };
      if (tool === 'nft') return tables(host, `nft:${netns}`, String(stdin));
      if (tool === 'sysctl') return settings(host, `sysctl:${netns}`);
      return lines(host, `${tool}:${netns}`, String(stdin).trimEnd().split('\n'));
    },
    set: (path, value) => {
      const act = found(host, each => each.lane === 'sysctl:' && each.text === path && 'value' in each.op && each.op.value === value);
      if (isArmed(host, act)) throw systemError(host.fault?.errno ?? 'EIO', 'open', path);
      done(host, act);
    },
    act: async op => {
      const act = found(host, each => each.op === op);
      if (isArmed(host, act)) throw thrownBy(op, host.fault?.errno ?? 'EIO');
      done(host, act);
    },
  };
}

function unstarted(host: Host, { says }: NoStart): RunResult {
  host.met += 1;
  if (typeof says !== 'string') throw says;
  return refused(says);
}

// nsenter --net=/run/netns/NAME -- TOOL ..., ip -n NAME ..., or the tool alone.
function entered(program: string, args: readonly string[]): readonly [string, string, readonly string[]] {
  const [first = '', , tool = '', ...rest] = args;
  if (program === 'nsenter') return [tool, first.slice('--net=/run/netns/'.length), rest];
  return first === '-n' ? [program, args[1] ?? '', args.slice(2)] : [program, '', args];
}

function found(host: Host, isIt: (act: Act) => boolean): Act {
  const act = [...host.left].find(isIt) ?? host.acts.find(isIt);
  if (act === undefined) throw new Error('the host was asked for what no plan says');
  return act;
}

function isArmed(host: Host, act: Act): boolean {
  if (host.fault?.op !== act.op) return false;
  host.met += 1;
  // It says that the thing went by itself.
  if (isGone(act.op, host.fault.errno)) done(host, act);
  return true;
}

function lines(host: Host, where: string, all: readonly string[]): RunResult {
  const doomed: Act[] = [];
  for (const [at, line] of all.entries()) {
    const mark = /^link set dev (\S+) group 98$/.exec(line);
    const act = (text: string): Act => found(host, each => each.lane === where && each.text === text);
    const acts = line === 'link del group 98' ? doomed.splice(0) : mark === null ? [act(line)] : [];
    if (mark !== null) doomed.push(act(`link del dev ${mark[1]}`));
    for (const each of acts) {
      if (isArmed(host, each)) return refused(`${saidByIp(each.op, host.fault?.errno ?? 'EIO')}\nCommand failed -:${at + 1}`);
    }
    for (const each of acts) done(host, each);
  }
  return FINE;
}

// One transaction: all or nothing.
function tables(host: Host, where: string, text: string): RunResult {
  const acts = [...host.left].filter(each => each.lane === where && text.includes(`${each.text}\n`));
  for (const each of acts) if (isArmed(host, each)) return refused(saidByNft(host.fault?.errno ?? 'EIO'));
  for (const each of acts) done(host, each);
  return FINE;
}

// It goes on after a failure.
function settings(host: Host, where: string): RunResult {
  const acts = [...host.left].filter(each => each.lane === where);
  const wrong = acts.filter(each => isArmed(host, each));
  for (const each of acts) if (!wrong.includes(each)) done(host, each);
  return wrong.length === 0 ? FINE : refused(wrong.map(({ op }) => saidBySysctl('key' in op ? op.key : '', host.fault?.errno ?? 'EIO')).join('\n'));
}

function done(host: Host, act: Act): void {
  const { step, nth } = act;
  if (!host.left.delete(act)) return;
  const isLast = nth === step.ops.length - 1;
  if (step.verb === 'delete') {
    if (isLast) take(host.kernel, step.ref);
  } else if (step.verb === 'make') put(host, step.ref, isLast, nth + 1);
  else if (isLast) put(host, step.ref, true);
}

/** How many acts it takes until the thing is there; one, where nothing is said. */
const BORN: Readonly<Record<string, number>> = { tap: 2, announce: Number.POSITIVE_INFINITY };

function put(host: Host, ref: Ref, isWhole: boolean, acts = 0): void {
  const want = host.want.get(ref) as Resource;
  const kind = kindOf(want.kind);
  if (!isWhole && acts < (BORN[want.kind] ?? 1)) return;
  const whole = readBack(want, kind);
  const born = Object.entries(whole.spec).map(([field, value]) => [field, kind.fields[field] === 'live' && kind.birth?.[field] === undefined ? null : value]);
  host.kernel.set(ref, isWhole ? whole : { ...whole, spec: Object.fromEntries(born) });
}

function tiesHold(host: Host, ref: Ref): boolean {
  const want = host.want.get(ref);
  return (
    want !== undefined &&
    kindOf(want.kind)
      .ties(want.spec)
      .every(({ to, when }) => when !== 'goes' || host.kernel.has(to))
  );
}

// With all that hangs on it.
function take(kernel: Map<Ref, Observed>, ref: Ref): void {
  const going = [ref];
  for (const next of going) {
    if (!kernel.delete(next)) continue;
    for (const [other, { kind, spec }] of kernel)
      if (
        kindOf(kind)
          .ties(spec)
          .some(({ to, when }) => when === 'goes' && to === next)
      )
        going.push(other);
  }
}
