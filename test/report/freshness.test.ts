import { describe, expect, test } from 'vitest';
import { behindOf } from '../../src/report/behind.ts';
import { asOf, asOfText } from '../../src/report/freshness.ts';
import { networkRecord } from '../../src/report/network-record.ts';
import { networkState } from '../../src/report/state.ts';
import { statusText } from '../../src/report/status-text.ts';
import { changesBetween, watchEvent } from '../../src/report/watch-events.ts';
import { catalogOf, DEMO, FINE, reportOf, viewOf } from './world.ts';

const tip = { commit: 'c'.repeat(40), at: '2026-11-21T11:59:48Z' };
const [n1 = reportOf('n1')] = FINE;

describe('how old it is', () => {
  test('of which commits, and when nodes were heard', () => {
    const view = viewOf(DEMO, FINE, { statusTip: tip });
    expect(asOfText(view)).toBe('status branch cccccccccc, 12s old; definitions aaaaaaaaaa; 2 nodes heard within 5m');
    expect(asOf(view)).toMatchObject({ statusCommit: tip.commit, heardSince: '2026-11-21T11:55:00Z', silent: [], neverHeard: [] });
  });

  test('who is silent, and who never said anything', () => {
    const view = viewOf(DEMO, [{ ...n1, heard: '2026-11-21T09:00:00Z' }], { statusTip: tip });
    expect(asOfText(view)).toBe('status branch cccccccccc, 12s old; definitions aaaaaaaaaa; silent: n1; never heard: n2');
  });
});

describe('who is behind', () => {
  const behind = (reports: Parameters<typeof viewOf>[1], more: Parameters<typeof viewOf>[2] = {}) => {
    const view = viewOf(DEMO, reports, more);
    return behindOf(
      view,
      [...view.catalog.networks.keys()].flatMap(key => networkState(key, view) ?? []),
    );
  };
  const old = { observed: 'a'.repeat(40), attempted: 'a'.repeat(40), accepted: 'b'.repeat(40), applied: 'b'.repeat(40) };
  const stalled = { type: 'Stalled', status: true, reason: 'InvalidDefinitions', message: '2 errors', since: '2026-11-21T11:00:00Z' } as const;

  test('nobody, also where an older revision is applied that says the same', () => {
    expect(behind(FINE)).toEqual([]);
    expect(behind(FINE.map(report => ({ ...report, revision: old })))).toEqual([]);
  });

  test('a node that says what holds it up: since then, and why', () => {
    const held = { ...n1, revision: old, conditions: [...n1.conditions, stalled] };
    expect(behind([held, ...FINE.slice(1)])).toEqual([
      { node: 'n1', applied: 'b'.repeat(40), newest: 'a'.repeat(40), since: stalled.since, reason: 'InvalidDefinitions', message: '2 errors' },
    ]);
  });

  test('a node that is silent about a new revision', () => {
    expect(behind([{ ...n1, revision: old, heard: '2026-11-21T09:00:00Z' }, ...FINE.slice(1)])).toMatchObject([
      { node: 'n1', reason: 'Silent', since: '2026-11-21T09:00:00Z' },
    ]);
  });

  test('a node that has not yet made what is new: since the commit', () => {
    const found = behind(FINE, { wanted: node => (node === 'n2' ? 'other' : 'd1'), revisionAt: '2026-11-21T11:50:00Z' });
    expect(found).toMatchObject([{ node: 'n2', reason: 'Waiting', since: '2026-11-21T11:50:00Z' }]);
  });
});

describe('status', () => {
  const names = [...Array(100).keys()].map(i => `n${i + 1}`);
  const nodes = new Map(names.map(name => [name, { ...([...DEMO.nodes.values()][0] as never as object), name, key: name }])) as never as typeof DEMO.nodes;
  const large = viewOf(
    { ...DEMO, nodes },
    names.map(name => FINE.find(report => report.node === name) ?? reportOf(name)),
    { statusTip: tip },
  );

  test('100 nodes that are fine are one screen of 80 by 24', () => {
    const lines = statusText(large, 80).split('\n');
    expect(lines).toContain('Nodes:      100 ready');
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80);
  });

  test('of many nodes those are listed that are not, and what to do next', () => {
    const reports = new Map([...large.reports, ['n77', reportOf('n77', { heard: '2026-11-21T09:00:00Z' })]]);
    const text = statusText({ ...large, reports });
    expect(text).toMatch(/^n77 +silent +Silent /m);
    expect(text).not.toMatch(/^n78 /m);
    expect(text).toContain('Next:\n  netloom describe node n77\n');
  });

  test('drift that was repaired of late, by node', () => {
    const drift = { at: '2026-11-21T11:00:00.000Z', node: 'n2', object: 'Network default/demo', type: 'drift', operation: 'create vxlan interface' } as const;
    const text = statusText(large, 80, [{ ...drift, phase: 'finish', durationMs: 1, message: '', revision: '' }]);
    expect(text).toMatch(/Drift repaired in the last day:\nNODE +REPAIRS +LAST +MESSAGE\nn2 +1 +60m ago +create vxlan interface, Network default\/demo/);
    expect(text).toContain('netloom events node n2 --type drift');
  });
});

test('what came, what changed, what went, with the commits', () => {
  const [before, after] = [viewOf(DEMO, []), viewOf(DEMO, FINE, { statusTip: tip })].map(view => networkRecord('default/demo', view));
  if (!before || !after) throw new Error('no network');
  const known = new Map([['default/demo', before]]);
  expect(changesBetween(new Map(), known, new Map())).toEqual([{ type: 'ADDED', object: before }]);
  expect(changesBetween(known, known, new Map())).toEqual([]);
  expect(changesBetween(known, new Map([['default/demo', after]]), new Map())).toEqual([{ type: 'MODIFIED', object: after }]);
  expect(changesBetween(known, new Map(), known)).toEqual([{ type: 'DELETED', object: before }]);
  expect(watchEvent('ADDED', after, viewOf(catalogOf({}, {}), [], { statusTip: tip }))).toMatchObject({ commit: 'a'.repeat(40), statusCommit: tip.commit });
});
