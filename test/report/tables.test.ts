import { describe, expect, test } from 'vitest';
import { addressList, addressRows } from '../../src/report/addresses.ts';
import { describeInterface, describeNetwork, describeNode } from '../../src/report/describe.ts';
import type { NetEvent } from '../../src/report/events.ts';
import { namespaceRecords } from '../../src/report/namespace-record.ts';
import { networkRecord, networkRecords } from '../../src/report/network-record.ts';
import { interfaceRecord, interfaceRecords, nodeRecord, nodeRecords } from '../../src/report/records.ts';
import { interfaceRows, nameLines, namespaceRows, networkRows, nodeRows } from '../../src/report/rows.ts';
import { statusText } from '../../src/report/status-text.ts';
import { csv, fields, table } from '../../src/report/table.ts';
import { catalogOf, FINE, ledgerOf, READY, reportOf, viewOf } from './world.ts';

const catalog = catalogOf(
  { 'default/demo': { cidr: '10.0.0.0/24', vxid: 14823439 }, 'acme/front': { cidr: '10.0.0.0/29', mtu: 1500, vxid: 2 }, 'acme/flat': { vxid: 3 } },
  {
    'default/web': { network: 'demo', node: 'n1', mac: '02:aa:00:00:00:01', attach: { tap: { ifname: 'web0', multiQueue: false } } },
    'default/db': { network: 'demo', node: 'n2', mac: '02:aa:00:00:00:02', attach: { netns: { name: 'c1' } } },
    'acme/vm': { network: 'front', attach: { bridge: {} }, mac: '02:aa:00:00:00:03' },
  },
);
const failing = { digest: 'd1', state: 'error', reason: 'UnknownUser', message: 'no user alice' } as const;
const view = viewOf(catalog, [
  reportOf('n1', {
    networks: { 'default/demo': READY },
    interfaces: { 'default/web': failing },
    drift: [{ ref: 'link:/web0', field: '', want: 'there', have: '' }],
  }),
  ...FINE.slice(1),
]);
const text = ({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly string[])[] }): string => `\n${table(columns, rows)}\n`;
const uuid = (key: string): string => view.ledger.networks[key]?.uuid ?? '';

describe('get', () => {
  test('networks', () => {
    expect(text(networkRows(networkRecords(view), { namespaces: true }))).toBe(`
NAMESPACE  NAME   STATE    REASON     VXID      HEX       CIDR         GUESTS  NODES
acme       flat   created  NoMembers  3         0x3       -            0       -
acme       front  created  NoMembers  2         0x2       10.0.0.0/29  1       -
default    demo   created  -          14823439  0xe2300f  10.0.0.0/24  2       n1,n2
`);
    expect(networkRows(networkRecords(view), { wide: true }).rows[2]).toEqual(expect.arrayContaining(['8950', uuid('default/demo'), 'networks/demo.yaml:1']));
  });

  test('interfaces', () => {
    const own = interfaceRecords(view).filter(record => record.metadata.namespace === 'default');
    const [db, web] = ['default/db', 'default/web'].map(key => view.ledger.networks['default/demo']?.interfaces[key]?.uuid);
    expect(text(interfaceRows(own))).toBe(`
NAME  UUID                                  NETWORK  INSTANCE  MAC                IPV4      FLOATING  MODEL   ORDER  STATE    REASON
db    ${db}  demo     -         02:aa:00:00:00:02  10.0.0.2  -         virtio  0      created  -
web   ${web}  demo     -         02:aa:00:00:00:01  10.0.0.3  -         virtio  0      error    UnknownUser
`);
    expect(interfaceRows(own, { wide: true, namespaces: true }).columns).toEqual(expect.arrayContaining(['NAMESPACE', 'NODE', 'DEVICE', 'METADATA']));
    expect(interfaceRecord('acme/vm', view)?.status).toMatchObject({ state: 'initial', reason: 'Unplaced', device: null, attach: 'bridge', node: null });
    expect(interfaceRecord('default/db', view)?.status.attach).toBe('netns c1');
  });

  test('nodes, namespaces, names', () => {
    expect(text(nodeRows(nodeRecords(view)))).toBe(`
NAME  STATE  REASON  APPLIED     HEARD                 NETWORKS  GUESTS  DRIFT
n1    ready  -       aaaaaaaaaa  2026-11-21T11:55:00Z  1         1       1
n2    ready  -       aaaaaaaaaa  2026-11-21T11:55:00Z  1         1       0
`);
    expect(text(namespaceRows(namespaceRecords(view)))).toBe(`
NAME     NETWORKS  GUESTS  FLOATING  ROUTED
acme     2         1       0         0
default  1         2       0         0
`);
    expect(nameLines([...networkRecords(view).slice(0, 1), ...nodeRecords(view).slice(0, 1)])).toEqual(['network/acme/flat', 'node/n1']);
  });

  test('what is gone is listed only when asked for', () => {
    const empty = catalogOf({}, {});
    const gone = viewOf(empty, [], { ledger: ledgerOf(empty, view.ledger, '2026-11-21T11:00:00Z') });
    expect(networkRecords(gone)).toEqual([]);
    expect(networkRecords(gone, true).map(record => record.status.state)).toEqual(['deleted', 'deleted', 'deleted']);
    expect(interfaceRecords(gone, true)[0]).toMatchObject({
      metadata: { name: 'vm', namespace: 'acme' },
      status: { state: 'deleted', network: 'acme/front', removed: '2026-11-21T11:00:00Z' },
    });
    expect(networkRecord('default/nothing', gone)).toBeNull();
  });
});

