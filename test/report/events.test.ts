import { describe, expect, test } from 'vitest';
import type { Op } from '../../src/kinds/op.ts';
import type { Outcome, Step } from '../../src/kinds/step.ts';
import { appendEvents, type EventContext, eventsOf, type NetEvent, parseEvents } from '../../src/report/events.ts';
import { eventRows, selectEvents } from '../../src/report/select-events.ts';

const AT = Date.parse('2026-11-21T10:00:00.000Z');
const DEMO = 'Network default/demo';

function done(
  verb: Step['verb'],
  title: string,
  ref: `${string}:${string}`,
  more: { ops?: readonly Op[]; from?: readonly string[]; changes?: Step['changes']; replacing?: boolean } & Partial<Omit<Outcome, 'step'>> = {},
): Outcome {
  const { ops = [], from = [DEMO], changes = [], replacing = false, ...rest } = more;
  const origins = from.map(definition => ({ definition, at: { file: 'a.yaml', line: 1, col: 1 } }));
  const step: Step = { verb, kind: title, title, ref, ops, from: origins, changes, replacing, impact: 'no-traffic', needs: [] };
  return { step, status: 'done', startedAt: AT, durationMs: 20, ...rest };
}

const CTX: EventContext = {
  node: 'n1',
  revision: 'c0ffee',
  cause: 'change',
  commit: { author: 'Ann', subject: 'add demo', at: AT - 5000 },
  networkOf: definition => (definition === DEMO ? 'default/demo' : definition === 'Interface default/web' ? 'default/demo' : undefined),
  fates: new Map([[DEMO, 'create']]),
};
const flood = (dst: string, op: 'flood-append' | 'flood-del' = 'flood-append'): Op => ({ op, netns: '', link: 'vxlan-2', dst });
const lines = (events: readonly NetEvent[]): readonly string[] =>
  events.map(e => `${e.at.slice(17, 23)} ${e.operation} ${e.phase} ${e.durationMs ?? '-'} | ${e.message}`);

