/** A namespace that could not be read: nothing is known of what is in it, so nothing in it changes, and all else does. */
import { describe, expect, test } from 'vitest';
import type { Observed } from '../../src/kinds/kind.ts';
import { printCommands } from '../../src/plan/print-commands.ts';
import { printText } from '../../src/plan/print-text.ts';
import { applied, changed, GUEST, guestPair, guestTap, heldOf, planOf, segment, told, WEB } from './demo.ts';

const UNREAD: Observed = { ...GUEST, unread: 'keeps changing while it is read' };
const PAIR = guestPair('guest');
/** What is seen of a pair from outside: the near end, and where the other one is. */
const OUTSIDE = applied(PAIR.filter(({ kind }) => kind === 'veth'));

describe('in a namespace that could not be read', () => {
  test('nothing is made: what stands in it waits for a reading, and the rest for that', () => {
    const plan = planOf([...segment(), ...PAIR], [UNREAD]);
    expect(told(plan).filter(line => line.includes('guest') || line.includes('tap'))).toEqual([]);
    expect(told(plan)).toContain('make bridge br-vxlan-2');
    expect([...heldOf(plan)].sort()).toEqual([
      'depends address guest/eth0/192.168.0.2/24 on guest/eth0',
      'depends route guest/254/default on guest/eth0',
      'unread far guest/eth0 on guest',
      'unread veth tap-0000000b on guest',
    ]);
  });

  test('the same is only waited for where it is not there at all, and made where it was read', () => {
    expect(new Set(planOf(PAIR, []).held.map(held => held.why))).toEqual(new Set(['waiting', 'depends']));
    expect(planOf(PAIR, [GUEST])).toMatchObject({ held: [] });
    expect(told(planOf(PAIR, [GUEST]))).toContain('make veth tap-0000000b');
  });

  test('what stands in it is not made again although it is not seen', () => {
    const plan = planOf(PAIR, [UNREAD, ...OUTSIDE]);
    expect(told(plan)).toEqual([]);
    expect(heldOf(plan)).toContain('unread far guest/eth0 on guest');
    expect(plan.held.some(held => held.ref === 'link:/tap-0000000b')).toBe(false);
  });

  test('the end outside is repaired all the same', () => {
    const plan = planOf(PAIR, [UNREAD, ...changed(OUTSIDE, 'link:/tap-0000000b', { mtu: 1400 })]);
    expect(told(plan)).toEqual(['update veth tap-0000000b']);
  });

  test('a pair that nobody wants any more is deleted by its near end', () => {
    const plan = planOf([], [UNREAD, ...OUTSIDE]);
    expect(told(plan)).toEqual(['delete veth tap-0000000b']);
    expect(plan.held).toEqual([]);
  });

  test('others come and go as ever', () => {
    const plan = planOf([...segment(), ...guestTap(), ...PAIR], [UNREAD, ...OUTSIDE, ...applied(segment('3', { vni: 3, peers: [] }))]);
    expect(told(plan)).toEqual(expect.arrayContaining(['make tap tap-0000000a', 'make port tap-0000000a', 'delete bridge br-vxlan-3', 'delete vxlan vxlan-3']));
    expect(new Set(plan.held.map(held => held.from[0]?.definition))).toEqual(new Set([WEB.definition]));
  });
});

test('a person is told which namespace, why, and that the next pass looks again', () => {
  const plan = planOf(PAIR, [UNREAD]);
  const text = printText(plan);
  expect(text).toContain('netns guest keeps changing while it is read');
  expect(text).toContain('the next pass looks again');
  expect(text).toContain('No changes. 4 held back.');
  expect(printCommands(plan)).toContain('# held: veth pair tap-0000000b: netns guest keeps changing while it is read');
});
