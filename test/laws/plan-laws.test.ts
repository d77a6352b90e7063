/** The laws of the planner, against a model kernel. NETLOOM_LAW_RUNS sets the number of random worlds for each law. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ref, Resource } from '../../src/kinds/kind.ts';
import type { Step } from '../../src/kinds/step.ts';
import { diff } from '../../src/plan/diff.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { act, type Kernel, observe, type Thing } from './model-kernel.ts';
import { actsOf, MODEL, modelKind, type Spec } from './model-kinds.ts';
import { anyDeed, anyDisowning, anyTwoWants, anyWant, type Deed, happen } from './worlds.ts';

const numRuns = Number(process.env.NETLOOM_LAW_RUNS ?? 200);

const planFor = (kernel: Kernel, want: readonly Resource[]): Plan => diff(want, observe(kernel, want), MODEL);

/** Does the steps in order; stops after `acts` acts. Throws what the kernel refuses, with the plan. */
function carryOut(kernel: Kernel, steps: readonly Step[], acts = Number.POSITIVE_INFINITY): number {
  let done = 0;
  for (const step of steps) {
    for (const doing of actsOf(step.ops)) {
      if (done++ >= acts) return done;
      try {
        act(kernel, doing);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${steps.map(told).join('\n')}`);
      }
    }
  }
  return done;
}

const told = (step: Step, at: number): string => `${at} ${step.verb} ${step.ref} needs ${step.needs.join(',')}`;

/** A kernel that has `want`, after which things have happened to it. */
function lived(want: readonly Resource[], before: readonly Deed[], after: readonly Deed[]): Kernel {
  const kernel: Kernel = new Map();
  for (const deed of before) happen(kernel, deed);
  carryOut(kernel, planFor(kernel, want).steps);
  for (const deed of after) happen(kernel, deed);
  return kernel;
}

const anyPast = fc.tuple(
  fc.array(anyDeed, { maxLength: 5 }),
  fc.array(fc.oneof({ weight: 8, arbitrary: anyDeed }, { weight: 1, arbitrary: anyDisowning }), { maxLength: 6 }),
);
const anyTransition = fc.tuple(anyTwoWants, anyPast).map(([[old, want], [before, after]]) => ({ want, found: [...lived(old, before, after)] }));

/** A want, and a kernel as it is found; shown in full when a law is broken. */
interface Transition {
  readonly want: readonly Resource[];
  readonly found: readonly (readonly [Ref, Thing])[];
}

const show = ({ want, found }: Transition): string =>
  [
    ...want.map(({ ref, kind, spec }) => `want ${ref} ${kind} ${JSON.stringify(spec)}`),
    ...found.map(([ref, { owner, kind, spec }]) => `have ${ref} ${owner} ${kind} ${JSON.stringify(spec)}`),
  ].join('\n');

function law(check: (transition: Transition) => void): void {
  const shown = (transition: Transition) => {
    try {
      check(transition);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${show(transition)}`);
    }
  };
  fc.assert(fc.property(anyTransition, shown), {
    numRuns,
    reporter: run => {
      if (run.failed) throw new Error(`seed ${run.seed} path ${run.counterexamplePath}\n${(run.errorInstance as Error).message}`);
    },
  });
}

/** What is left may only be what was held: it is free once something foreign in its way went along with a thing of ours. */
function expectNothingLeft(node: Kernel, want: readonly Resource[], plan: Plan): void {
  const wasHeld = new Set<Ref>(plan.held.map(held => held.ref));
  const left = planFor(node, want);
  const freed = new Set<number>();
  left.steps.forEach((step, at) => {
    if (wasHeld.has(step.ref) || step.needs.some(need => freed.has(need))) freed.add(at);
  });
  const unexpected = left.steps.filter((_, at) => !freed.has(at));
  expect(unexpected.map(told), plan.steps.map(told).join('\n')).toEqual([]);
  if (left.steps.length === 0) return;
  carryOut(node, left.steps);
  expect(planFor(node, want).steps.map(told)).toEqual([]);
}

