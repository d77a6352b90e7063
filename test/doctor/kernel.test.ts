import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Evidence, Kernel } from '../../src/doctor/evidence.ts';
import type { Step } from '../../src/kinds/step.ts';
import { evidence, KERNEL, SEGMENT, step } from './evidence.ts';

const of = (steps: readonly Step[], other: Partial<Kernel> = {}): Partial<Evidence> => ({ kernel: { ...KERNEL, steps, ...other } });
const said = (other: Partial<Evidence>): readonly string[] => diagnose(evidence(other)).findings.map(({ code, message }) => `${code}: ${message}`);
const change = (field: string, want: unknown, have: unknown, forces?: true) => ({ field, want, have, ...(forces === undefined ? {} : { forces }) });

describe('a difference in words', () => {
  test.each([
    [
      step('vtep', 'vtep:/vxlan-71/02:aa:00:00:00:02'),
      'mesh-entry: Network red/lan: the forwarding entry of Interface red/b (02:aa:00:00:00:02) on vxlan-71 is missing: what is sent to it goes to no node',
    ],
    [
      step('fdb', 'fdb:/br-vxlan-71/02:aa:00:00:00:09'),
      "mesh-entry: Network red/lan: the bridge's entry of 02:aa:00:00:00:09 on br-vxlan-71 is missing: what is sent to it is dropped or goes to the wrong port",
    ],
    [
      step('flood', 'flood:/vxlan-71/10.9.0.2'),
      'mesh-entry: Network red/lan: the flood entry to n2 (10.9.0.2) on vxlan-71 is missing: broadcast (ARP, DHCP) does not get there',
    ],
    [
      step('neigh', 'neigh:/br-vxlan-71/10.7.1.12'),
      'mesh-entry: Network red/lan: the neighbour entry of Interface red/b (10.7.1.12) on br-vxlan-71 is missing: its MAC is not known',
    ],
    [
      step('vtep', 'vtep:/vxlan-71/02:aa:00:00:00:02', { verb: 'update', changes: [change('dst', '10.9.0.2', '10.9.0.3')] }),
      'mesh-entry: Network red/lan: the forwarding entry of Interface red/b (02:aa:00:00:00:02) on vxlan-71 has dst 10.9.0.3 instead of 10.9.0.2: what is sent to it goes to no node',
    ],
    [
      step('flood', 'flood:/vxlan-71/10.9.0.7', { verb: 'delete' }),
      'mesh-entry: Network red/lan: the flood entry to 10.9.0.7 on vxlan-71 is there and is not wanted',
    ],
    [
      step('sysctl', 'sysctl:/net/ipv4/ip_forward', { verb: 'update', changes: [change('value', '1', '0')] }),
      'ip-forward: Network red/lan: net.ipv4.ip_forward is 0 and must be 1: nothing is routed between networks, pools and the outside',
    ],
    [
      step('sysctl', 'sysctl:uuid-71/net/ipv4/conf/eth0.5/rp_filter', { verb: 'update', changes: [change('value', '0', '1')] }),
      'kernel-differs: Network red/lan: net/ipv4/conf/eth0.5/rp_filter is 1 and must be 0 in the namespace uuid-71',
    ],
    [
      step('port', 'port:/vxlan-71', { verb: 'update', changes: [change('forwarding', true, false)] }),
      'port-stopped: Network red/lan: the bridge port vxlan-71 is stopped (its state is not forwarding): no frame passes it',
    ],
    [
      step('port', 'port:/vxlan-71', { changes: [change('bridge', 'br-vxlan-71', undefined)] }),
      'port-stopped: Network red/lan: vxlan-71 is not in its bridge br-vxlan-71: no frame passes it',
    ],
    [
      step('port', 'port:/vxlan-71', { verb: 'update', changes: [change('learning', false, true)] }),
      'kernel-differs: Network red/lan: the bridge port vxlan-71 has learning true instead of false',
    ],
    [
      step('vxlan', 'link:/vxlan-71', { verb: 'update', changes: [change('up', true, false)] }),
      'link-down: Network red/lan: vxlan-71 is down: nothing passes it',
    ],
    [step('veth', 'link:/veth-71-o'), 'link-down: Network red/lan: veth-71-o is missing: nothing passes it'],
    [
      step('far', 'link:uuid-71/veth-71-i', { verb: 'update', changes: [change('mtu', 1450, 1500)] }),
      'kernel-differs: Network red/lan: veth-71-i in the namespace uuid-71 has mtu 1500 instead of 1450',
    ],
    [
      step('service', 'service:uuid-71/dnsmasq'),
      'dnsmasq: Network red/lan: dnsmasq of Network red/lan does not run: guests get no address by DHCP, and no names',
    ],
    [
      step('service', 'service:uuid-71/dnsmasq', { replacing: true, changes: [change('answers', true, false, true)] }),
      'dnsmasq: Network red/lan: dnsmasq of Network red/lan does not answer: guests get no address by DHCP, and no names',
    ],
    [
      step('route', 'route:/254/10.4.0.0/24'),
      'kernel-differs: Network red/lan: the route to 10.4.0.0/24 on 254 is missing: packets there take another way or none',
    ],
    [
      step('nft', 'nft:/inet/netloom'),
      'kernel-differs: Network red/lan: the filter inet netloom is missing: packets are dropped or let through that should not be',
    ],
    [step('rule', 'rule:uuid-71/1000'), 'kernel-differs: Network red/lan: the rule uuid-71/1000 is missing'],
  ] as const)('%#: $ref', (one, sentence) => expect(said(of([one]))).toEqual([sentence]));
});

