/** Every flag of a bridge or a port that would part guests, or hand their frames to others, reads back as what it is. */
import { describe, expect, it } from 'vitest';
import { type BridgeSpec, bridge, PLAIN_BRIDGE } from '../../src/kinds/bridge.ts';
import { PLAIN_PORT, type PortSpec, port } from '../../src/kinds/port.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';

const EMPTY: Rows = {
  netns: '',
  namespaces: [],
  links: [],
  routes: [],
  neighs: [],
  proxies: [],
  rules: [],
  fdb: [],
  tables: [],
  files: [],
  services: [],
  sysctls: {},
};

const BRIDGE: LinkRow = {
  ifindex: 3,
  ifname: 'br-vxlan-2',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1450,
  operstate: 'UP',
  group: '97',
  addr_info: [],
  linkinfo: {
    info_kind: 'bridge',
    info_data: {
      stp_state: 0,
      forward_delay: 0,
      mcast_snooping: 0,
      vlan_filtering: 0,
      ageing_time: 30_000,
      nf_call_iptables: 0,
      nf_call_ip6tables: 0,
      nf_call_arptables: 0,
    },
  },
};

const PORT: LinkRow = {
  ifindex: 4,
  ifname: 'tap-1',
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1450,
  operstate: 'UP',
  group: '97',
  master: 'br-vxlan-2',
  addr_info: [],
  linkinfo: {
    info_kind: 'veth',
    info_slave_kind: 'bridge',
    info_slave_data: {
      state: 'forwarding',
      hairpin: false,
      learning: false,
      flood: true,
      proxy_arp: false,
      proxy_arp_wifi: false,
      mcast_flood: true,
      bcast_flood: true,
      neigh_suppress: false,
      isolated: false,
      locked: true,
    },
  },
};

type Data = Readonly<Record<string, unknown>>;

function bridgeWith(data: Data): BridgeSpec | undefined {
  const row = { ...BRIDGE, linkinfo: { ...BRIDGE.linkinfo, info_data: { ...BRIDGE.linkinfo?.info_data, ...data } } };
  return bridge.parse({ ...EMPTY, links: [row] })[0]?.spec;
}

function portWith(data: Data, row: Partial<LinkRow> = {}, master: LinkRow = BRIDGE): PortSpec | undefined {
  const linkinfo = { ...PORT.linkinfo, info_slave_data: { ...PORT.linkinfo?.info_slave_data, ...data } };
  return port.parse({ ...EMPTY, links: [master, { ...PORT, linkinfo, ...row }] })[0]?.spec;
}

describe('a bridge', () => {
  it('as a network needs it reads as plain', () =>
    expect(bridgeWith({})).toMatchObject({ ...PLAIN_BRIDGE, stp: false, forwardDelay: 0, snooping: false, netfilter: false }));

  it.each([
    [{ vlan_filtering: 1 }, { vlanFiltering: true }],
    [{ ageing_time: 0 }, { ageing: 0 }],
    [{ nf_call_iptables: 1 }, { netfilter: true }],
    [{ nf_call_ip6tables: 1 }, { netfilter: true }],
    [{ nf_call_arptables: 1 }, { netfilter: true }],
    [{ stp_state: 1 }, { stp: true }],
    [{ mcast_snooping: 1 }, { snooping: true }],
  ])('with %j reads as %j', (data, told) => expect(bridgeWith(data)).toEqual({ ...bridgeWith({}), ...told }));
});

describe('a port', () => {
  it('as guests need it reads as plain', () =>
    expect(portWith({})).toMatchObject({ ...PLAIN_PORT, learning: false, flood: true, suppress: false, locked: true }));

  it.each([
    [{ isolated: true }, { isolated: true }],
    [{ hairpin: true }, { hairpin: true }],
    [{ mcast_flood: false }, { mcastFlood: false }],
    [{ bcast_flood: false }, { bcastFlood: false }],
    [{ proxy_arp: true }, { proxyArp: true }],
    [{ proxy_arp_wifi: true }, { proxyArp: true }],
    [{ locked: false }, { locked: false }],
    [{ learning: true }, { learning: true }],
    [{ flood: false }, { flood: false }],
    [{ neigh_suppress: true }, { suppress: true }],
  ])('with %j reads as %j', (data, told) => expect(portWith(data)).toEqual({ ...portWith({}), ...told }));

  it.each(['disabled', 'listening', 'learning', 'blocking'])('that somebody stopped (%s) does not forward', state => {
    expect(portWith({ state })?.forwarding).toBe(false);
    expect(portWith({ state }, { operstate: 'UNKNOWN' })?.forwarding).toBe(false);
  });

  it('that the kernel itself stops is no drift: without carrier, down, in a bridge that is down or runs spanning tree', () => {
    const tree = { ...BRIDGE, linkinfo: { ...BRIDGE.linkinfo, info_data: { stp_state: 1 } } };
    const stopped = [
      portWith({ state: 'disabled' }, { operstate: 'DOWN' }),
      portWith({ state: 'disabled' }, { operstate: 'LOWERLAYERDOWN' }),
      portWith({ state: 'disabled' }, { flags: ['BROADCAST'] }),
      portWith({ state: 'disabled' }, {}, { ...BRIDGE, flags: ['BROADCAST'] }),
      portWith({ state: 'blocking' }, {}, tree),
    ];
    expect(stopped.map(spec => spec?.forwarding)).toEqual([true, true, true, true, true]);
  });
});

/** What the kind says about one field, as words of `ip`. */
const saidOf = (ops: readonly object[]): unknown => ops.flatMap(op => ('set' in op ? [op.set] : []));

describe('what differs is said, and nothing else', () => {
  it('of a bridge', () => {
    const want = bridgeWith({}) as BridgeSpec;
    expect(saidOf(bridge.update(want, ['vlanFiltering']))).toEqual([{ vlanFiltering: false }]);
    expect(saidOf(bridge.update(want, ['ageing', 'netfilter']))).toEqual([{ ageing: 30_000, netfilter: false }]);
  });

  it.each(['isolated', 'hairpin', 'mcastFlood', 'bcastFlood', 'proxyArp', 'forwarding'] as const)('of a port: %s', field => {
    const want = portWith({}) as PortSpec;
    expect(saidOf(port.update(want, [field]))).toEqual([{ [field]: PLAIN_PORT[field] }]);
  });
});

describe('a network card as a port', () => {
  const ownerIn = (master: string, group: string): string | undefined => {
    const links = [
      { ...BRIDGE, ifname: master, group },
      { ...PORT, ifname: 'eth2', group: '0', master },
    ];
    return port.parse({ ...EMPTY, links })[0]?.owner;
  };

  it('is ours in the egress bridge of its own name, and nowhere else', () => {
    expect([ownerIn('egr-br-eth2', '97'), ownerIn('egr-br-eth3', '97'), ownerIn('br-vxlan-2', '97'), ownerIn('egr-br-eth2', '0')]).toEqual([
      'ours',
      'foreign',
      'foreign',
      'foreign',
    ]);
  });
});
