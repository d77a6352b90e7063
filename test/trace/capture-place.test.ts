/** Where packets of an object are, and that a filter is a filter. */
import { expect, test } from 'vitest';
import { captureWords } from '../../src/host/capture.ts';
import { capturePlace, filterOf, portsFilter, vxlanFilter } from '../../src/trace/capture-place.ts';
import { catalogOf, ledgerOf } from '../report/world.ts';

const catalog = catalogOf(
  { 'red/lan': { cidr: '10.1.0.0/24' }, 'red/flat': {} },
  { 'red/web': { network: 'lan', node: 'n1' }, 'red/vm': { network: 'lan', node: 'n2', attach: { bridge: {} } as never }, 'red/none': { network: 'flat' } },
  { gateways: ['n1'], pools: { edge: { cidr: '192.0.2.0/24', device: 'eth1' } }, floating: { 'red/www': { interface: 'web' } } },
);
const ledger = ledgerOf(catalog);
const entry = ledger.networks['red/lan'];

test('an interface is captured at its near end, by the port with its MAC where a hypervisor names it', () => {
  expect(capturePlace('Interface', 'red/web', 'bridge', { catalog, ledger })).toMatchObject({
    nodes: ['n1'],
    netns: '',
    device: { name: expect.stringMatching(/^tap-/) },
    only: '',
  });
  const mac = entry?.interfaces['red/vm']?.mac ?? '';
  expect(capturePlace('Interface', 'red/vm', 'bridge', { catalog, ledger })).toMatchObject({ nodes: ['n2'], device: { mac: `fe${mac.slice(2)}` } });
  expect(capturePlace('Interface', 'red/none', 'bridge', { catalog, ledger })).toMatchObject({ why: 'Interface red/none is on no node yet' });
});

test('a network at its bridge on all its nodes, at its router, its way out and its underlay where these are', () => {
  const at = (on: Parameters<typeof capturePlace>[2], key = 'red/lan') => capturePlace('Network', key, on, { catalog, ledger });
  expect(at('bridge')).toMatchObject({ nodes: ['n1', 'n2'], device: { portsOf: `br-vxlan-${entry?.vxid.toString(16)}` } });
  expect(at('router')).toMatchObject({ nodes: ['n1'], netns: entry?.uuid });
  expect(at('egress')).toMatchObject({ nodes: ['n1'], netns: entry?.uuid });
  expect(at('underlay')).toMatchObject({ device: { address: { n1: '10.2.1.1', n2: '10.2.1.2' } }, only: vxlanFilter(4789, entry?.vxid ?? 0, false) });
  expect(at('router', 'red/flat')).toMatchObject({ why: 'no node carries a router of Network red/flat' });
  expect(at('egress', 'red/flat')).toMatchObject({ why: 'Network red/flat has no way out of its own' });
  expect(capturePlace('FloatingIP', 'red/www', 'bridge', { catalog, ledger })).toMatchObject({ nodes: ['n1'], netns: entry?.uuid });
});

test('the identifier of a network is three bytes of its header', () => {
  expect(vxlanFilter(4789, 0x31, false)).toBe('udp dst port 4789 and udp[12:4] & 0xffffff00 = 0x00003100');
  expect(vxlanFilter(4789, 0xffffff, true)).toBe('udp dst port 4789 and ip6[52:4] & 0xffffff00 = 0xffffff00');
});

test.each([[['-w', '/etc/passwd']], [['--', '-z', 'x']], [['-Z root']], [[' -w/tmp/x']], [['icmp\n-w']], [['icmp\u202e']]])('%j is no filter', words => {
  expect(filterOf('', words)).toMatchObject({ why: expect.any(String) });
});

test('each packet of a bridge once: where it comes in', () => {
  expect(portsFilter([7, 12])).toBe('inbound and (ifindex 7 or ifindex 12)');
});

test('a filter is one argument behind the end of options, in brackets beside what the place asks for', () => {
  expect(filterOf('', ['tcp', 'port', '80'])).toEqual({ filter: 'tcp port 80' });
  expect(filterOf('inbound', ['icmp or arp'])).toEqual({ filter: '(inbound) and (icmp or arp)' });
  expect(captureWords({ device: 'any', filter: 'a -w b', count: 2, isFile: true })).toEqual([
    '-n',
    '--immediate-mode',
    '-i',
    'any',
    '-c',
    '2',
    '-U',
    '-w',
    '-',
    '--',
    'a -w b',
  ]);
});
