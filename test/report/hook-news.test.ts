import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/model/ledger.ts';
import type { Catalog } from '../../src/objects/object.ts';
import type { HookEvent, HookMemory } from '../../src/report/hook-event.ts';
import { type HookNews, hookNews, isReadyIn } from '../../src/report/hook-news.ts';
import type { NodeReport, ObjectReport } from '../../src/report/node-report.ts';
import { catalogOf, DEMO, FINE, ledgerOf, READY, reportOf, SHOP, viewOf } from './world.ts';

interface Scene {
  readonly catalog?: Catalog;
  readonly ledger?: Ledger;
  readonly leftovers?: readonly string[];
  readonly ready?: readonly string[];
}

function tell(before: HookMemory | null, report: NodeReport, { catalog = DEMO, ledger = ledgerOf(catalog), leftovers = [], ready = [] }: Scene = {}): HookNews {
  const isReady = (definition: string): boolean => ready.includes(definition);
  const time = '2026-11-21T12:00:00.000Z';
  return hookNews(before, { catalog, ledger, report, leftovers: new Set(leftovers), revision: 'a'.repeat(40), time, isReady });
}

const words = ({ events }: HookNews): readonly string[] => events.map(({ event, kind, namespace, name }) => `${event} ${kind} ${namespace}/${name}`);
const n1 = (networks: NodeReport['networks'], interfaces: NodeReport['interfaces'] = {}) => reportOf('n1', { networks, interfaces });
const [FINE1 = reportOf('n1'), FINE2 = reportOf('n2')] = FINE;
const WAITING: ObjectReport = { digest: 'd1', state: 'waiting' };
const ALL = ['Network default/demo', 'Interface default/web', 'Interface default/db'];

describe('each event is told once', () => {
  test('of what is allocated, made and ready, in this order; and nothing again', () => {
    const first = tell({}, n1({ 'default/demo': WAITING }, { 'default/web': WAITING }));
    expect(words(first)).toEqual(['allocated Network default/demo', 'allocated Interface default/web']);
    const made = tell(first.memory, FINE1);
    expect(words(made)).toEqual(['created Network default/demo', 'created Interface default/web']);
    const ready = tell(made.memory, FINE1, { ready: ALL });
    expect(words(ready)).toEqual(['ready Network default/demo', 'ready Interface default/web']);
    for (const again of [tell(ready.memory, FINE1, { ready: ALL }), tell(ready.memory, FINE1)])
      expect([again.events, again.memory]).toEqual([[], ready.memory]);
  });

  test('what is for all nodes by one of them, what is of a node by each', () => {
    const [one, two] = [tell({}, FINE1, { ready: ALL }), tell({}, FINE2, { ready: ALL })];
    expect(words(two)).toEqual([
      'allocated Interface default/db',
      'created Network default/demo',
      'created Interface default/db',
      'ready Interface default/db',
    ]);
    const cluster = [...words(one), ...words(two)].filter(line => /^(allocated|ready)/.test(line));
    expect([cluster.length, new Set(cluster).size]).toEqual([6, 6]);
  });

  test('a node that has its first hook takes what is there for told, and tells what comes', () => {
    const base = tell(null, n1({ 'default/demo': READY }, { 'default/web': WAITING }), { ready: ALL.slice(0, 1) });
    expect(base.events).toEqual([]);
    expect(words(tell(base.memory, FINE1, { ready: ALL }))).toEqual(['created Interface default/web', 'ready Interface default/web']);
  });

  test('drift, and a pass that applies nothing, are no change; another digest is, when it works again', () => {
    const { memory } = tell({}, FINE1, { ready: ALL });
    const drifted = tell(memory, n1({ 'default/demo': { ...READY, state: 'waiting' } }, { 'default/web': { digest: 'd1', state: 'error', reason: 'Drift' } }), {
      ready: ALL,
    });
    expect(words(drifted)).toEqual(['failed Interface default/web']);
    expect(words(tell(drifted.memory, FINE1, { ready: ALL }))).toEqual([]);
    const other = tell(memory, n1({ 'default/demo': { ...READY, digest: 'd2' } }, { 'default/web': { digest: 'd2', state: 'waiting' } }), { ready: ALL });
    expect(words(other)).toEqual(['changed Network default/demo']);
    expect(words(tell(other.memory, n1({ 'default/demo': { ...READY, digest: 'd2' } }, { 'default/web': { ...READY, digest: 'd2' } })))).toEqual([
      'changed Interface default/web',
    ]);
  });

  test('a failure again only for another reason, or after it was well', () => {
    const bad = (reason: string) => n1(FINE1.networks, { 'default/web': { digest: 'd1', state: 'error', reason, message: 'no' } });
    const first = tell({}, bad('Conflict'));
    expect(first.events.at(-1)).toMatchObject({ event: 'failed', reason: 'Conflict', message: 'no', addresses: ['10.0.0.3'] });
    expect(words(tell(first.memory, bad('Conflict')))).toEqual([]);
    expect(words(tell(first.memory, bad('ApplyFailed')))).toEqual(['failed Interface default/web']);
    const well = tell(first.memory, FINE1);
    expect(words(tell(well.memory, bad('Conflict')))).toEqual(['failed Interface default/web']);
  });

  test('the node itself fails where it is stalled, taken back or asked for a word, and not because git is down', () => {
    const because = (type: 'Stalled' | 'FetchFailed' | 'Ready', reason: string): NodeReport =>
      reportOf('n1', { conditions: [{ type, status: type !== 'Ready', reason, message: 'm', since: '2026-11-21T10:00:00Z' }] });
    const empty = { catalog: catalogOf({}, {}) };
    const stalled = tell({}, because('Stalled', 'InvalidDefinitions'), empty);
    expect(stalled.events).toMatchObject([{ event: 'failed', kind: 'Node', namespace: '', name: 'n1', reason: 'InvalidDefinitions' }]);
    expect(words(tell(stalled.memory, because('Stalled', 'InvalidDefinitions'), empty))).toEqual([]);
    expect(words(tell({}, because('Ready', 'Reverted'), empty))).toEqual(['failed Node /n1']);
    for (const report of [because('FetchFailed', 'Unreachable'), because('Ready', 'Suspended')]) expect(words(tell({}, report, empty))).toEqual([]);
  });
});