describe('status', () => {
  test('one screen: says first that something is wrong, then only that', () => {
    expect(`\n${statusText(view)}\n`).toBe(`
Cluster lab at aaaaaaaaaa: not everything is as defined

Networks:   3 created
Interfaces: 1 initial, 1 created, 1 error

NAME  STATE  REASON  APPLIED     HEARD                 NETWORKS  GUESTS  DRIFT
n1    ready  -       aaaaaaaaaa  2026-11-21T11:55:00Z  1         1       1
n2    ready  -       aaaaaaaaaa  2026-11-21T11:55:00Z  1         1       0

Not as defined:
OBJECT                 STATE  REASON       MESSAGE
Interface default/web  error  UnknownUser  n1: no user alice

Not placed:
OBJECT             STATE    REASON    MESSAGE
Interface acme/vm  initial  Unplaced  it has no node: name one in spec.node

Drift:
NODE  WHAT        FIELD  WANT   HAVE
n1    link:/web0  -      there  -

Next:
  netloom describe interface default/web

As of no status branch yet; 2 nodes heard within 5m
`);
  });

  test('names who is behind', () => {
    const late = viewOf(catalog, [...view.reports.values()], { wanted: node => (node === 'n2' ? 'other' : 'd1'), revisionAt: '2026-11-21T11:30:00Z' });
    expect(statusText(late)).toContain(`
Behind aaaaaaaaaa:
NODE  APPLIED     SINCE    REASON   MESSAGE
n2    aaaaaaaaaa  30m ago  Waiting  n2 has not yet applied the newest change
`);
  });
});

describe('describe', () => {
  const event: NetEvent = {
    at: '2026-11-21T10:00:00.020Z',
    node: 'n1',
    object: 'Network default/demo',
    type: 'change',
    operation: 'create vxlan interface',
    phase: 'finish',
    durationMs: 25,
    message: 'vxlan-e2300f',
    revision: '',
  };

  test('a network', () => {
    const record = networkRecord('default/demo', view);
    const guests = interfaceRecords(view).filter(each => each.status.network === 'default/demo');
    const tap = guests[0]?.status.device;
    expect(record && `\n${describeNetwork(record, guests, { events: [event] })}\n`).toBe(`
Network:                default/demo
Namespace:              default
Defined:                networks/demo.yaml:1
Labels:                 None
Annotations:            None
State:                  created
UUID:                   ${uuid('default/demo')}
VXID:                   14823439 (0xe2300f)
CIDR:                   10.0.0.0/24
DHCP:                   no
NAT:                    no
DNS:                    no
Egress:                 none
Floating gateway:       None
Route to add upstream:  None
Router:                 10.0.0.1 at 02:02:e2:30:0f:01
Gateway node:           None
Addresses:              5 taken, 251 free
MTU:                    8950
Mesh:                   programmed from git
Devices:                vxlan-e2300f, br-vxlan-e2300f
Router veth:            None
Egress veth:            None
Network namespace:      None
Since:                  2026-11-21T10:00:00Z

Nodes:
  NODE  STATE    REASON  MESSAGE
  n1    created  -       -
  n2    created  -       -

Guests:
  NAME  STATE    REASON       NODE  ADDRESS   FLOATING  MAC                DEVICE
  db    created  -            n2    10.0.0.2  -         02:aa:00:00:00:02  ${tap}
  web   error    UnknownUser  n1    10.0.0.3  -         02:aa:00:00:00:01  web0

Events:
  TIMESTAMP                 NODE  OPERATION               PHASE   DURATION  MESSAGE
  2026-11-21T10:00:00.020Z  n1    create vxlan interface  finish  0.025s    vxlan-e2300f
`);
  });

  test('an interface and a node', () => {
    const web = interfaceRecord('default/web', view);
    expect(web && describeInterface(web, { events: [] })).toContain('State:        error (UnknownUser): n1: no user alice');
    const moving = catalogOf({ 'default/demo': {} }, { 'default/web': { network: 'demo', node: 'n1', migrateTo: 'n2' } });
    const moved = interfaceRecord('default/web', viewOf(moving, []));
    expect(moved && describeInterface(moved, { events: [] })).toContain('Node:         n1, moving to n2 since 2026-11-21T10:00:00Z');
    expect(moved && interfaceRows([moved], { wide: true }).rows[0]).toContain('n1>n2');
    const n1 = nodeRecord('n1', view);
    const shown = n1 === null ? '' : describeNode(n1, view.reports.get('n1'), { events: [] });
    expect(shown).toContain('Inventory:    1 vxlan bridge\n              1 vxlan interface');
    expect(shown).toContain('Drift:\n  WHAT        FIELD  WANT   HAVE\n  link:/web0  -      there  -');
    expect(nodeRecord('n9', view)).toBeNull();
  });
});

