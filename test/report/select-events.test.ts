import { describe, expect, test } from 'vitest';
import type { NetEvent } from '../../src/report/events.ts';
import { repairsIn } from '../../src/report/repairs.ts';
import { eventRows, linesHolding, selectEvents } from '../../src/report/select-events.ts';

const event = (at: string, object: string, more: Partial<NetEvent> = {}): NetEvent => ({
  at: `2026-11-21T${at}.000Z`,
  node: 'n1',
  object,
  type: 'change',
  operation: 'create tap device',
  phase: 'finish',
  durationMs: null,
  message: 'made',
  revision: '',
  ...more,
});
const all = [
  event('10:00:00', 'Network acme/shop', { network: 'acme/shop' }),
  event('10:00:01', 'Interface acme/web', { network: 'acme/shop' }),
  event('10:00:02', 'Interface red/web', { network: 'red/lan', node: 'n2', type: 'drift' }),
  event('10:00:03', 'Node n2', { node: 'n2', type: 'status' }),
  event('10:00:04', 'AddressPool edge', { node: 'n2', type: 'drift' }),
];
const times = (filter: Omit<Parameters<typeof selectEvents>[1], 'limit'>, limit = 9): readonly string[] =>
  selectEvents(all, { ...filter, limit }).map(each => each.at.slice(18, 19));

describe('which events are shown', () => {
  test('without an object: all, newest first, up to the limit', () => {
    expect(times({})).toEqual(['4', '3', '2', '1', '0']);
    expect(times({}, 2)).toEqual(['4', '3']);
  });
  test('samples of usage only where they are asked for, or with an object', () => {
    const sample = event('10:00:05', 'Network acme/shop', { type: 'usage' });
    const count = (filter: Omit<Parameters<typeof selectEvents>[1], 'limit'>): number => selectEvents([sample], { ...filter, limit: 9 }).length;
    expect([count({}), count({ type: 'usage' }), count({ object: 'Network acme/shop' })]).toEqual([0, 1, 1]);
  });
  test('of a tenant, of a node, of a type, of what is chosen', () => {
    expect(times({ namespace: 'acme' })).toEqual(['1', '0']);
    expect(times({ node: 'n2' })).toEqual(['4', '3', '2']);
    expect(times({ type: 'drift' })).toEqual(['4', '2']);
    expect(times({ isChosen: object => object.startsWith('Interface ') })).toEqual(['2', '1']);
  });
  test('not older than', () => expect(times({ since: '2026-11-21T10:00:03.000Z' })).toEqual(['4', '3']));
  test('of one object, with what belongs to it', () => {
    expect(times({ object: 'Network acme/shop' })).toEqual(['1', '0']);
    expect(times({ object: 'Node n2' })).toEqual(['4', '3', '2']);
  });
});

test('a column says the object where there are many', () => {
  expect(eventRows(all.slice(0, 1)).rows[0]).toEqual(['2026-11-21T10:00:00.000Z', 'n1', 'Network acme/shop', 'create tap device', 'finish', '', 'made']);
  expect(eventRows(all.slice(1, 2), 'Network acme/shop').rows[0]?.at(-1)).toBe('Interface acme/web: made');
});

test('lines that hold a text, each once, the last one without its end too', () => {
  expect(linesHolding('a x x\nb\nc x', 'x')).toBe('a x x\nc x');
  expect(linesHolding('a\nb\n', 'x')).toBe('');
  expect(linesHolding('a\nb\n', '')).toBe('a\nb\n');
});

test('repairs by node: how many, and the newest; not those of yesterday', () => {
  const found = repairsIn(
    [...all.filter(each => each.type === 'drift'), event('09:00:00', 'Network acme/old', { type: 'drift' })],
    '2026-11-21T10:30:00Z',
    3_600_000,
  );
  expect(found).toEqual([{ node: 'n2', count: 2, last: '2026-11-21T10:00:04.000Z', object: 'AddressPool edge', operation: 'create tap device' }]);
});
