/** Whose each step of a plan is: what a person reads above it. */
import { expect, test } from 'vitest';
import { printText } from '../../src/plan/print-text.ts';
import { applied, DEMO, GUEST, guestPair, planOf, segment, WEB } from './demo.ts';

const fromOf = (plan: ReturnType<typeof planOf>): readonly string[] =>
  plan.steps.map(({ verb, ref, from }) => `${verb} ${ref.slice(0, ref.indexOf(':'))} ${from.map(origin => origin.definition).join(', ')}`);

test('a removed part of a living thing is told under what the thing is made for', () => {
  const plan = planOf(segment('2', { peers: [] }), applied(segment()));
  expect(fromOf(plan)).toEqual([`delete flood ${DEMO.definition}`]);
  expect(printText(plan).split('\n')[0]).toBe('Network default/demo  networks/demo.yaml:1:1  [new connections only]');
});

test('so is one of a guest’s end', () => {
  const plan = planOf(guestPair('guest', { ip: '192.168.0.3' }), [GUEST, ...applied(guestPair('guest'))]);
  expect(fromOf(plan)).toContain(`delete address ${WEB.definition}`);
});

test('what hangs on nothing that lives is nobody’s, unless a mark says whose it was', () => {
  const alone = applied(segment('2', { peers: [] }));
  expect(new Set(planOf([], alone).steps.flatMap(step => step.from))).toEqual(new Set());
  const marked = alone.map(seen => (seen.ref.startsWith('link:') ? { ...seen, formerly: 'Network default/gone' } : seen));
  expect(fromOf(planOf([], marked))).toEqual(['delete link Network default/gone', 'delete link Network default/gone']);
});
