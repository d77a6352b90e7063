/** How a pass ends for people and scripts: what is held back, and whether somebody has to look. */
import { expect, test } from 'vitest';
import { exitOf } from '../../src/cli/apply-command.ts';
import { outcomeText } from '../../src/cli/outcome-text.ts';
import type { Enforced } from '../../src/pass/enforce.ts';
import type { Held } from '../../src/plan/plan.ts';
import { FACTS } from '../compile/world.ts';

function enforced(...held: readonly Held[]): Enforced {
  const plan = { steps: [], swept: [], bystanders: [], held };
  return {
    facts: FACTS,
    compiled: { resources: [], troubles: [] },
    plan,
    observed: [],
    remaining: plan,
    outcomes: [],
    rounds: 1,
    spared: { rules: [], frozen: { definitions: new Set<string>(), names: new Set<string>() } },
    runtimeDir: '/run/netloom',
  };
}

const PAIR = { kind: 'veth', title: 'veth pair', ref: 'link:/tap-1', from: [] } as const;
const UNREAD = {
  ...PAIR,
  why: 'unread',
  on: 'netns:web',
  holder: { kind: 'netns', ref: 'netns:web', spec: { name: 'web' }, owner: 'foreign', unread: 'changed while it was read' },
} as const;

test.each([
  ['waiting', 0],
  ['depends', 0],
  ['conflict', 4],
  ['in-use', 4],
  ['unread', 4],
] as const)('what is held back as %s ends a pass with %i', (why, code) => {
  expect(exitOf(enforced({ ...PAIR, why, on: 'netns:web' }))).toBe(code);
});

test('what is held back is told with its reason', () => {
  expect(outcomeText(enforced(UNREAD))).toBe('held: link:/tap-1: netns web changed while it was read\n0 done; the kernel is as wanted.');
  expect(outcomeText(enforced({ ...PAIR, why: 'waiting', on: 'netns:web' }))).toContain('held: link:/tap-1: waiting for netns web, which is not there');
});