describe('what goes is told', () => {
  const made = tell({}, FINE1, { ready: ALL });
  const gone = catalogOf({}, {});
  const ledger = ledgerOf(gone, ledgerOf(DEMO), '2026-11-21T11:00:00Z');

  test('when nothing of it is left here, with what it had, the inner before what it was in', () => {
    const { events, memory } = tell(made.memory, n1({}), { catalog: gone, ledger });
    expect(events).toMatchObject([
      {
        event: 'deleted',
        kind: 'Interface',
        name: 'web',
        addresses: ['10.0.0.3'],
        mac: expect.stringMatching(/^02:/),
        devices: [],
        uuid: expect.stringMatching(/-/),
      },
      { event: 'deleted', kind: 'Network', name: 'demo', addresses: ['10.0.0.1'], cidr: '10.0.0.0/24' },
    ]);
    expect([memory, tell(memory, n1({}), { catalog: gone, ledger }).events]).toEqual([{}, []]);
  });

  test('and not before', () => {
    const left = tell(made.memory, n1({ 'default/demo': { digest: '', state: 'deleting' } }), { catalog: gone, ledger, leftovers: ['Interface default/web'] });
    expect(words(left)).toEqual([]);
    expect(words(tell(left.memory, n1({}), { catalog: gone, ledger }))).toEqual(['deleted Interface default/web', 'deleted Network default/demo']);
  });

  test('not of what others have: only by who had it, or tells for all', () =>
    expect(words(tell(tell({}, reportOf('n3')).memory, reportOf('n3'), { catalog: gone, ledger }))).toEqual([]));

  test('a guest that moves is changed where it was, and created where it is', () => {
    const moved = catalogOf(
      { 'default/demo': { cidr: '10.0.0.0/24' } },
      { 'default/web': { network: 'demo', node: 'n2' }, 'default/db': { network: 'demo', node: 'n2' } },
    );
    const now = { catalog: moved, ledger: ledgerOf(moved, ledgerOf(DEMO), '2026-11-21T11:00:00Z') };
    expect(tell(made.memory, n1({}), now).events).toMatchObject([
      { event: 'changed', kind: 'Network', reason: 'Moved', before: { nodes: ['n1', 'n2'] }, nodes: ['n2'] },
      { event: 'changed', kind: 'Interface', reason: 'Moved', message: 'it is not on n1 any more', nodes: ['n2'], addresses: ['10.0.0.3'] },
    ]);
    const there = reportOf('n2', { networks: { 'default/demo': READY }, interfaces: { 'default/db': READY, 'default/web': READY } });
    expect(words(tell(tell({}, FINE2, { ready: ALL }).memory, there, now))).toEqual(['created Interface default/web']);
  });

  test('another of its name is told as a new one', () => {
    const renamed = JSON.parse(JSON.stringify(ledgerOf(DEMO)).replaceAll(ledgerOf(DEMO).networks['default/demo']?.uuid ?? '-', 'u2')) as Ledger;
    expect(words(tell(made.memory, FINE1, { ledger: renamed, ready: ALL }))).toEqual([
      'allocated Network default/demo',
      'created Network default/demo',
      'ready Network default/demo',
    ]);
  });
});

