/** The laws of the planner, against a model kernel. NETLOOM_LAW_RUNS sets the number of random worlds for each law. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ref, Resource } from '../../src/kinds/kind.ts';
import type { Step } from '../../src/kinds/step.ts';
import { diff } from '../../src/plan/diff.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { act, type Kernel, observe, type Thing } from './model-kernel.ts';
import { actsOf, MODEL, modelKind } from './model-kinds.ts';
import { anyDeed, anyDisowning, anyTwoWants, anyWant, type Deed, happen } from './worlds.ts';

const numRuns = Number(process.env.NETLOOM_LAW_RUNS ?? 1000);

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

const digest = (kernel: Kernel): string => JSON.stringify([...kernel].filter(([, thing]) => thing.kind !== 'knob').sort());
const foreign = (kernel: Kernel): string => JSON.stringify([...kernel].filter(([, thing]) => thing.owner === 'foreign').sort());
const law = (check: (transition: { want: readonly Resource[]; kernel: () => Kernel }) => void): void =>
  fc.assert(fc.property(anyTransition, check), { numRuns });

describe('whatever is wanted and whatever happened to the kernel before,', () => {
  test('every op of a plan is one that a kernel does, and the next plan is empty', () =>
    law(({ want, found }) => {
      const node = new Map(found);
      const plan = planFor(node, want);
      carryOut(node, plan.steps);
      const left = planFor(node, want);
      expect(left.steps, plan.steps.map(told).join('\n')).toEqual([]);
    }));
});
