import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { conditions, type PassOutcome } from '../../src/report/condition.ts';
import { isNews, type NodeReport, parseStatusFile, statusFile } from '../../src/report/node-report.ts';
import { READY, reportOf } from './world.ts';

const FINE: PassOutcome = { fetch: null, refusal: null, isEmpty: false, source: null, failed: [], degraded: [], remaining: 0, observeOnly: false };
const T1 = '2026-11-21T10:00:00Z';
const T2 = '2026-11-21T10:05:00Z';
const of = (outcome: Partial<PassOutcome>) =>
  conditions([], { ...FINE, ...outcome }, T1).map(c => `${c.type}=${c.status} ${c.reason}${c.message === '' ? '' : `: ${c.message}`}`);

describe('conditions after a pass', () => {
  test.each<[string, Partial<PassOutcome>, readonly string[]]>([
    ['all is as wanted', {}, ['Ready=true AsWanted', 'Reconciling=false Done', 'Stalled=false Accepted', 'Degraded=false None', 'FetchFailed=false Fetched']],
    ['steps are left', { remaining: 2 }, ['Ready=false Differs: 2 things not as wanted', 'Reconciling=true Progressing: 2 steps to do']],
    [
      'a node that is suspended',
      { remaining: 1, suspended: { message: 'by ada: a card', since: T1 } },
      [
        'Ready=false Suspended: 1 change planned, none applied',
        'Reconciling=false Done',
        'Stalled=false Accepted',
        'Degraded=false None',
        'FetchFailed=false Fetched',
        'Suspended=true Suspended: by ada: a card',
      ],
    ],
    ['mode observe', { remaining: 1, observeOnly: true }, ['Ready=false ObserveOnly: 1 change planned, none applied', 'Reconciling=false Done']],
    [
      'objects failed',
      {
        failed: [
          { reason: 'B', message: 'b' },
          { reason: 'A', message: 'a' },
        ],
      },
      ['Ready=false A: a (and 1 more)'],
    ],
    ['nothing was ever seen', { isEmpty: true }, ['Ready=false NoRevision: no good revision was ever seen here']],
  ])('%s', (_, outcome, expected) => expect(of(outcome).slice(0, expected.length)).toEqual(expected));

  test('the remote is down, or its newest revision is bad: still Ready, and said', () => {
    const said = of({ fetch: { reason: 'Unreachable', message: 'no route' }, refusal: { reason: 'InvalidDefinitions', message: '2 errors' } });
    expect(said).toEqual(
      expect.arrayContaining(['Ready=true AsWanted', 'FetchFailed=true Unreachable: no route', 'Stalled=true InvalidDefinitions: 2 errors']),
    );
  });

  test('since is kept while status and reason are the same, and only then', () => {
    const first = conditions([], FINE, T1);
    expect(conditions(first, FINE, T2)).toEqual(first);
    const down = conditions(first, { ...FINE, fetch: { reason: 'Timeout', message: 'x' } }, T2);
    expect(down.map(c => c.since)).toEqual([T1, T1, T1, T1, T2]);
    const other = conditions(down, { ...FINE, fetch: { reason: 'Timeout', message: 'y' } }, '2026-11-21T10:10:00Z');
    expect(other.at(-1)).toMatchObject({ since: T2, message: 'y' });
  });
});

