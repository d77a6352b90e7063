/** The law of saved plans, against a model kernel: exactly what was saved is done, or nothing. NETLOOM_LAW_RUNS sets the number of random worlds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resource } from '../../src/kinds/kind.ts';
import type { Op } from '../../src/kinds/op.ts';
import { diff } from '../../src/plan/diff.ts';
import { type Made, type SavedPlan, savedParts, savedStep } from '../../src/plan/saved-plan.ts';
import { chooseSteps } from '../../src/plan/stale.ts';
import { act, type Kernel, observe } from './model-kernel.ts';
import { type Act, actsOf, MODEL } from './model-kinds.ts';
import { anyDeed, anyTwoWants, happen } from './worlds.ts';

const numRuns = Number(process.env['NETLOOM_LAW_RUNS'] ?? 200);

/** A plan whose acts can be written: the model's own have no line for a shell. */
function made(kernel: Kernel, want: readonly Resource[]): Made {
  const observed = observe(kernel, want);
  const plan = diff(want, observed, MODEL);
  const written = (doing: Act): Op => ({ op: 'file-write', path: `/${JSON.stringify(doing)}`, text: '' });
  return { plan: { ...plan, steps: plan.steps.map(step => ({ ...step, ops: actsOf(step.ops).map(written) })) }, resources: want, observed };
}

function carryOut(kernel: Kernel, ops: readonly Op[]): void {
  for (const op of ops) if (op.op === 'file-write') act(kernel, JSON.parse(op.path.slice(1)));
}

const texts = (steps: SavedPlan['steps']): readonly string[] => steps.map(step => JSON.stringify(step)).sort();

test('what a saved plan does is among what was saved and what would be done now, step by step', () => {
  const met = { done: 0, stale: 0, fewer: 0 };
  const anyWorld = fc.tuple(anyTwoWants, fc.array(anyDeed, { maxLength: 3 }), fc.array(anyDeed, { maxLength: 2 }));
  fc.assert(
    fc.property(anyWorld, ([[old, want], before, between]) => {
      const kernel: Kernel = new Map();
      for (const deed of before) happen(kernel, deed);
      for (const step of diff(old, observe(kernel, old), MODEL).steps) for (const doing of actsOf(step.ops)) act(kernel, doing);
      // What is planned for a part of it, while the rest is still to come: another definition was allocated meanwhile.
      const part = between.length % 2 === 0 ? want : old;
      const saved: SavedPlan = { ...EMPTY, ...savedParts(made(kernel, part), MODEL) };
      for (const deed of between) happen(kernel, deed);
      const now = made(kernel, want);
      const chosen = chooseSteps(saved, now, {}, '0');
      if ('moved' in chosen) {
        met.stale += 1;
        expect(chosen.moved.length).toBeGreaterThan(0);
        return;
      }
      met.done += 1;
      if (chosen.steps.length < now.plan.steps.length) met.fewer += 1;
      const doing = texts(chosen.steps.map(step => savedStep(step, chosen)));
      expect(doing).toEqual(texts(saved.steps));
      const wouldBe = texts(now.plan.steps.map(step => savedStep(step, now.plan)));
      expect(doing.filter(text => !wouldBe.includes(text))).toEqual([]);
      // Each is done after what it needs, and a kernel does it.
      for (const [at, { needs }] of chosen.steps.entries()) expect(needs.filter(need => need >= at)).toEqual([]);
      for (const { ops } of chosen.steps) carryOut(kernel, ops);
    }),
    { numRuns },
  );
  expect(Math.min(met.done, met.stale, met.fewer), JSON.stringify(met)).toBeGreaterThan(numRuns / 50);
});

const EMPTY = { netloom: '0', node: 'n1', made: '', source: { local: null, revision: '', files: {} }, ledger: {} } as const;
