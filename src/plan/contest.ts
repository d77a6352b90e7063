/**
 * What another program changes back again and again: after so many repairs in a row it is left as it is for a while, told, and tried
 * again later. What was repaired lately comes in as a memory and goes out as one; losing it costs a few repairs more.
 */
import { hash } from 'node:crypto';
import type { Kinds, Observed, Ref, Resource } from '../kinds/kind.ts';
import type { Step } from '../kinds/step.ts';
import { equal } from './compare.ts';
import type { Ignored } from './ignore.ts';

/** A thing, or a field of it, and how often it was put right. */
export interface Contest {
  readonly ref: Ref;
  readonly kind: string;
  /** '' for the whole thing, which is gone (or there) each time. */
  readonly field: string;
  /** Of what was wanted: with another value it is another matter. */
  readonly want: string;
  /** Milliseconds since the epoch: repairs in a row since it was left alone last, oldest first. */
  readonly repairs: readonly number[];
  /** How often it was left alone, and since when it is; absent while it is not. */
  readonly rounds: number;
  readonly leftAt?: number;
  /** Programs that may be the other one. */
  readonly who?: readonly string[];
}

export type Contests = ReadonlyMap<string, Contest>;

/** What is left as it is; its definition is '' for what nobody defines. */
export interface Contested extends Ignored {
  readonly who: readonly string[];
}

/** Five repairs, each within this of the one before, are a row. */
const ROW = 5;
const ROW_GAP_MS = 15 * 60_000;
/** How long it is left alone: twice as long each time that it goes on afterwards. */
const FIRST_LEFT_MS = 10 * 60_000;
const LONGEST_LEFT_MS = 6 * 3_600_000;
/** More is no quarrel about some things, but another state of everything. */
const MOST = 500;

/** A difference that a plan puts right for its own sake. */
interface Repair {
  readonly ref: Ref;
  readonly kind: string;
  readonly field: string;
  readonly want: string;
}

/**
 * Differences that could be a quarrel. Not what others stand on (it is always made again), what another step of the plan makes
 * necessary, nor kinds that insist.
 */
export function repairsIn(steps: readonly Step[], want: readonly Resource[], kinds: Kinds): readonly Repair[] {
  const wanted = new Map(want.map(resource => [resource.ref, resource]));
  const carrying = new Set(steps.filter(({ verb }) => verb === 'make').flatMap(({ needs }) => needs));
  return steps.flatMap((step, index): readonly Repair[] => {
    const { insists = [] } = kinds.get(step.kind) ?? {};
    if (step.because !== undefined || insists === true) return [];
    const { ref, kind, verb, replacing } = step;
    const spec = (wanted.get(ref)?.spec ?? {}) as Spec;
    const fields = step.changes
      .filter(({ forces }) => verb === 'update' || forces === true)
      .map(({ field }) => field)
      .filter(field => !insists.includes(field));
    if (verb === 'update' || (verb === 'make' && replacing)) return fields.map(field => ({ ref, kind, field, want: markOf(spec[field]) }));
    if (replacing) return [];
    if (verb === 'delete') return wanted.has(ref) ? [] : [{ ref, kind, field: '', want: ABSENT }];
    const stands = step.needs.some(need => steps[need]?.verb === 'make');
    return stands || carrying.has(index) ? [] : [{ ref, kind, field: '', want: markOf(spec) }];
  });
}

/** The memory when what this plan finds again has been repaired often enough: that is left alone from now on. */
export function leaving(memory: Contests, found: readonly Repair[], now: number, who: () => readonly string[]): Contests {
  const lost = found.filter(repair => isLost(memory.get(keyOf(repair)), repair, now));
  if (lost.length === 0) return memory;
  const next = new Map(memory);
  const others = who();
  for (const repair of lost) {
    const { rounds = 0 } = memory.get(keyOf(repair)) ?? {};
    next.set(keyOf(repair), { ...repair, repairs: [], rounds: rounds + 1, leftAt: now, who: others });
  }
  return next;
}

function isLost(contest: Contest | undefined, { want }: Repair, now: number): boolean {
  if (contest === undefined || contest.leftAt !== undefined || contest.want !== want) return false;
  return isInRow(contest, now) && contest.repairs.length >= (contest.rounds > 0 ? 1 : ROW);
}

// A clock that was set makes no row.
function isInRow({ repairs }: Contest, now: number): boolean {
  const last = repairs.at(-1);
  return last !== undefined && now >= last && now - last <= ROW_GAP_MS;
}

/** What is left alone now: not what was left for long enough, which is tried again. */
export function leftAlone(memory: Contests, now: number): readonly Contest[] {
  return [...memory.values()].filter(({ leftAt, rounds }) => leftAt !== undefined && now >= leftAt && now - leftAt < leftMs(rounds));
}