test('an object is ready when every node where it belongs says so, and there is one', () => {
  const isReady = (reports: readonly NodeReport[], catalog = DEMO) => ALL.map(isReadyIn(viewOf(catalog, reports)));
  expect(isReady(FINE)).toEqual([true, true, true]);
  expect(isReady([FINE1])).toEqual([false, true, false]);
  expect(isReady([FINE1, reportOf('n2', { networks: { 'default/demo': WAITING } })])).toEqual([false, true, false]);
  expect(isReadyIn(viewOf(catalogOf({ 'default/demo': {} }, {}), FINE))('Network default/demo')).toBe(false);
  expect(isReadyIn(viewOf(DEMO, FINE))('Node n1')).toBe(false);
});

test('every kind of event has the shape that its schema says, and the facts of its object', () => {
  const validate = new Ajv2020({ strict: true, validateFormats: false, allErrors: true }).compile(
    JSON.parse(readFileSync(new URL('../../schemas/output/hook-event.json', import.meta.url), 'utf8')),
  );
  const report = reportOf('n1', {
    networks: { 'acme/shop': { ...READY, devices: ['br-vxlan-e2300f'] }, 'acme/office': { digest: '', state: 'error', reason: 'Conflict' } },
    pools: { edge: READY },
    floatingIPs: { 'acme/www': READY, 'acme/spare': READY },
    routedIPs: { 'acme/lb': READY },
  });
  const first = tell({}, report, { catalog: SHOP, ready: ['Network acme/shop'] });
  const changed = tell(first.memory, { ...report, floatingIPs: { 'acme/www': { ...READY, digest: 'd2' } } }, { catalog: SHOP });
  const gone = tell(first.memory, reportOf('n1'), { catalog: catalogOf({}, {}), ledger: ledgerOf(SHOP) });
  const all: readonly HookEvent[] = [first, changed, gone].flatMap(({ events }) => events);
  expect(new Set(all.map(({ event }) => event)).size).toBe(6);
  for (const event of all) expect([validate(JSON.parse(JSON.stringify(event))), validate.errors]).toEqual([true, null]);
  const of = (kind: string, name: string) => all.find(event => event.kind === kind && event.name === name);
  expect(of('Network', 'shop')).toMatchObject({ vxid: 14823439, addresses: ['10.0.0.1', '192.0.2.5'], nodes: ['n1', 'n2'], devices: ['br-vxlan-e2300f'] });
  expect(of('FloatingIP', 'www')).toMatchObject({ addresses: ['192.0.2.3'], pool: 'edge', interface: 'web', network: 'acme/shop', nodes: ['n1'] });
  expect(of('RoutedIP', 'lb')).toMatchObject({ addresses: ['192.0.2.6'], pool: 'edge', network: 'acme/shop' });
  expect(of('AddressPool', 'edge')).toMatchObject({ cidr: '192.0.2.0/28', uuid: '', namespace: '' });
});