/** Ours, not wanted, and neither held nor a guest's own. */
function leaks(node: Kernel, want: readonly Resource[]): readonly Ref[] {
  const wanted = new Set(want.map(resource => resource.ref));
  const held = new Set(planFor(node, want).held.map(({ ref }) => ref));
  return [...node].flatMap(([ref, { kind, spec, owner }]) => {
    const isGuests = kind === 'note' && spec.text === 'g9';
    return owner !== 'ours' || wanted.has(ref) || held.has(ref) || isGuests ? [] : [ref];
  });
}

const foreignIn = (node: Kernel): readonly string[] =>
  [...node].flatMap(([ref, thing]) => (thing.owner === 'foreign' ? [`${ref} ${JSON.stringify(thing)}`] : [])).sort();

describe('whatever is wanted and whatever happened to the kernel before,', () => {
  test('every op of a plan is one that a kernel does, and the next plan is empty', () =>
    law(({ want, found }) => {
      const node: Kernel = new Map(found);
      const plan = planFor(node, want);
      carryOut(node, plan.steps);
      expectNothingLeft(node, want, plan);
    }));

  test('what is wanted and not held is there as it is wanted, and nothing else of ours is left', () =>
    law(({ want, found }) => {
      const node: Kernel = new Map(found);
      const plan = planFor(node, want);
      carryOut(node, plan.steps);
      const held = new Set(plan.held.map(({ ref }) => ref));
      for (const { ref, kind, spec } of want) {
        if (held.has(ref)) continue;
        const { fields } = modelKind(kind);
        const managed = Object.entries(spec).filter(([field, value]) => value !== undefined && fields[field] !== 'policy' && fields[field] !== 'covered');
        const there = kind === 'knob' ? observe(node, want).find(seen => seen.ref === ref) : node.get(ref);
        expect(there, ref).toMatchObject({ kind, spec: Object.fromEntries(managed) });
      }
      expect(leaks(node, want)).toEqual([]);
    }));

  test('nothing foreign is touched but what a plan names as going along', () =>
    law(({ want, found }) => {
      const node: Kernel = new Map(found);
      const plan = planFor(node, want);
      carryOut(node, plan.steps);
      const named = new Set<Ref>(plan.bystanders.map(({ ref }) => ref));
      const missing = foreignIn(new Map(found)).filter(line => !foreignIn(node).includes(line));
      expect(missing.filter(line => !named.has(line.split(' ')[0] as Ref))).toEqual([]);
      expect(foreignIn(node).filter(line => !foreignIn(new Map(found)).includes(line))).toEqual([]);
    }));

  test('a crash after any op leaves what the next pass makes whole, and leaks nothing', () =>
    law(({ want, found }) => {
      const whole = carryOut(new Map(found), planFor(new Map(found), want).steps);
      for (const cut of new Set([0.1, 0.3, 0.5, 0.7, 0.9].map(part => Math.ceil(whole * part)))) {
        const node: Kernel = new Map(found);
        carryOut(node, planFor(node, want).steps, cut);
        const next = planFor(node, want);
        carryOut(node, next.steps);
        expectNothingLeft(node, want, next);
        expect(leaks(node, want)).toEqual([]);
      }
    }));

  test('a failed step skips what needs it, and everything else is still done as a kernel does it', () =>
    law(({ want, found }) => {
      const { steps } = planFor(new Map(found), want);
      for (const fails of new Set([0, 0.25, 0.5, 0.75].map(part => Math.floor(steps.length * part)))) {
        const undone = new Set([fails]);
        const node: Kernel = new Map(found);
        steps.forEach((step, at) => {
          if (step.needs.some(need => undone.has(need))) undone.add(at);
        });
        carryOut(
          node,
          steps.filter((_, at) => !undone.has(at)),
        );
        const next = planFor(node, want);
        carryOut(node, next.steps);
        expectNothingLeft(node, want, next);
      }
    }));

  test('what a guest put on its own thing stays, where its definition allows that', () =>
    law(({ want, found }) => {
      const hosts = new Set(want.flatMap(({ ref, kind, spec }) => (kind === 'desk' && (spec as Spec).guests === true ? [ref] : [])));
      const isGuests = (ref: Ref) => ref.endsWith('/g9') && hosts.has(ref.replace('note:', 'thing:').replace(/\/g9$/, '') as Ref);
      const wanted = new Set(want.map(({ ref }) => ref));
      const { steps, held } = planFor(new Map(found), want);
      expect(steps.filter(step => step.verb === 'delete' && isGuests(step.ref) && !wanted.has(step.ref)).map(told)).toEqual([]);
      expect(held.filter(({ ref }) => isGuests(ref) && !wanted.has(ref))).toEqual([]);
    }));

  test('needs name earlier steps only', () =>
    law(({ want, found }) => {
      planFor(new Map(found), want).steps.forEach((step, at) => {
        for (const need of step.needs) expect(need).toBeLessThan(at);
      });
    }));

  test('the plan is the same in whatever order things are wanted and read', () =>
    law(({ want, found }) => {
      const have = observe(new Map(found), want);
      const plan = diff(want, have, MODEL);
      expect(diff(want.toReversed(), have.toReversed(), MODEL)).toEqual(plan);
      const odd = <T>(list: readonly T[]) => [...list.filter((_, i) => i % 2), ...list.filter((_, i) => i % 2 === 0)];
      expect(diff(odd(want), odd(have), MODEL)).toEqual(plan);
    }));

  test('what asked for order only is made after the other is as it should be, and is gone before the other goes', () =>
    law(({ want, found }) => {
      const { steps } = planFor(new Map(found), want);
      const lastOf = (ref: Ref, ...verbs: string[]) => steps.findLastIndex(step => step.ref === ref && verbs.includes(step.verb));
      steps.forEach((step, at) => {
        if (step.kind !== 'seat') return;
        const guard: Ref = `guard:${step.ref.slice('seat:'.length).split('/')[0]}`;
        const guardGoes = steps.findIndex(other => other.ref === guard && other.verb === 'delete');
        if (step.verb === 'make') expect(at, step.ref).toBeGreaterThan(lastOf(guard, 'make', 'update'));
        if (step.verb === 'delete' && guardGoes >= 0) expect(at, step.ref).toBeLessThan(guardGoes);
      });
    }));
});

