import { describe, expect, test } from 'vitest';
import type { NodeReport, ObjectReport } from '../../src/report/node-report.ts';
import { interfaceState, networkState, nodeState, type View } from '../../src/report/state.ts';
import { statusSummary } from '../../src/report/summary.ts';
import { catalogOf, DEMO, FINE, ledgerOf, READY, reportOf, viewOf } from './world.ts';

const demo = (view: View): string => {
  const found = networkState('default/demo', view);
  return found === null ? 'null' : `${found.state} ${found.reason}: ${found.message}`;
};
const web = (view: View): string => {
  const found = interfaceState('default/web', view);
  return found === null ? 'null' : `${found.state} ${found.reason}: ${found.message}`;
};
const onN1 = (own: ObjectReport | null, more: Partial<NodeReport> = {}): readonly NodeReport[] => [
  reportOf('n1', { networks: own === null ? {} : { 'default/demo': own }, interfaces: own === null ? {} : { 'default/web': own }, ...more }),
  ...FINE.slice(1),
];
const NOTHING = { networks: {} };
const stalled = { type: 'Stalled', status: true, reason: 'InvalidDefinitions', message: 'main has 2 errors', since: '2026-11-21T10:00:00Z' } as const;

const suspended = { type: 'Suspended', status: true, reason: 'Suspended', message: 'by ada: a card', since: '2026-11-21T10:00:00Z' } as const;

describe('the table of states: a network', () => {
  const pending: ObjectReport = { digest: '', state: 'waiting', reason: 'VxidsExhausted', message: 'every vxid of 1..2 is held' };
  test.each<[string, View, string]>([
    ['nobody has allocated it', viewOf(DEMO, [], { ledger: NOTHING }), 'initial Unallocated: no node has allocated it yet'],
    ['a node says why it is not allocated', viewOf(DEMO, onN1(pending), { ledger: NOTHING }), 'initial VxidsExhausted: every vxid of 1..2 is held'],
    ['its members have never reported', viewOf(DEMO, []), 'initial NeverHeard: n1 has never reported (and 1 more)'],
    ['one member has not made it', viewOf(DEMO, onN1(null)), 'initial Waiting: n1 has not made it yet'],
    ['a member refuses the revision', viewOf(DEMO, onN1(null, { conditions: [stalled] })), 'initial InvalidDefinitions: n1: main has 2 errors'],
    ['a member only observes', viewOf(DEMO, onN1(null, { mode: 'observe' })), 'initial ObserveOnly: n1 is in mode observe and applies nothing'],
    ['a member is suspended', viewOf(DEMO, onN1(null, { conditions: [suspended] })), 'initial Suspended: n1 is suspended by ada: a card'],
    ['every member is ready', viewOf(DEMO, FINE), 'created : '],
    ['every member is ready for this digest', viewOf(DEMO, FINE, { wanted: () => 'd1' }), 'created : '],
    [
      'a member is ready for another digest',
      viewOf(DEMO, FINE, { wanted: node => (node === 'n2' ? 'd2' : 'd1') }),
      'degraded Outdated: n2 has not yet applied the newest change',
    ],
    ['a member is silent', viewOf(DEMO, onN1(READY, { heard: '2026-11-21T10:59:59Z' })), 'degraded NodeSilent: n1 was last heard 2026-11-21T10:59:59Z'],
    [
      'a member is degraded',
      viewOf(DEMO, onN1({ ...READY, state: 'degraded', reason: 'UnderlayMtuTooSmall', message: 'eth0 carries 1500' })),
      'degraded UnderlayMtuTooSmall: n1: eth0 carries 1500',
    ],
    [
      'a member fails, also for an old digest',
      viewOf(DEMO, onN1({ ...READY, state: 'error', reason: 'Conflict', message: 'x' }), { wanted: () => 'd2' }),
      'error Conflict: n1: x',
    ],
    ['no node carries it', viewOf(catalogOf({ 'default/demo': {} }, {}), []), 'created NoMembers: no node carries it yet: it has no placed interface'],
  ])('%s', (_, view, expected) => expect(demo(view)).toBe(expected));
});

describe('the table of states: what is gone', () => {
  const empty = catalogOf({}, {});
  const tomb = ledgerOf(empty, ledgerOf(DEMO), '2026-11-21T11:00:00Z');
  const foreign: ObjectReport = { digest: '', state: 'deleting', reason: 'ForeignPort', message: 'vnet3 is in br-vxlan-2' };
  test.each<[string, View, string]>([
    ['nodes still have it', viewOf(empty, FINE, { ledger: tomb }), 'deleting Waiting: n1: n1 has not taken it away yet'],
    ['a node cannot let go of it', viewOf(empty, onN1(foreign).slice(0, 1), { ledger: tomb }), 'deleting ForeignPort: n1: vnet3 is in br-vxlan-2'],
    ['no node has it any more', viewOf(empty, [reportOf('n1')], { ledger: tomb }), 'deleted : '],
    ['nobody ever knew it', viewOf(empty, [], { ledger: NOTHING }), 'null'],
  ])('%s', (_, view, expected) => {
    expect(demo(view)).toBe(expected);
    if (expected !== 'null') expect(web(view).split(' ')[0]).toBe(expected.split(' ')[0]);
  });
});

