/** Every change of the definitions is one round on the kernel, and what was before leaves no trace. */
import { beforeEach, describe, expect, it } from 'vitest';
import { given } from './support/definitions.ts';
import { expectDump, settledDump } from './support/dump.ts';
import { converge, freshNode, named, planned } from './support/node.ts';
import { comparable, TRANSITIONS } from './support/transitions.ts';

beforeEach(freshNode);

describe.each(named(TRANSITIONS))('%s', (_, transition) => {
  it('takes one round, and leaves what a node has that never was otherwise', async () => {
    const first = given(transition.before);
    const second = given(transition.after, first);
    await converge(second);
    expect((await planned(second)).plan.steps).toEqual([]);
    const never = await settledDump();

    await freshNode();
    await converge(first);
    const { rounds, plan } = await converge(second);
    expect(plan.steps).not.toEqual([]);
    expect(rounds).toBe(1);
    await expectDump(never, { only: comparable(transition) });
  });
});