describe('addresses', () => {
  test('as CSV: sorted by number, users by kind, uuid and name, comments by file and line', () => {
    const list = addressList('default/demo', view, 300_000);
    const [db, web] = ['default/db', 'default/web'].map(key => view.ledger.networks['default/demo']?.interfaces[key]?.uuid);
    const rows = list === null ? { columns: [], rows: [] } : addressRows(list);
    expect(`\n${csv(rows.columns, rows.rows)}`).toBe(`
address,type,user,comment
10.0.0.0,network,,
10.0.0.1,gateway,Network ${uuid('default/demo')} default/demo,networks/demo.yaml:1
10.0.0.2,instance,Interface ${db} default/db,interfaces/db.yaml:1
10.0.0.3,instance,Interface ${web} default/web,interfaces/web.yaml:1
10.0.0.255,broadcast,,
`);
    expect(addressList('default/nothing', view, 1)).toBeNull();
  });

  test('quarantine that has run out shows as remembered, also before the ledger says so', () => {
    const less = catalogOf({ 'default/demo': { cidr: '10.0.0.0/24' } }, {});
    const ledger = ledgerOf(less, view.ledger, '2026-11-21T11:56:00Z');
    const types = (now: string) => addressList('default/demo', viewOf(less, [], { ledger, now }), 300_000)?.items.map(item => item.type);
    expect(types('2026-11-21T11:57:00Z')).toEqual(['network', 'gateway', 'quarantine', 'quarantine', 'broadcast']);
    expect(types('2026-11-21T12:01:00Z')).toEqual(['network', 'gateway', 'remembered', 'remembered', 'broadcast']);
  });
});

describe('the table printer', () => {
  test('no blanks at the end, a dash for nothing', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['x', ''],
          ['yyyy', 'z'],
        ],
      ),
    ).toBe('A     LONG\nx     -\nyyyy  z');
  });

  test('a narrow terminal shortens what explains, the last first, and never what a line is about', () => {
    const heads = ['NAME', 'STATE', 'REASON', 'ADDRESS', 'MAC', 'MESSAGE'];
    const rows = [
      ['a-name-that-is-long', 'error', 'UnderlayAddressMissing', '2001:db8:1234:5678::2', '02:aa:00:00:00:01', 'no device has the address'],
      ['b', 'created', '', '10.0.0.2', '02:aa:00:00:00:02', ''],
    ];
    const at = (width?: number): readonly string[] => table(heads, rows, width).split('\n');
    expect(at(120)[1]).toBe('a-name-that-is-long  error    UnderlayAddressMissing  2001:db8:1234:5678::2  02:aa:00:00:00:01  no device has the addre…');
    expect(at(100)[1]).toBe('a-name-that-is-long  error    UnderlayAddress…  2001:db8:1234:5678::2  02:aa:00:00:00:01  no device…');
    expect(at(80)[1]).toBe('a-name-that-is-long  error    UnderlayA…  2001:db8:1234:5678::2  02:aa:00:00:00:01  no device…');
    expect(at(40)).toEqual(at(80));
    for (const width of [undefined, 120, 100, 80, 40]) {
      for (const [line, row] of rows.entries()) for (const column of [0, 1, 3, 4]) expect(at(width)[line + 1]).toContain(row[column]);
    }
  });

  test('text of definitions cannot forge a line or colour one', () => {
    expect(table(['A'], [['x\n\u001b[31mroot']])).toBe('A\nx\\u{a}\\u{1b}[31mroot');
    expect(fields([['Name', 'a\nb']])).toBe('Name:  a\\u{a}b');
  });

  test('CSV quotes what it must', () => {
    expect(csv(['a'], [['x,y'], ['say "hi"']])).toBe('a\n"x,y"\n"say ""hi"""\n');
  });
});