describe('the file of a node', () => {
  const report: NodeReport = reportOf('n1', {
    networks: {
      'default/demo': READY,
      'acme/front': { digest: '', state: 'deleting', reason: 'ForeignPort', message: 'vnet3 is in it', devices: ['vxlan-2', 'br-vxlan-2'] },
    },
    interfaces: { 'default/web': READY },
    drift: [{ definition: 'Network default/demo', ref: 'link:/vxlan-2', field: 'mtu', want: '8950', have: '1500' }],
    facts: { underlay: { device: 'eth0', mtu: 9000, up: true }, bridgeNetfilter: false, ports: [], users: { alice: 1000 }, devices: ['eth0'], missing: [] },
  });

  test('reads like this', () => {
    expect(statusFile(report)).toBe(`# Written by netloom on the node itself.
apiVersion: netloom.dev/v1
kind: NodeStatus
node: n1
version: "0.1.0"
mode: enforce
heard: "2026-11-21T11:55:00Z"
revision:
  observed: ${'a'.repeat(40)}
  attempted: ${'a'.repeat(40)}
  accepted: ${'a'.repeat(40)}
  applied: ${'a'.repeat(40)}
conditions:
  - {"type": "Ready", "status": true, "reason": "AsWanted", "message": "", "since": "2026-11-21T10:00:05Z"}
networks:
  acme/front: {"state": "deleting", "digest": "", "reason": "ForeignPort", "message": "vnet3 is in it", "devices": ["br-vxlan-2", "vxlan-2"]}
  default/demo: {"state": "ready", "digest": "d1"}
interfaces:
  default/web: {"state": "ready", "digest": "d1"}
inventory:
  "vxlan bridge": 1
  "vxlan interface": 1
driftCount: 1
drift:
  - {"definition": "Network default/demo", "ref": "link:/vxlan-2", "field": "mtu", "want": "8950", "have": "1500"}
facts:
  bridgeNetfilter: false
  devices: ["eth0"]
  missing: []
  ports: []
  underlay: {"device": "eth0", "mtu": 9000, "up": true}
  users: {"alice": 1000}
`);
  });

  test('is read back as it was, and is YAML to everybody else', () => {
    const { devices: _, ...front } = report.networks['acme/front'] ?? READY;
    const sorted = { ...report, networks: { ...report.networks, 'acme/front': { ...front, devices: ['br-vxlan-2', 'vxlan-2'] } } };
    expect(parseStatusFile(statusFile(report))).toEqual({ report: sorted });
    expect(parse(statusFile(report))).toMatchObject({ node: 'n1', facts: { users: { alice: 1000 } }, networks: { 'default/demo': { digest: 'd1' } } });
  });

  test('pools, floating and routed addresses are there where a node has some, and read back', () => {
    const gateway = reportOf('n1', {
      pools: { edge: READY },
      floatingIPs: { 'acme/www': { ...READY, devices: ['flt-c000020a-o'] } },
      routedIPs: { 'acme/lb': READY },
    });
    expect(parseStatusFile(statusFile(gateway))).toEqual({ report: gateway });
    expect(parse(statusFile(gateway))).toMatchObject({ floatingIPs: { 'acme/www': { state: 'ready', devices: ['flt-c000020a-o'] } } });
    expect(Object.keys(parse(statusFile(reportOf('n2'))))).not.toContain('pools');
    expect(isNews(gateway, { ...gateway, routedIPs: {} })).toBe(true);
  });

  test('the order of maps and lists does not change the text', () => {
    const turned = {
      ...report,
      networks: Object.fromEntries(Object.entries(report.networks).reverse()),
      inventory: Object.fromEntries(Object.entries(report.inventory).reverse()),
    };
    expect(statusFile(turned)).toBe(statusFile(report));
  });

  test('a heartbeat and an unrelated commit are no news; anything else is', () => {
    const beat = { ...report, heard: '2026-11-21T12:25:00Z', revision: { observed: 'b', attempted: 'b', accepted: 'b', applied: 'b' } };
    expect(isNews(report, beat)).toBe(false);
    expect(isNews(null, report)).toBe(true);
    expect(isNews(report, { ...beat, networks: {} })).toBe(true);
    expect(isNews(report, { ...beat, drift: [] })).toBe(true);
    expect(isNews(report, { ...beat, conditions: [] })).toBe(true);
  });

  test('a newer version’s file is read for what is known of it', () => {
    const text = statusFile(report).replace('mode: enforce', 'mode: enforce\nquantum: true').replace('"state": "ready"', '"state": "entangled"');
    const read = parseStatusFile(text);
    expect('report' in read && read.report.networks['default/demo']).toBeUndefined();
    expect('report' in read && read.report.interfaces['default/web']).toEqual(READY);
  });

  test.each([
    ['garbage', '\u0000', 1],
    ['another kind', 'apiVersion: netloom.dev/v1\nkind: Network\n', 0],
    ['conflict markers', '<<<<<<< HEAD\n', 1],
    ['no instant', statusFile(report).replace(/heard: .*/, 'heard: never'), 0],
  ])('%s is a problem, not a crash', (_, text, line) => expect(parseStatusFile(text)).toMatchObject({ problem: { line, message: expect.any(String) } }));
});