describe('the table of states: an interface', () => {
  const one = (spec: object) => catalogOf({ 'default/demo': { cidr: '10.0.0.0/24' } }, { 'default/web': { network: 'demo', ...spec } });
  const noAddress = (): View['ledger'] => {
    const ledger = structuredClone(ledgerOf(one({ node: 'n1' }))) as { networks: Record<string, { interfaces: Record<string, { address?: string }> }> };
    delete ledger.networks['default/demo']?.interfaces['default/web']?.address;
    return ledger as unknown as View['ledger'];
  };
  const both = (own: ObjectReport) => ['n1', 'n2', 'n3'].map(name => reportOf(name, { networks: { 'default/demo': own }, interfaces: { 'default/web': own } }));
  const moving = catalogOf(
    { 'default/demo': {} },
    { 'default/web': { network: 'demo', node: 'n1', migrateTo: 'n2' }, 'default/db': { network: 'demo', node: 'n3' } },
  );
  const [n1] = moving.nodes.values();
  const three = { ...moving, nodes: new Map([...moving.nodes, ...(n1 === undefined ? [] : [['n3', { ...n1, name: 'n3', key: 'n3' }] as const])]) };
  test.each<[string, View, string]>([
    ['it has no node', viewOf(one({}), []), 'initial Unplaced: it has no node: name one in spec.node'],
    [
      'its pool is full',
      viewOf(one({ node: 'n1' }), [], { ledger: noAddress() }),
      'error PoolExhausted: no free address in 10.0.0.0/24 of Network default/demo',
    ],
    ['it asks for no address and has none', viewOf(one({ node: 'n1', address: 'none' }), onN1(READY)), 'created : '],
    ['its node has made it', viewOf(one({ node: 'n1' }), onN1(READY)), 'created : '],
    [
      'its node waits for the guest',
      viewOf(one({ node: 'n1' }), onN1({ ...READY, state: 'waiting', message: 'eth0 waits for netns c1' })),
      'initial Waiting: n1: eth0 waits for netns c1',
    ],
    ['its node lacks the user', viewOf(one({ node: 'n1' }), onN1({ ...READY, state: 'error', reason: 'UnknownUser' })), 'error UnknownUser: n1: UnknownUser'],
    [
      'both nodes have its port, and everybody sends to both',
      viewOf(one({ node: 'n1', migrateTo: 'n2' }), both(READY)),
      'created Migrating: it may be on n1 or n2: what is for it goes to both',
    ],
    [
      'it would move to a node that has not made its port',
      viewOf(one({ node: 'n1', migrateTo: 'n2' }), onN1(READY)),
      'initial Waiting: n2 has not made it yet',
    ],
    [
      'another member still sends to one of its nodes alone',
      viewOf(three, both(READY), { wanted: (_, definition) => (definition === 'Network default/demo' ? 'd2' : 'd1') }),
      'degraded Outdated: n3 has not yet applied the newest change',
    ],
  ])('%s', (_, view, expected) => expect(web(view)).toBe(expected));
});

describe('the state of a node', () => {
  const at = (report: NodeReport | null): string => {
    const { state, reason, message } = nodeState('n1', viewOf(DEMO, report === null ? [] : [report]));
    return `${state} ${reason}: ${message}`;
  };
  const ready = { type: 'Ready', status: true, reason: 'AsWanted', message: '', since: '' } as const;
  test.each<[string, NodeReport | null, string]>([
    ['never heard', null, 'initial NeverHeard: it has never reported'],
    ['as wanted', reportOf('n1'), 'ready : '],
    ['silent after two heartbeats', reportOf('n1', { heard: '2026-11-21T10:59:59Z' }), 'silent Silent: last heard 2026-11-21T10:59:59Z'],
    [
      'not ready',
      reportOf('n1', { conditions: [{ ...ready, status: false, reason: 'Differs', message: '1 thing not as wanted' }] }),
      'error Differs: 1 thing not as wanted',
    ],
    [
      'ready and cut off from git',
      reportOf('n1', { conditions: [ready, { ...stalled, type: 'FetchFailed', reason: 'Unreachable', message: 'x' }] }),
      'degraded Unreachable: x',
    ],
    ['ready and refusing the newest revision', reportOf('n1', { conditions: [ready, stalled] }), 'degraded InvalidDefinitions: main has 2 errors'],
  ])('%s', (_, report, expected) => expect(at(report)).toBe(expected));
});

describe('the summary', () => {
  test('all well is one word', () => {
    const record = statusSummary(viewOf(DEMO, FINE));
    expect(record).toMatchObject({ ready: true, notReady: [], drift: [], networks: { created: 1 }, interfaces: { created: 2 } });
  });

  test('a guest that is moved for more than an hour is warned of', () => {
    const moving = catalogOf({ 'default/demo': {} }, { 'default/web': { network: 'demo', node: 'n1', migrateTo: 'n2' } });
    const warned = (since: string) => statusSummary(viewOf(moving, FINE, { ledger: ledgerOf(moving, undefined, since) })).warnings;
    const message = 'moving from n1 to n2 since 2026-11-21T11:00:00Z: say in node where its guest is, and leave migrateTo out';
    expect(warned('2026-11-21T11:00:00Z')).toEqual([{ object: 'Interface default/web', reason: 'StillMigrating', message }]);
    expect(warned('2026-11-21T11:00:01Z')).toEqual([]);
  });

  test('an old revision alone is not behind; an old digest is', () => {
    const old = FINE.map(report => ({ ...report, revision: { ...report.revision, applied: 'b'.repeat(40) } }));
    expect(statusSummary(viewOf(DEMO, old)).nodes.map(node => node.behind)).toEqual([false, false]);
    const late = statusSummary(viewOf(DEMO, FINE, { wanted: node => (node === 'n2' ? 'd2' : 'd1') }));
    expect(late.nodes.map(node => node.behind)).toEqual([false, true]);
    expect(late).toMatchObject({
      ready: false,
      notReady: [
        { object: 'Network default/demo', reason: 'Outdated' },
        { object: 'Interface default/db', reason: 'Outdated' },
      ],
    });
  });
});
