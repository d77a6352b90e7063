/**
 * Every act that a plan can hold, refused with every errno that it can have: what needs it is left out and nothing else, its object
 * says so, nothing goes that should not, and a pass after the fault does the rest in one round.
 */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { exitOf } from '../../src/cli/apply-command.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { outcomeText } from '../../src/cli/outcome-text.ts';
import { compile } from '../../src/compile/compile.ts';
import { adviceFor, codeOfErrno, type HostErrorCode } from '../../src/host/errors.ts';
import { cannotStart } from '../../src/host/exec.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Ref, Resource } from '../../src/kinds/kind.ts';
import { lane, type Op } from '../../src/kinds/op.ts';
import type { Step } from '../../src/kinds/step.ts';
import type { Catalog } from '../../src/objects/object.ts';
import type { Enforced } from '../../src/pass/enforce.ts';
import { type ReportArgs, reportOf } from '../../src/pass/report.ts';
import { NOTHING_SPARED } from '../../src/pass/spared.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { conditionOf } from '../../src/report/condition.ts';
import type { NodeReport, ObjectReport } from '../../src/report/node-report.ts';
import { FACTS, RUNTIME_DIR } from '../kernel/support/definitions.ts';
import { RICH, WANTED } from '../kernel/support/rich.ts';
import { codeFor, ERRNOS, type Errno, isGone, strerror, systemError } from '../support/act-errnos.ts';
import { type Carried, carryOut, planFrom } from '../support/fake-host.ts';

type Kernel = ReadonlyMap<Ref, Observed>;

const FOREIGN = { owner: 'foreign' } as const;
const AROUND: Kernel = new Map<Ref, Observed>(
  [
    ...['g1', 'g2'].map(name => ({ kind: 'netns', ref: `netns:${name}` as const, spec: { name }, ...FOREIGN })),
    ...['eth0', 'eth1'].map(name => ({ kind: 'other-link', ref: `link:/${name}` as const, spec: { netns: '', name }, ...FOREIGN })),
  ].map(each => [each.ref, each]),
);

/** A way from one kernel to another, and an act of each form on it. */
interface Way {
  readonly name: string;
  readonly from: Kernel;
  readonly want: readonly Resource[];
  readonly plan: Plan;
}

const way = (name: string, from: Kernel, want: readonly Resource[]): Way => ({ name, from, want, plan: planFrom(from, want) });

/** What can go and leave what it was on. */
const ENTRIES: ReadonlySet<string> = new Set(['address', 'route', 'neigh', 'flood', 'vtep', 'fdb', 'rule', 'proxy', 'announce']);

const make = way('make', AROUND, WANTED);
const made = (await carryOut(AROUND, make.plan, WANTED)).kernel;
const WAYS: readonly Way[] = [
  make,
  way(
    'shrink',
    nameless(made),
    WANTED.filter(({ kind }) => !ENTRIES.has(kind)),
  ),
  way('delete', nameless(made), []),
  way('repair', new Map([...made].map(([ref, seen]) => [ref, drifted(seen)])), WANTED),
];

// Most of the kernel does not say what it was made for.
function nameless(kernel: Kernel): Kernel {
  return new Map([...kernel].map(([ref, { formerly: _, ...seen }]) => [ref, seen]));
}

// Every field that can be set is other than it should be.
function drifted(seen: Observed): Observed {
  const fields = KINDS.get(seen.kind)?.fields ?? {};
  if (seen.owner === 'foreign') return seen;
  return { ...seen, spec: Object.fromEntries(Object.entries(seen.spec).map(([field, value]) => [field, fields[field] === 'live' ? another(value) : value])) };
}

function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  return Array.isArray(value) ? [] : 'another';
}

/** An act that is to be refused: the first of its form. */
interface Target {
  readonly way: Way;
  readonly step: Step;
  readonly op: Op;
}