function leftMs(rounds: number): number {
  return Math.min(LONGEST_LEFT_MS, FIRST_LEFT_MS * 2 ** (rounds - 1));
}

/**
 * The memory after a pass.
 *
 * @param repaired  what it put right
 * @param contested what it left alone; what is not among them is as wanted again, or is another matter by now
 */
export function afterPass(memory: Contests, repaired: readonly Repair[], contested: readonly Contested[], now: number): Contests {
  const open = new Set(contested.map(keyOf));
  const next = new Map<string, Contest>();
  for (const [key, contest] of memory) {
    const isLeft = contest.leftAt !== undefined && now >= contest.leftAt && now - contest.leftAt < leftMs(contest.rounds);
    if (isLeft ? open.has(key) : isRemembered(contest, now)) next.set(key, contest);
  }
  for (const repair of repaired) {
    const before = next.get(keyOf(repair));
    const isSame = before !== undefined && before.want === repair.want;
    const repairs = isSame && isInRow(before, now) ? before.repairs.slice(-ROW) : [];
    next.set(keyOf(repair), { ...repair, repairs: [...repairs, now], rounds: isSame ? before.rounds : 0 });
  }
  return new Map([...next].slice(-MOST));
}

// What was left alone is tried again; when it is well for long it is forgotten.
function isRemembered(contest: Contest, now: number): boolean {
  const { leftAt, rounds } = contest;
  return leftAt === undefined ? isInRow(contest, now) : now >= leftAt && now - leftAt < leftMs(rounds) + LONGEST_LEFT_MS;
}

/** What is wanted, with what is left alone taken as it is; and what of it differs. */
export function contesting(
  want: readonly Resource[],
  have: readonly Observed[],
  left: readonly Contest[],
): { readonly want: readonly Resource[]; readonly contested: readonly Contested[] } {
  if (left.length === 0) return { want, contested: [] };
  const there = new Map(have.map(observed => [observed.ref, observed]));
  const next = new Map(want.map(resource => [resource.ref, resource]));
  const contested: Contested[] = [];
  for (const contest of left) {
    const { ref, kind, field, who = [] } = contest;
    const wanted = next.get(ref);
    const observed = there.get(ref);
    const tell = (values: { readonly want: unknown; readonly have: unknown }): void => {
      contested.push({ ref, kind, field, ...values, definition: wanted?.from[0]?.definition ?? observed?.formerly ?? '', who });
    };
    if (field !== '') {
      const spec = sparing(contest, wanted, observed);
      if (wanted === undefined || spec === null) continue;
      tell({ want: (wanted.spec as Spec)[field], have: spec[field] });
      next.set(ref, { ...wanted, spec });
    } else if (contest.want === ABSENT && wanted === undefined && observed?.owner === 'ours') {
      tell({ want: 'absent', have: 'there' });
      next.set(ref, { kind: observed.kind, ref, spec: observed.spec, from: [{ definition: observed.formerly ?? '', at: NOWHERE }] });
    } else if (wanted !== undefined && observed === undefined && markOf(wanted.spec) === contest.want) {
      tell({ want: 'there', have: 'absent' });
      next.delete(ref);
    }
  }
  return { want: [...next.values()], contested };
}

// The wanted spec with the field as it is; null where nothing differs, or another value is wanted by now.
function sparing({ kind, field, want }: Contest, wanted: Resource | undefined, observed: Observed | undefined): Spec | null {
  if (wanted === undefined || observed === undefined || observed.owner === 'foreign' || observed.kind !== kind || wanted.kind !== kind) return null;
  const [spec, is] = [wanted.spec as Spec, (observed.spec as Spec)[field]];
  return markOf(spec[field]) !== want || equal(spec[field], is) ? null : { ...spec, [field]: is };
}

/** One line each, for people: what keeps changing, between which values, and what to do. */
export function contestText({ ref, field, want, have, who }: Omit<Contested, 'kind' | 'definition'>): string {
  const what = field === '' ? ref : `${field} of ${ref}`;
  const others = who.length === 0 ? 'another program' : `perhaps ${who.join(' or ')}`;
  return `${what} was put right ${ROW} times and is ${shown(have)} again instead of ${shown(want)}: left as it is, since ${others} keeps changing it; make that leave it alone, then netloom resume`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 80) : (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

type Spec = Readonly<Record<string, unknown>>;

const ABSENT = '-';
const NOWHERE = { file: '', line: 0, col: 0 } as const;

function keyOf({ ref, field }: Pick<Contest, 'ref' | 'field'>): string {
  return `${ref} ${field}`;
}

function markOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value) ?? '').slice(0, 16);
}
