/**
 * Whatever somebody alters behind netloom's back is seen by the plan, named with want and have, and put right by one round.
 * Generated from the fields of the kinds: a new field must come with a way to alter it.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { AnyKind, Fate, Resource } from '../../src/kinds/kind.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { valueText } from '../../src/plan/print-changes.ts';
import { printText } from '../../src/plan/print-text.ts';
import { expectDump, settledDump } from './support/dump.ts';
import { MISCHIEF } from './support/mischief.ts';
import { GATEWAY_MISCHIEF } from './support/mischief-gateway.ts';
import { ip, MUTATIONS, type Mutation } from './support/mutations.ts';
import { converge, freshNode, named, pass, paste, planned } from './support/node.ts';
import { RICH, WANTED } from './support/rich.ts';

let sound: Awaited<ReturnType<typeof settledDump>>;

beforeAll(async () => {
  await freshNode();
  const { compiled } = await converge(RICH);
  // The tests below are made from what is compiled without a kernel.
  expect(compiled.resources).toEqual(WANTED);
  sound = await settledDump();
});

/** True: the last test left the node as it should be. */
let isSound = true;

beforeEach(async () => {
  if (!isSound) {
    await freshNode();
    await converge(RICH);
  }
  isSound = false;
});

/** Changes something by hand; the plan must tell it, one round must put it right, and then nothing is to do. */
async function putRight(lines: string, tells: (plan: Plan) => void): Promise<void> {
  await paste(lines);
  tells((await planned(RICH)).plan);
  const { rounds } = await converge(RICH);
  expect(rounds).toBe(1);
  await paste('ip link del dev other0 2>/dev/null || true');
  expect((await planned(RICH)).plan).toEqual({ steps: [], swept: [], bystanders: [], held: [] });
  isSound = true;
}

/** True when the kernel knows no such thing; what it takes is taken back. */
async function isRefused(lines: string, words: string): Promise<boolean> {
  try {
    await paste(lines);
  } catch (error) {
    if (String(error).includes(words)) return true;
    throw error;
  }
  await converge(RICH);
  return false;
}

interface Case {
  readonly title: string;
  readonly ref: Resource['ref'];
  readonly field: string;
  readonly fate: Fate;
  readonly want: unknown;
  readonly mutation: Mutation | undefined;
}

function driftable(kind: AnyKind): readonly (readonly [string, Fate])[] {
  return Object.entries(kind.fields as Readonly<Record<string, Fate>>).filter(([, fate]) => fate === 'live' || fate === 'fixed');
}

/** The first of each kind, and the first in another shape: a guest's and the host's end, ports of guests and of the mesh. */
function samples(kind: string): readonly Resource[] {
  const shapes = new Map<string, Resource>();
  for (const resource of WANTED.filter(each => each.kind === kind)) {
    const { netns, suppress, learning, family } = resource.spec as Readonly<Record<string, unknown>>;
    const shape = JSON.stringify([netns === '', suppress, learning, family]);
    if (!shapes.has(shape)) shapes.set(shape, resource);
  }
  return [...shapes.values()];
}

function casesOf(resource: Resource): readonly Case[] {
  const kind = KINDS.get(resource.kind) as AnyKind;
  const spec = resource.spec as Readonly<Record<string, unknown>>;
  return driftable(kind)
    .filter(([field]) => spec[field] !== undefined)
    .map(([field, fate]) => {
      const mutation = MUTATIONS[kind.name]?.[field]?.(spec as never);
      return { title: `${field} of ${resource.ref}`, ref: resource.ref, field, fate, want: spec[field], mutation };
    });
}

const COMPILED = [...new Set(WANTED.map(resource => resource.kind))].sort();

const MARKED = COMPILED.flatMap(samples).flatMap(({ kind, ref, spec }) => (['bridge', 'vxlan', 'veth', 'tap'].includes(kind) ? [[ref, spec] as const] : []));

describe('the table of what can be altered', () => {
  afterEach(() => {
    isSound = true; // These ask no kernel.
  });

  it('has every kind that definitions can ask for', () => {
    const never = 'other-link';
    expect(COMPILED).toEqual([...KINDS.keys()].filter(name => name !== never).sort());
  });

  it.each(COMPILED)('has every live and fixed field of %s, and nothing else', name => {
    const fields = driftable(KINDS.get(name) as AnyKind).map(([field]) => field);
    expect(Object.keys(MUTATIONS[name] ?? {}).sort()).toEqual(fields.sort());
  });
});

describe.each(named(COMPILED.flatMap(samples).flatMap(casesOf)))('%s', (_, { ref, field, fate, want, mutation }) => {
  it('is seen with want and have, and put right in one round', async () => {
    if (mutation === undefined) throw new Error(`nothing in support/mutations.ts alters ${field} of ${ref}`);
    if (mutation.refusal !== undefined && (await isRefused(mutation.lines, mutation.refusal))) {
      expect((await planned(RICH)).plan.steps).toEqual([]);
      isSound = true;
      return;
    }
    await putRight(mutation.lines, plan => {
      const step = plan.steps.find(each => each.ref === ref && each.verb !== 'delete');
      const change = step?.changes.find(each => each.field === field);
      expect(change).toMatchObject({ field, want, ...('have' in mutation ? { have: mutation.have } : {}), ...(fate === 'fixed' ? { forces: true } : {}) });
      expect(change?.have).not.toEqual(want);
      // A person reads it so: what is there, and what will be.
      const words = change?.told?.map(each => each.text) ?? [`${field}: ${valueText(change?.have)} -> ${valueText(want)}`];
      if (typeof want !== 'object') for (const each of words) expect(printText(plan)).toContain(each);
      expect([step?.verb, step?.replacing]).toEqual(fate === 'fixed' ? ['make', true] : ['update', false]);
    });
  });
});

describe.each(named([...MISCHIEF, ...GATEWAY_MISCHIEF]))('%s', (_, { lines, told }) => {
  it('is seen, named and put right in one round', async () => {
    await putRight(lines, plan => {
      const said = plan.steps.map(step => `${step.verb} ${step.ref}`);
      for (const words of told) expect(said).toContainEqual(expect.stringContaining(words));
    });
  });
});

describe.each(MARKED)('the mark of %s', (ref, spec) => {
  it('taken away makes it a conflict, which says how to give it back', async () => {
    const { netns, name } = spec as { readonly netns: string; readonly name: string };
    await paste(`${ip({ netns })} link set dev ${name} group 0`);
    const { remaining } = await pass(RICH);
    expect(remaining.held.find(held => held.ref === ref)?.why).toBe('conflict');
    expect(remaining.steps).toEqual([]);
    const advice = `ip link set dev ${name} group 97`;
    expect(printText(remaining)).toContain(advice);
    await paste(advice);
    await converge(RICH);
    expect((await planned(RICH)).plan.held).toEqual([]);
    isSound = true;
  });
});

it('after all that the node is as it was', async () => {
  await expectDump(sound);
});