// A link is named, put into a bridge and brought up by the same act; some tools have another way into a namespace.
const formOf = (op: Op): string => {
  const what = op.op === 'link-set' ? ['name', 'master', 'up', 'alias', 'mac'].find(field => field in op.set) : undefined;
  const where = ['nft-replace', 'sysctl-set', 'addr-add'].includes(op.op) && 'netns' in op && op.netns !== '' ? 'in a namespace' : undefined;
  return [op.op, what, where].filter(word => word !== undefined).join(' ');
};

// What is only said again differs in nothing that can be read.
const isNeeded = ({ verb, changes }: Step): boolean => verb !== 'update' || changes.length > 0;
const ALL = WAYS.flatMap(each => each.plan.steps.filter(isNeeded).flatMap(step => step.ops.map(op => ({ way: each, step, op }))));
const TARGETS: readonly Target[] = [...new Map(ALL.toReversed().map(each => [formOf(each.op), each])).values()];

afterAll(() => rmSync(RUNTIME_DIR, { recursive: true, force: true }));

test('a plan without a fault is carried out whole on each way', async () => {
  for (const { name, from, want, plan } of WAYS) {
    const { outcomes, kernel } = await carryOut(from, plan, want);
    expect([name, outcomes.filter(({ status }) => status !== 'done'), planFrom(kernel, want).steps]).toEqual([name, [], []]);
  }
});

test('every kind of act is met, in every row', () => {
  expect([...new Set(TARGETS.map(({ op }) => op.op))].sort()).toEqual(Object.keys(ERRNOS).sort());
  for (const [op, errnos] of Object.entries(ERRNOS)) expect(errnos.length, op).toBeGreaterThanOrEqual(6);
});

describe.each(Object.keys(ERRNOS) as Op['op'][])('%s', name => {
  test.each(TARGETS.filter(({ op }) => op.op === name).map(target => [`${target.way.name}: ${formOf(target.op)}`, target] as const))(
    'refused, %s',
    async (_, target) => {
      for (const errno of ERRNOS[name]) await expectHandled(target, errno);
    },
  );
});

describe('a tool that never comes to its first act', () => {
  const said = (tool: string, netns: string): readonly (readonly [string | Error, HostErrorCode])[] => [
    ...(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES'] as const).map(errno => {
      const error = cannotStart(tool, undefined, systemError(errno, 'spawn', tool));
      return [error, codeOfErrno(systemError(errno, 'spawn', tool))] as const;
    }),
    [`setpriv: failed to execute /usr/sbin/${tool}: No such file or directory`, 'no-entry'],
    [`${tool}: error while loading shared libraries: libmnl.so.0: cannot open shared object file: Error 24`, 'too-many-files'],
    ['Cannot open netlink socket: Too many open files', 'too-many-files'],
    ...(netns === ''
      ? []
      : ([
          [`Cannot open network namespace "${netns}": Too many open files`, 'too-many-files'],
          [`setting the network namespace "${netns}" failed: Operation not permitted`, 'not-permitted'],
          [`nsenter: cannot open /run/netns/${netns}: Permission denied`, 'not-permitted'],
          [`nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted`, 'not-permitted'],
        ] as const)),
  ];
  const lanes = ({ plan }: Way) =>
    [...new Set(plan.steps.flatMap(({ ops }) => ops.map(lane)))].filter(each => /^(ip|bridge|nft|sysctl):/.test(each) && each !== 'sysctl:');
  test.each(WAYS.flatMap(each => lanes(each).map(where => [`${each.name} by ${where}`, each, where] as const)))(
    '%s: none of its acts counts as done, and all others are',
    async (_, { from, want, plan }, where) => {
      const [tool = '', netns = ''] = where.split(':');
      for (const [says, code] of said(tool, netns)) {
        const carried = await carryOut(from, plan, want, { lane: where, says });
        const words = `${says}`.replace(/^.*cannot start/, 'cannot start').toLowerCase();
        const of = (status: string) => carried.outcomes.filter(one => one.status === status);
        expect([words, carried.met > 0, of('unknown')]).toEqual([words, true, []]);
        for (const one of of('failed'))
          expect([one.code, one.error?.toLowerCase(), one.step.ops.some(op => lane(op) === where)]).toEqual([code, expect.stringContaining(words), true]);
        const undone = carried.outcomes.flatMap((one, at) => (one.step.ops.some(op => lane(op) === where) ? [at] : []));
        expect(
          undone.every(at => carried.outcomes[at]?.status !== 'done'),
          words,
        ).toBe(true);
        for (const one of of('skipped')) expect(one.error, words).toMatch(/^needs .*, which (failed|was skipped)$/);
        expectNothingLost(from, carried.kernel, want, plan, words);
        const healed = await carryOut(carried.kernel, planFrom(carried.kernel, want), want);
        expect([words, badly(healed), planFrom(healed.kernel, want).steps.map(left => left.ref)]).toEqual([words, [], []]);
      }
    },
  );
});