describe('events of a pass', () => {
  test('a new network: the commit first, then start and finish of each step, and the peers of the mesh', () => {
    const outcomes = [
      done('make', 'vxlan bridge', 'link:/br-vxlan-2'),
      done('make', 'vxlan interface', 'link:/vxlan-2', { startedAt: AT + 20, durationMs: 25.5625 }),
      done('make', 'port', 'port:/vxlan-2', { startedAt: AT + 50, durationMs: 1 }),
      done('make', 'mesh elements', 'flood:/vxlan-2/10.2.1.12', { ops: [flood('10.2.1.12')], startedAt: AT + 60, durationMs: 4 }),
      done('make', 'mesh elements', 'flood:/vxlan-2/10.2.1.11', { ops: [flood('10.2.1.11')], startedAt: AT + 60, durationMs: 4 }),
      done('make', 'mesh elements', 'vtep:/vxlan-2/02:00:00:00:00:01', {
        ops: [{ op: 'vtep-replace', netns: '', link: 'vxlan-2', mac: '02:00:00:00:00:01', dst: '10.2.1.11' }],
        startedAt: AT + 60,
        durationMs: 4,
      }),
    ];
    expect(lines(eventsOf(outcomes, CTX))).toEqual([
      '55.000 commit create - | Ann: add demo',
      '00.000 create vxlan bridge start - | ',
      '00.020 create vxlan bridge finish 20 | br-vxlan-2',
      '00.020 create vxlan interface start - | ',
      '00.045 create vxlan interface finish 25.563 | vxlan-2',
      '00.050 create port start - | ',
      '00.051 create port finish 1 | vxlan-2',
      '00.060 add mesh elements start - | ',
      '00.064 add mesh elements finish 4 | added 10.2.1.11, 10.2.1.12, 02:00:00:00:00:01',
    ]);
  });

  test('a gateway node: links are told by what they are for, both ends of a pair as one', () => {
    const uuid = '0198f7a2-0000-8000-8000-6e6c6d000001';
    const outcomes = [
      done('make', 'namespace', `netns:${uuid}`),
      done('make', 'veth pair', 'link:/veth-2-o'),
      done('make', 'veth pair', `link:${uuid}/veth-2-i`),
      done('make', 'veth pair', 'link:/egr-2-o'),
      done('make', 'service', `service:${uuid}/dnsmasq`),
      done('make', 'vxlan bridge', 'link:/egr-br-eth1', { from: ['AddressPool edge'] }),
      done('make', 'veth pair', 'link:/flt-c000020a-o', { from: ['FloatingIP default/www'] }),
      done('make', 'veth pair', 'link:/tap-01234567', { from: ['Interface default/web'] }),
      done('make', 'port', 'port:/veth-2-o'),
    ];
    const told = eventsOf(outcomes, { ...CTX, commit: null }).filter(event => event.phase === 'finish');
    expect(told.map(event => `${event.object}: ${event.operation}: ${event.message}`)).toEqual([
      `${DEMO}: create namespace: ${uuid}`,
      `${DEMO}: create router veth: veth-2-o, ${uuid}/veth-2-i`,
      `${DEMO}: create egress veth: egr-2-o`,
      `${DEMO}: create dnsmasq service: ${uuid}/dnsmasq`,
      'AddressPool edge: create egress bridge: egr-br-eth1',
      'FloatingIP default/www: create floating veth: flt-c000020a-o',
      'Interface default/web: create veth pair: tap-01234567',
      `${DEMO}: create port: veth-2-o`,
    ]);
  });

  test('of one commit a network is told first, then its interfaces, then what leads to them', () => {
    const outcomes = ['FloatingIP default/www', 'Interface default/web', DEMO].map((from, i) => done('make', 'port', `port:/p${i}`, { from: [from] }));
    const commits = eventsOf(outcomes, { ...CTX, fates: new Map() }).filter(event => event.operation === 'commit');
    expect(commits.map(event => event.object)).toEqual([DEMO, 'Interface default/web', 'FloatingIP default/www']);
  });

  test('a member that comes as another goes: one operation names both', () => {
    const outcomes = [
      done('delete', 'mesh elements', 'flood:/vxlan-2/10.2.1.9', { ops: [flood('10.2.1.9', 'flood-del')] }),
      done('make', 'mesh elements', 'flood:/vxlan-2/10.2.1.8', { ops: [flood('10.2.1.8')] }),
    ];
    expect(lines(eventsOf(outcomes, { ...CTX, commit: null })).at(-1)).toBe('00.020 add mesh elements finish 20 | added 10.2.1.8; removed 10.2.1.9');
    expect(lines(eventsOf(outcomes.slice(0, 1), { ...CTX, commit: null })).at(-1)).toBe('00.020 remove mesh elements finish 20 | removed 10.2.1.9');
  });

  test('a change says what changed; a replacement is one; a removed thing is told under what it was', () => {
    const mtu = done('update', 'vxlan bridge', 'link:/br-vxlan-2', { changes: [{ field: 'mtu', want: 8950, have: 1500 }] });
    expect(lines(eventsOf([mtu], { ...CTX, commit: null })).at(-1)).toBe('00.020 change vxlan bridge finish 20 | br-vxlan-2: mtu 1500 -> 8950');
    const again = [
      done('delete', 'vxlan interface', 'link:/vxlan-2', { replacing: true }),
      done('make', 'vxlan interface', 'link:/vxlan-2', { replacing: true }),
    ];
    expect(eventsOf(again, { ...CTX, commit: null }).map(e => e.operation)).toEqual([
      'take down vxlan interface',
      'replace vxlan interface',
      'take down vxlan interface',
      'replace vxlan interface',
    ]);
    const gone = done('delete', 'tap', 'link:/tap-1', { from: [] });
    expect(eventsOf([gone], { ...CTX, commit: null })).toEqual([]);
    expect(eventsOf([gone], { ...CTX, commit: null }, () => 'Interface default/web')).toMatchObject([
      { object: 'Interface default/web', network: 'default/demo' },
      { operation: 'delete tap' },
    ]);
  });

  test('what failed says why, and what was skipped with it', () => {
    const failed = done('make', 'tap', 'link:/tap-1', { status: 'failed', error: 'device or resource busy', code: 'exists', from: ['Interface default/web'] });
    expect(eventsOf([failed], CTX).at(-1)).toMatchObject({
      phase: 'finish',
      message: 'failed: device or resource busy',
      extra: { status: 'failed', code: 'exists' },
    });
  });

  test('repaired drift is drift, and no commit is blamed for it', () => {
    const events = eventsOf([done('make', 'port', 'port:/tap-1')], { ...CTX, cause: 'drift' });
    expect(events.map(e => [e.type, e.operation])).toEqual([
      ['drift', 'create port'],
      ['drift', 'create port'],
    ]);
  });

  test('a commit made on a clock that is ahead is still the first event', () => {
    const events = eventsOf([done('make', 'port', 'port:/x')], { ...CTX, commit: { author: 'Ann', subject: 's', at: AT + 9e6 } });
    expect(events.map(e => e.operation)).toEqual(['commit', 'create port', 'create port']);
    expect(events[0]?.at).toBe('2026-11-21T10:00:00.000Z');
  });

  test('a commit that touches a definition without kernel state here is told all the same', () => {
    expect(eventsOf([], CTX)).toMatchObject([
      { object: DEMO, operation: 'commit', phase: 'create', revision: 'c0ffee', extra: { author: 'Ann', subject: 'add demo' } },
    ]);
  });
});

