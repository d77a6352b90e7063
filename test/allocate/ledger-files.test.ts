import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ledgerEdits, ledgerFiles, mergeLedger, parseLedger } from '../../src/allocate/ledger-files.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { doubles, give, guest, identities, iface, MEMORY_S, net, network } from './world.ts';

const demo = 'allocations/networks/default/demo.yaml';
const asks = [net('demo', { cidr: '10.0.0.0/29', vxid: 14823439 }), guest('web')];
const { ledger } = give(asks);
const text = ledgerFiles(ledger).get(demo) ?? '';

describe('the file of a network', () => {
  test('reads like this', () => {
    const { uuid } = network(ledger);
    const web = iface(ledger, 'web');
    expect(text).toBe(`# Written by netloom: change the definitions, not this file.
apiVersion: netloom.dev/v1
kind: NetworkAllocation
namespace: default
name: demo
uuid: "${uuid}"
vxid: 14823439
vxidHex: "0xe2300f"
incarnation: 0
since: "2026-11-21T10:00:00Z"
from: "networks/demo.yaml:1"
cidr: "10.0.0.0/29"
router:
  address: "10.0.0.1"
  mac: "02:02:e2:30:0f:01"
interfaces:
  default/web: {"uuid": "${web.uuid}", "mac": "${web.mac}", "node": "n1", "address": "10.0.0.2", "incarnation": 0, "since": "2026-11-21T10:00:00Z", "from": "guests.yaml:3"}
addresses:
  - {"address": "10.0.0.0", "type": "network", "user": "", "comment": "", "since": "2026-11-21T10:00:00Z"}
  - {"address": "10.0.0.1", "type": "gateway", "user": "Network ${uuid} default/demo", "comment": "networks/demo.yaml:1", "since": "2026-11-21T10:00:00Z"}
  - {"address": "10.0.0.2", "type": "instance", "user": "Interface ${web.uuid} default/web", "comment": "guests.yaml:3", "since": "2026-11-21T10:00:00Z"}
  - {"address": "10.0.0.7", "type": "broadcast", "user": "", "comment": "", "since": "2026-11-21T10:00:00Z"}
check: ${text.slice(text.lastIndexOf('check: ') + 7).trimEnd()}
`);
    expect(text).toMatch(/^check: sha256-[0-9a-f]{32}\n$/m);
  });

  test('is YAML to everybody else, in both versions of it', () => {
    for (const version of ['1.1', '1.2'] as const) {
      const { apiVersion, kind, vxidHex, check: _, ...entry } = parse(text, { version });
      expect({ apiVersion, kind, vxidHex }).toEqual({ apiVersion: 'netloom.dev/v1', kind: 'NetworkAllocation', vxidHex: '0xe2300f' });
      expect(entry).toEqual(network(ledger));
    }
  });

  test('one more guest is one more line in each list', () => {
    const more = ledgerFiles(give([...asks, guest('db')], ledger, 60).ledger).get(demo) ?? '';
    const before = new Set(text.split('\n'));
    expect(
      more
        .split('\n')
        .filter(line => !before.has(line))
        .map(line => line.slice(0, line.startsWith('check') ? 14 : 22)),
    ).toEqual(['  default/db: {"uuid":', '  - {"address": "10.0.', 'check: sha256-']);
  });
});