async function expectHandled({ way: { from, want, plan }, step, op }: Target, errno: Errno): Promise<void> {
  const where = `${errno} at ${op.op} of ${step.verb} ${step.ref}`;
  const carried = await carryOut(from, plan, want, { op, errno });
  expect(carried.met, where).toBeGreaterThan(0);
  const remaining = planFrom(carried.kernel, want);
  const enforced = enforcedOf(plan, remaining, carried);
  if (isGone(op, errno)) expect(badly(carried), where).toEqual([]);
  else expectTold(enforced, step, { errno, code: codeFor(op, errno), where });
  expectNothingLost(from, carried.kernel, want, plan, where);
  // What is left was refused or needs that; the next pass does it in one round.
  const healed = await carryOut(carried.kernel, remaining, want);
  expect([where, badly(healed), planFrom(healed.kernel, want).steps.map(left => left.ref)]).toEqual([where, [], []]);
}

const badly = ({ outcomes }: Carried): readonly string[] =>
  outcomes.flatMap(one => (one.status === 'done' ? [] : [`${one.status} ${one.step.verb} ${one.step.ref}: ${one.error}`]));

interface Said {
  readonly errno: Errno;
  readonly code: HostErrorCode;
  readonly where: string;
}

function expectTold(enforced: Enforced, step: Step, { errno, code, where }: Said): void {
  const { plan, outcomes, remaining } = enforced;
  const needing = closure(plan.steps, plan.steps.indexOf(step));
  const title = ({ verb, ref }: Step): string => `${verb} ${ref}`;
  const by = (status: string) => outcomes.filter(one => one.status === status).map(one => title(one.step));
  expect([where, by('failed'), by('unknown'), by('skipped')]).toEqual([where, [title(step)], [], [...needing].map(title)]);
  const failed = outcomes.find(one => one.step === step);
  const words = errno === 'ENODEV' ? /No such device|Cannot find device/i : new RegExp(`${strerror(errno)}|${errno}`, 'i');
  expect(failed?.code, where).toBe(code);
  expect(failed?.error, where).toMatch(words);
  expect(failed?.error, where).toContain(adviceFor(code));
  expect(failed?.error?.split(adviceFor(code)).length, where).toBe(2);
  const refs = new Set([step, ...needing].map(({ ref }) => ref));
  expect(
    remaining.steps.filter(({ ref, because }) => !refs.has(ref) && (because === undefined || !refs.has(because))).map(({ ref }) => ref),
    where,
  ).toEqual([]);
  expect([exitOf(enforced), outcomeText(enforced).match(/^failed: /gm)?.length], where).toEqual([EXIT.partly, 1]);
  expectReported(enforced, step, where);
}

function closure(steps: readonly Step[], first: number): ReadonlySet<Step> {
  const undone = new Set([first]);
  steps.forEach((step, at) => {
    if (step.needs.some(need => undone.has(need))) undone.add(at);
  });
  undone.delete(first);
  return new Set([...undone].map(at => steps[at] as Step));
}

