import { expect, test } from 'vitest';
import type { Step } from '../../src/kinds/step.ts';
import { inventoryOf, objectReport, obstaclesOf } from '../../src/pass/obstacles.ts';

const NOTHING = { outcomes: [], remaining: [], held: [], troubles: [], observing: false as const };
const NET = 'Network default/blue';
const GUEST = 'Interface default/a';

test('what depends on a conflict is an error of its own definition too', () => {
  const held = [
    { why: 'conflict', ref: 'link:/br-vxlan-2', on: 'link:/br-vxlan-2', definitions: [NET] },
    { why: 'depends', ref: 'port:/tap-1', on: 'link:/br-vxlan-2', definitions: [GUEST] },
    { why: 'depends', ref: 'fdb:/br-vxlan-2/02:00', on: 'port:/tap-1', definitions: [GUEST] },
  ] as const;
  const obstacles = obstaclesOf({ ...NOTHING, held });
  expect(objectReport({ definition: GUEST, digest: 'd', devices: [] }, obstacles)).toMatchObject({ state: 'error', reason: 'Conflict' });
  expect(objectReport({ definition: NET, digest: 'd', devices: [] }, obstacles)).toMatchObject({ state: 'error', reason: 'Conflict' });
});

test('a guest whose namespace is not there yet waits, and its network is ready', () => {
  const held = [
    { why: 'waiting', ref: 'link:/tap-1', on: 'netns:web', definitions: [GUEST] },
    { why: 'depends', ref: 'port:/tap-1', on: 'link:/tap-1', definitions: [GUEST] },
  ] as const;
  const obstacles = obstaclesOf({ ...NOTHING, held });
  expect(objectReport({ definition: GUEST, digest: 'd', devices: [] }, obstacles)).toMatchObject({ state: 'waiting', reason: 'GuestMissing' });
  expect(objectReport({ definition: NET, digest: 'd', devices: [], also: new Set([GUEST]) }, obstacles)).toEqual({ digest: 'd', devices: [], state: 'ready' });
});

test.each(['PoolExhausted', 'PoolPending', 'NoGateway', 'AllocationPending'])('what waits for an allocation (%s) is no error', reason => {
  const obstacles = obstaclesOf({ ...NOTHING, troubles: [{ definition: NET, reason, message: 'not yet', fatal: true }] });
  expect(objectReport({ definition: NET, digest: 'd', devices: [] }, obstacles)).toMatchObject({ state: 'waiting', reason });
});

test('a guest that cannot be made degrades its network', () => {
  const troubles = [{ definition: GUEST, reason: 'UnknownUser', message: 'no user x', fatal: true }];
  const obstacles = obstaclesOf({ ...NOTHING, troubles });
  expect(objectReport({ definition: NET, digest: 'd', devices: [], also: new Set([GUEST]) }, obstacles)).toMatchObject({
    state: 'degraded',
    reason: 'UnknownUser',
  });
});

test('the inventory counts what is there', () => {
  const resource = (ref: string) => ({ kind: 'tap', ref: ref as `link:${string}`, spec: {}, from: [] });
  expect(inventoryOf([resource('link:/a'), resource('link:/b')], new Set(['link:/b']), kind => kind)).toEqual({ tap: 1 });
});

test('a guest whose namespace cannot be read is an error of its own, with the reason, and degrades its network', () => {
  const held = [
    { why: 'unread', ref: 'link:/tap-1', on: 'netns:web', definitions: [GUEST], holder: { unread: 'keeps changing while it is read' } },
    { why: 'depends', ref: 'address:web/eth0/10.0.0.2/24', on: 'link:/tap-1', definitions: [GUEST] },
  ] as const;
  const obstacles = obstaclesOf({ ...NOTHING, held });
  expect(objectReport({ definition: GUEST, digest: 'd', devices: [] }, obstacles)).toMatchObject({
    state: 'error',
    reason: 'GuestUnreadable',
    message: 'the network namespace web keeps changing while it is read: nothing is changed there, and the next pass looks again',
  });
  expect(obstacles.map(each => each.reason)).toEqual(['GuestUnreadable', 'GuestUnreadable']);
  expect(objectReport({ definition: NET, digest: 'd', devices: [], also: new Set([GUEST]) }, obstacles)).toMatchObject({ state: 'degraded' });
});

test('what was refused speaks before what needs it, and both say why they are not there', () => {
  const step = (ref: `link:${string}` | `port:${string}`, definition: string) =>
    ({ ref, verb: 'make', from: [{ definition, at: { file: '', line: 0, col: 0 } }] }) as unknown as Step;
  const [bridge, tap, port] = [step('link:/br-1', NET), step('link:/tap-1', GUEST), step('port:/tap-1', GUEST)];
  const outcome = (of: Step, status: 'failed' | 'skipped', error: string) => ({ step: of, status, error, startedAt: 0, durationMs: 0 });
  const outcomes = [outcome(bridge, 'failed', 'EBUSY'), outcome(port, 'skipped', 'needs bridge, which failed'), outcome(tap, 'failed', 'EPERM')];
  const obstacles = obstaclesOf({ ...NOTHING, outcomes, remaining: [bridge, port, tap] });
  const told = (definition: string) => objectReport({ definition, digest: 'd', devices: [] }, obstacles).message;
  expect([told(NET), told(GUEST)]).toEqual(['make br-1: EBUSY', 'make tap-1: EPERM']);
  expect(obstacles.map(({ reason, message }) => `${reason} ${message}`)).toContain('ApplyFailed make tap-1: needs bridge, which failed');
});

test('what would only be said again with something that was refused is no fault of its own', () => {
  const because = { because: 'link:/br-1' as const, changes: [] };
  const again = { ref: 'port:/tap-1', verb: 'update', from: [{ definition: GUEST, at: { file: '', line: 0, col: 0 } }], ...because } as unknown as Step;
  expect(obstaclesOf({ ...NOTHING, outcomes: [], remaining: [again] })).toEqual([]);
});