test('causes only: what is missing with something else, or said again because of it, is not told', () => {
  const steps = [
    step('bridge', 'link:/br-vxlan-71'),
    step('port', 'port:/vxlan-71', { needs: [0] }),
    step('neigh', 'neigh:/br-vxlan-71/10.7.1.12', { needs: [0] }),
    step('fdb', 'fdb:/br-vxlan-71/02:aa:00:00:00:09', { because: 'link:/br-vxlan-71' }),
    step('service', 'service:uuid-71/dnsmasq', { verb: 'delete', replacing: true }),
  ];
  expect(said(of(steps))).toEqual(['link-down: Network red/lan: br-vxlan-71 is missing: nothing passes it']);
});

test('a network whose kernel lacks something is not also called silent', () => {
  const silent = { ...SEGMENT, echo: { isAnswered: false }, dhcp: { guest: '', macs: [] } };
  expect(said({ ...of([step('flood', 'flood:/vxlan-71/10.9.0.2')]), segments: [silent] })).toEqual([expect.stringMatching(/^mesh-entry: /)]);
  expect(said({ segments: [silent] })).toEqual([expect.stringMatching(/^vxlan-back: /)]);
});

test('forty entries of one network are one sentence', () => {
  const steps = Array.from({ length: 40 }, (_, n) => step('flood', `flood:/vxlan-71/10.9.1.${n}`));
  expect(said(of(steps))).toEqual([
    expect.stringMatching(/^mesh-entry: Network red\/lan: the flood entry to 10\.9\.1\.0 .*, and 37 more such things: broadcast/),
  ]);
});

test('what other definitions lack is not told where one network is asked about', () => {
  const other = step('vxlan', 'link:/vxlan-99', { from: [{ definition: 'Network blue/lan', at: { file: '', line: 0, col: 0 } }] });
  expect(said(of([other]))).toEqual([]);
  expect(said(of([other], { definitions: ['Network blue/lan'] }))).toHaveLength(1);
});

test('a node that applies nothing is not told to reconcile', () => {
  const [, differs] = diagnose(evidence({ ...of([step('vxlan', 'link:/vxlan-71')]), word: { mode: 'enforce', suspended: 'by ada' } })).findings;
  expect(differs?.cure).toMatch(/nothing is repaired while/);
});