// The condition of the object that asked for it tells the act and the errno; what has nothing to do with it is as it was.
function expectReported(enforced: Enforced, step: Step, where: string): void {
  const report = reportOf(argsFor(enforced));
  const error = enforced.outcomes.find(one => one.step === step)?.error ?? 'not told';
  const told = objectsOf(report);
  const ready = conditionOf(report.conditions, 'Ready');
  expect([where, ready?.status, report.revision.applied]).toEqual([where, false, '']);
  const owners = step.from.map(({ definition }) => definition);
  for (const owner of owners) {
    if (told.has(owner)) expect(told.get(owner), where).toMatchObject({ state: 'error', reason: 'ApplyFailed', message: expect.stringContaining(error) });
  }
  const all = [...report.conditions, ...told.values()].filter(({ reason }) => reason === 'ApplyFailed').map(({ message }) => message);
  if (!owners.some(owner => told.has(owner))) expect(all.join('\n'), where).toContain(error);
  const touched = new Set(enforced.remaining.steps.flatMap(({ from }) => from.map(({ definition }) => definition)));
  const isKnown = enforced.remaining.steps.every(({ from }) => from.length > 0);
  const strangers = [...told].filter(([definition, { state }]) => isKnown && state === 'error' && !touched.has(definition)).map(([definition]) => definition);
  expect([where, strangers]).toEqual([where, []]);
}

function objectsOf(report: NodeReport): ReadonlyMap<string, ObjectReport> {
  const of = (kind: string, all: Readonly<Record<string, ObjectReport>>) => Object.entries(all).map(([key, each]) => [`${kind} ${key}`, each] as const);
  const { networks, interfaces, pools, floatingIPs, routedIPs } = report;
  return new Map([
    ...of('Network', networks),
    ...of('Interface', interfaces),
    ...of('AddressPool', pools),
    ...of('FloatingIP', floatingIPs),
    ...of('RoutedIP', routedIPs),
  ]);
}

/** What is foreign, and what is ours and wanted, is there after the pass if it was before, but for what the plan takes away to bring it back. */
function expectNothingLost(from: Kernel, after: Kernel, want: readonly Resource[], plan: Plan, where: string): void {
  const wanted = new Set(want.map(({ ref }) => ref));
  const taken = new Set(plan.steps.flatMap(({ verb, ref, replacing, because }) => (verb === 'delete' || replacing || because !== undefined ? [ref] : [])));
  const lost = [...from].filter(([ref, { owner }]) => !after.has(ref) && !taken.has(ref) && (owner === 'foreign' || wanted.has(ref)));
  expect([where, lost.map(([ref]) => ref)]).toEqual([where, []]);
}

const COMPILED = compile({ ...RICH, facts: FACTS });

function enforcedOf(plan: Plan, remaining: Plan, { outcomes }: Carried): Enforced {
  return { facts: FACTS, compiled: COMPILED, plan, observed: [], spared: NOTHING_SPARED, runtimeDir: RUNTIME_DIR, outcomes, remaining, rounds: 1 };
}

function argsFor(enforced: Enforced): ReportArgs {
  const pulled = { tips: { main: 'a', status: 'b' }, good: { revision: 'a', path: '', files: [] }, refusal: null, source: null };
  const settled = { ledger: RICH.ledger, tip: 'b', changes: [], pending: [], notes: [], problem: null, at: '', isKnown: true, because: null };
  return {
    config: { node: 'n1', mode: 'enforce' },
    pulled: { ...pulled, catalog: RICH.catalog as Catalog, warnings: [], remarks: [], commit: null, advanced: false, isAccepted: false },
    settled,
    catalog: RICH.catalog,
    enforced,
    suspended: null,
    fleet: { nodes: 3, pushesPerMinute: 6 },
    before: null,
    now: '2026-11-21T10:00:00Z',
  };
}
