import { expect, test } from 'vitest';
import { judgeUpgrade, type UpgradePlan } from '../../src/consent/upgrade.ts';
import type { Step } from '../../src/kinds/step.ts';

const step = (verb: Step['verb'], more: Partial<Step> = {}): Step => ({
  verb,
  kind: 'tap',
  title: 'tap',
  ref: 'link:/tap-1',
  ops: [],
  from: [{ definition: 'Interface red/a', at: { file: 'a.yaml', line: 1, col: 1 } }],
  changes: [],
  replacing: false,
  impact: 'no-traffic',
  needs: [],
  ...more,
});
const plan = (...steps: readonly Step[]): UpgradePlan => ({ steps, swept: [] });
const OTHER = [{ field: 'mtu', want: 1500, have: 1400 }];
const lines = (given: UpgradePlan) => judgeUpgrade(given, '0.1.0', '0.2.0')?.lines;

test('nobody is asked for an empty plan, one that only adds, the same version, or where the former one is not known', () => {
  expect(judgeUpgrade(plan(), '0.1.0', '0.2.0')).toBeNull();
  expect(judgeUpgrade(plan(step('make'), step('update', { because: 'link:/x' })), '0.1.0', '0.2.0')).toBeNull();
  for (const from of ['0.2.0', null]) expect(judgeUpgrade(plan(step('delete')), from, '0.2.0')).toBeNull();
});

test('what is changed, replaced, deleted or goes along is asked about, each by its name', () => {
  expect(lines(plan(step('make'), step('update', { changes: OTHER })))).toEqual(['Interface red/a: change tap link:/tap-1 (mtu)']);
  expect(lines(plan(step('update', { changes: OTHER, because: 'link:/x' })))).toHaveLength(1);
  expect(lines(plan(step('make', { replacing: true })))).toEqual(['Interface red/a: replace tap link:/tap-1']);
  expect(lines(plan(step('delete', { from: [] })))).toEqual(['delete tap link:/tap-1']);
  expect(lines({ steps: [], swept: [{ ref: 'route:/x', title: 'route' }] })).toEqual(['delete route route:/x']);
  expect(judgeUpgrade(plan(step('delete')), '0.2.0', '0.1.0')?.text).toContain('netloom 0.1.0 is about to enforce here for the first time, after 0.2.0');
  expect(lines(plan(...Array.from({ length: 102 }, () => step('delete'))))?.slice(-2)).toEqual(['Interface red/a: delete tap link:/tap-1', 'and 2 more']);
});

test('a word is for this plan of this version, not for one thing more', () => {
  const hash = (given: UpgradePlan, to = '0.2.0') => judgeUpgrade(given, '0.1.0', to)?.hash;
  const one = plan(step('delete'));
  expect(hash(one)).toMatch(/^[0-9a-f]{16}$/);
  const others = [
    hash(one, '0.3.0'),
    hash(plan(step('delete'), step('make'))),
    hash(plan(step('update', { changes: OTHER }))),
    hash({ ...one, swept: [{ ref: 'x', title: 'y' }] }),
  ];
  expect(new Set([hash(one), ...others]).size).toBe(5);
});