describe('the file of events', () => {
  const events = eventsOf([done('make', 'port', 'port:/tap-1')], CTX);

  test('is one line of JSON each, newest last, read back as it was', () => {
    const text = appendEvents('', events, 10, 10);
    expect(text.split('\n')).toHaveLength(4);
    expect(parseEvents(text)).toEqual(events);
  });

  test('is bounded: the oldest go', () => {
    expect(parseEvents(appendEvents(appendEvents('', events, 4, 4), events, 4, 4))).toEqual([events[2], ...events]);
  });

  test('a line that is cut, a conflict marker, another’s JSON: left out, the rest is read', () => {
    const text = appendEvents('', events, 10, 10);
    const hurt = `<<<<<<< HEAD\n{"at": 5}\n[]\nnull\n${text.slice(0, -30)}\n`;
    expect(parseEvents(hurt)).toEqual(events.slice(0, 2));
    expect(parseEvents(appendEvents(hurt, [], 10, 10))).toEqual(events.slice(0, 2));
  });

  test('a network’s events are those of its interfaces too, newest first, the commit told once for all nodes', () => {
    const web = eventsOf([done('make', 'tap', 'link:/tap-1', { from: ['Interface default/web'], startedAt: AT + 90 })], {
      ...CTX,
      node: 'n2',
      fates: new Map([[DEMO, 'create']]),
    });
    const found = selectEvents([...web, ...events], { object: DEMO, limit: 100 });
    expect(found.map(e => `${e.node} ${e.operation} ${e.phase}`)).toEqual([
      'n2 create tap finish',
      'n2 create tap start',
      'n1 create port finish',
      'n1 create port start',
      'n2 commit change',
      'n2 commit create',
    ]);
    expect(selectEvents([...web, ...events], { object: DEMO, limit: 1 })).toHaveLength(1);
    expect(selectEvents([...web, ...events], { object: DEMO, type: 'audit', limit: 9 }).every(e => e.operation === 'commit')).toBe(true);
    expect(selectEvents(web, { object: 'Node n1', limit: 9 })).toEqual([]);
  });

  test('has the six columns that operators know', () => {
    expect(eventRows(events.slice(-1), events.at(-1)?.object ?? '')).toEqual({
      columns: ['TIMESTAMP', 'NODE', 'OPERATION', 'PHASE', 'DURATION', 'MESSAGE'],
      rows: [['2026-11-21T10:00:00.020Z', 'n1', 'create port', 'finish', '0.020s', 'tap-1']],
    });
  });

  test('names what belongs to the object that was asked for', () => {
    const [event] = events.slice(-1);
    expect(eventRows(events.slice(-1), 'Network other/net').rows[0]?.at(-1)).toBe(`${event?.object}: tap-1`);
  });
});