test('what is in the way of a definition, as a pass tells it; what waits is not broken', () => {
  const obstacle = (state: 'waiting' | 'error' | 'degraded', reason: string, definition = 'AddressPool edge') => ({
    definition,
    state,
    reason,
    message: 'so it is',
  });
  const found = diagnose(
    evidence(
      of([], {
        obstacles: [
          obstacle('error', 'EgressDeviceDown'),
          obstacle('waiting', 'GuestMissing', 'Interface red/a'),
          obstacle('error', 'UnderlayAddressMissing', 'Network red/lan'),
          obstacle('degraded', 'BridgeNetfilter', 'Node n1'),
          obstacle('error', 'Conflict', 'Network red/pair'),
        ],
      }),
    ),
  );
  expect(found.findings.map(({ code, message, cure }) => [code, message, cure])).toEqual([
    ['egress-device', 'AddressPool edge: so it is', 'ip link set eth1 up, and see that its cable is in'],
    ['definition', 'Network red/pair: so it is', 'netloom describe network red/pair says more'],
  ]);
  expect(found.untested).toEqual([{ check: 'definitions', message: 'Interface red/a: so it is' }]);
});

describe('bridged frames and the filters of others', () => {
  const machine = { ...evidence().machine, filtersBridged: true, forwardDrops: ['ip filter FORWARD'] };
  const switched = step('sysctl', 'sysctl:/net/bridge/bridge-nf-call-iptables', {
    verb: 'update',
    changes: [change('value', '0', '1')],
    from: [{ definition: 'Node n1', at: { file: '', line: 0, col: 0 } }],
  });
  test('who drops them is told, and the switch with it', () => {
    expect(said({ machine, ...of([switched]) })).toEqual([
      expect.stringMatching(/^forward-dropped: br_netfilter hands frames between guests to ip filter FORWARD/),
    ]);
    expect(said({ machine: { ...machine, forwardDrops: [] }, ...of([switched]) })).toEqual([
      expect.stringMatching(/^kernel-differs: Node n1: net\.bridge\.bridge-nf-call-iptables is 1 and must be 0/),
    ]);
    expect(said({ machine: { ...machine, filtersBridged: false } })).toEqual([]);
  });
  test('where the definition keeps them, the cure is another', () => {
    const kept = { definition: 'Node n1', state: 'degraded', reason: 'BridgeNetfilter', message: '' } as const;
    expect(diagnose(evidence({ machine, ...of([], { obstacles: [kept] }) })).findings).toMatchObject([
      {
        code: 'forward-dropped',
        cure: expect.stringMatching(
          /^write bridgeNetfilter: off in Node n1, or let it pass there: nft insert rule ip filter FORWARD iifname "br-vxlan-\*" accept/,
        ),
      },
    ]);
  });
});

test('an address on two guests is told by who answers, with what a pass does about it', () => {
  const stray = step('address', 'address:c/eth0/10.7.1.11/32', {
    verb: 'delete',
    from: [{ definition: 'Interface red/b', at: { file: '', line: 0, col: 0 } }],
  });
  const [first, ...rest] = SEGMENT.addresses;
  const twice = { ...SEGMENT, addresses: [{ ...(first as (typeof rest)[number]), macs: ['02:aa:00:00:00:01', '02:aa:00:00:00:02'] }, ...rest] };
  expect(diagnose(evidence({ ...of([stray]), segments: [twice] })).findings).toMatchObject([
    { code: 'duplicate-address', cure: expect.stringMatching(/^netloom reconcile takes 10\.7\.1\.11 off it/) },
  ]);
  expect(said(of([stray]))).toEqual([
    expect.stringMatching(/^kernel-differs: Interface red\/b: the address 10\.7\.1\.11\/32 on eth0 is there and is not wanted/),
  ]);
});

test('a kernel that could not be read is not called well', () => {
  const { findings, untested, healthy } = diagnose(evidence({ kernel: { why: 'Operation not permitted' } }));
  expect([findings, untested.map(({ check }) => check)]).toEqual([[], ['kernel']]);
  expect(healthy.some(({ check }) => check === 'kernel')).toBe(false);
});