describe('what is read from the branch', () => {
  const broken = (edit: (whole: string) => string) => parseLedger(new Map([[demo, edit(text)]]));

  test.each([
    ['conflict markers', (t: string) => t.replace('vxid:', '<<<<<<< HEAD\nvxid:'), 7, 'a merge conflict was committed'],
    ['garbage', () => '\u0000\u0001 x', 1, 'this is no line that netloom writes'],
    ['an empty file', () => '', 0, 'this is no netloom.dev/v1 NetworkAllocation'],
    ['a cut file', (t: string) => t.slice(0, -80), 22, 'this is no list element that netloom writes'],
    ['a cut check', (t: string) => t.slice(0, -2), 0, 'its check does not fit: it was edited by hand'],
    ['a doubled key', (t: string) => `${t}vxid: 5\n`, 24, '"vxid" is there twice'],
    ['a wrong vxid', (t: string) => t.replace('14823439', '99999999'), 0, 'vxid and vxidHex are not the same number'],
    ['a vxid out of range', (t: string) => t.replace('vxid: 14823439', 'vxid: 99999999').replace(/vxidHex.*\n/, ''), 0, 'vxid is wrong: 99999999'],
    ['a vxid that is text', (t: string) => t.replace('vxid: 14823439', 'vxid: "5"').replace(/vxidHex.*\n/, ''), 0, 'vxid is wrong: "5"'],
    ['a MAC that is none', (t: string) => t.replace('"mac": "02', '"mac": "zz'), 0, /^interfaces default\/web: mac is wrong: "zz:/],
    ['another network’s text', (t: string) => t.replace('name: demo', 'name: other'), 0, 'this is not the entry of default/demo'],
    ['a field of the future', (t: string) => `${t}quantum: true\n`, 0, 'quantum is no field that this version knows'],
    ['a key out of hell', (t: string) => t.replace('default/web:', '"__proto__":'), 0, 'interfaces __proto__: this is no namespace/name'],
    ['a bomb', () => `a: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, 1, 'the value of "a" is none that netloom writes'],
  ])('%s is a problem that names file and line, and nothing of it is taken for free', (_, edit, line, message) => {
    const read = broken(edit as (whole: string) => string);
    expect(read.ledger.networks).toEqual({});
    expect(read.problems).toEqual([
      { path: demo, about: 'default/demo', line, message: typeof message === 'string' ? message : expect.stringMatching(message) },
    ]);
  });

  const EDITED = { path: demo, about: 'default/demo', line: 0, message: 'its check does not fit: it was edited by hand' };

  test.each([
    [
      'numbers that agree with each other',
      (t: string) => t.replace('14823439', '14823440').replace('0xe2300f', '0xe23010').replace('02:02:e2:30:0f:01', '02:02:e2:30:10:01'),
    ],
    ['a comment', (t: string) => t.replace('vxid:', '# repaired after the fire\nvxid:')],
    ['an empty line at the end', (t: string) => `${t}\n`],
    ['another order', (t: string) => t.replace(/(vxid: \d+\n)(vxidHex: \S+\n)/, '$2$1')],
    ['another node', (t: string) => t.replace('"node": "n1"', '"node": "n2"')],
  ])('a careful edit by hand is told: %s', (_, edit) => {
    expect(broken(edit)).toEqual({ ledger: EMPTY_LEDGER, problems: [EDITED] });
  });

  const withoutCheck = (t: string): string => t.replace(/^check: .*\n/m, '');

  test('files of the time before checks are read, and get their check with the next change', () => {
    expect(broken(withoutCheck)).toEqual({ ledger, problems: [] });
    const old = new Map([...ledgerFiles(ledger)].map(([path, t]) => [path, withoutCheck(t)]));
    expect(ledgerEdits(old, ledger).get(demo)).toBe(text);
  });

  test('a check that is missing where others have one is an edit', () => {
    const files = new Map(ledgerFiles(give([...asks, net('blue')], ledger, 10).ledger));
    files.set(demo, withoutCheck(text));
    expect(parseLedger(files).problems).toEqual([{ ...EDITED, message: 'its check is missing: it was edited by hand' }]);
  });

  test('other files are none of ours', () => {
    const others = new Map([
      [demo, text],
      ['README.md', 'hello'],
      ['allocations/pools/UPPER.yaml', '{'],
      ['allocations/networks/default/UPPER.yaml', '{'],
    ]);
    expect(parseLedger(others)).toEqual({ ledger, problems: [] });
    expect([...ledgerEdits(others, EMPTY_LEDGER)]).toEqual([[demo, null]]);
  });

  test('how high the incarnations were is kept in a file of its own', () => {
    const files = ledgerFiles({ ...ledger, incarnations: 3 });
    expect(files.get('allocations/memory.yaml')).toContain('incarnations: 3');
    expect(parseLedger(files).ledger.incarnations).toBe(3);
    expect(parseLedger(new Map([['allocations/memory.yaml', 'incarnations: -1']])).problems).toMatchObject([{ path: 'allocations/memory.yaml' }]);
  });
});

describe('what is written', () => {
  test('only what differs, and nothing when nothing does', () => {
    const files = ledgerFiles(ledger);
    expect(ledgerEdits(files, ledger).size).toBe(0);
    const two = give([...asks, net('blue')], ledger, 10).ledger;
    expect([...ledgerEdits(files, two).keys()]).toEqual(['allocations/networks/default/blue.yaml']);
    const forgotten = give([net('blue')], give([net('blue')], two, 20).ledger, 30 + MEMORY_S).ledger;
    expect(ledgerEdits(ledgerFiles(two), forgotten).get(demo)).toContain('removed:');
  });

  test('a file that cannot be read and that nobody has a copy of is left for a human', () => {
    const files = new Map([[demo, 'garbage']]);
    const { ledger: read, problems } = parseLedger(files);
    expect(ledgerEdits(files, read, problems).size).toBe(0);
    expect(
      ledgerEdits(
        files,
        mergeLedger(
          read,
          ledger,
          problems.map(p => p.about),
        ),
        problems,
      ).get(demo),
    ).toBe(text);
  });
});

describe('what the remote lost', () => {
  const local = give([...asks, net('blue'), guest('x', 'blue')]).ledger;

  test('nothing lost: the remote’s very value', () => {
    const remote = parseLedger(ledgerFiles(local)).ledger;
    expect(mergeLedger(remote, local)).toBe(remote);
    expect(mergeLedger(remote, EMPTY_LEDGER)).toBe(remote);
    const newer = give([...asks, net('blue'), guest('x', 'blue', { node: 'n2' }), guest('y', 'blue')], local, 10).ledger;
    expect(mergeLedger(newer, local)).toBe(newer);
  });

  test('a deleted file and a lost line are said again', () => {
    const { 'default/blue': _, ...rest } = local.networks;
    expect(mergeLedger({ networks: rest }, local)).toEqual(local);
    const rewound = give([...asks, net('blue')]).ledger;
    const healed = mergeLedger(rewound, local);
    expect(identities(healed)).toEqual(identities(local));
    expect(doubles(give([...asks, net('blue'), guest('x', 'blue')], healed, 50).ledger)).toEqual([]);
  });

  test('what was removed stays removed: a tombstone is not missing, and a tombstone of ours is not brought back', () => {
    const removed = give(asks, local, 10).ledger;
    expect(mergeLedger(removed, local)).toBe(removed);
    const forgotten = give([...asks, net('new')], removed, 10 + MEMORY_S).ledger;
    expect(mergeLedger(forgotten, removed)).toBe(forgotten);
  });

  test('an interface that moved to another network is not missing in the old one', () => {
    const moved = give([...asks, net('blue'), guest('x', 'demo')], local, 10).ledger;
    expect(mergeLedger(moved, local)).toBe(moved);
  });

  test('what another node allocated anew after the loss goes back to what runs: the older one', () => {
    const anew = give([net('demo', { cidr: '10.0.0.0/29' }), guest('new'), guest('web')], EMPTY_LEDGER, 500).ledger;
    expect(network(anew).vxid).not.toBe(14823439);
    const { ledger: healed } = give([net('demo', { cidr: '10.0.0.0/29' }), guest('new'), guest('web')], mergeLedger(anew, ledger), 600);
    expect(network(healed).vxid).toBe(14823439);
    expect(iface(healed, 'web')).toMatchObject({ address: '10.0.0.2' });
    expect(iface(healed, 'new').address).not.toBe('10.0.0.2');
    expect(doubles(healed)).toEqual([]);
  });

  test('the highest count of incarnations wins', () => {
    expect(mergeLedger(local, { ...local, incarnations: 4 }).incarnations).toBe(4);
    expect(mergeLedger({ ...local, incarnations: 5 }, { ...local, incarnations: 4 }).incarnations).toBe(5);
  });
});