test('a plan for what is there already is empty', () =>
  fc.assert(
    fc.property(anyWant, want => {
      const node: Kernel = new Map();
      carryOut(node, planFor(node, want).steps);
      const { steps, swept, bystanders } = planFor(node, want);
      expect({ steps, swept, bystanders }).toEqual({ steps: [], swept: [], bystanders: [] });
    }),
    { numRuns },
  ));

test('the random worlds meet every case that a law is about', () => {
  const met: Record<string, number> = {};
  const count = (what: string, isSo: boolean) => {
    met[what] = (met[what] ?? 0) + (isSo ? 1 : 0);
  };
  for (const { want, found } of fc.sample(anyTransition, { numRuns: 600, seed: 1 })) {
    const { steps, swept, bystanders, held } = planFor(new Map(found), want);
    for (const why of ['conflict', 'waiting', 'depends', 'in-use'])
      count(
        why,
        held.some(one => one.why === why),
      );
    count(
      'claim',
      held.some(one => one.claim !== undefined),
    );
    count('swept', swept.length > 0);
    count('bystander', bystanders.length > 0);
    count(
      'replaced',
      steps.some(step => step.replacing && step.changes.some(change => change.forces)),
    );
    count(
      'another kind',
      steps.some(step => step.verb === 'delete' && step.replacing && steps.some(made => made.ref === step.ref && made.kind !== step.kind)),
    );
    count(
      'taken along and made anew',
      steps.some(step => step.verb === 'make' && step.replacing && step.because !== undefined),
    );
    count(
      'said again',
      steps.some(step => step.verb === 'update' && step.changes.length === 0),
    );
    count('many', steps.length > 20);
  }
  for (const [what, times] of Object.entries(met)) expect(times, what).toBeGreaterThan(2);
});
