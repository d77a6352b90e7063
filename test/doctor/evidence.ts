/** A node on which everything is well, as doctor finds it; a test says what is otherwise. */
import type { Evidence, Kernel, Peer, Segment } from '../../src/doctor/evidence.ts';
import type { Step } from '../../src/kinds/step.ts';

export const PEER: Peer = {
  node: 'n2',
  address: '10.9.0.2',
  place: 'nodes.yaml:9',
  networks: ['red/lan', 'red/pair'],
  small: null,
  whole: { bytes: 1500, why: null },
  vxlan: { answer: 'open', why: '' },
  version: '1.0.0',
  ours: '1.0.0',
  macs: ['02:00:00:00:00:02'],
};

export const SEGMENT: Segment = {
  network: 'red/lan',
  bridge: 'br-vxlan-71',
  router: 'n2',
  routerMac: '02:02:00:00:71:01',
  dhcp: { guest: '02:aa:00:00:00:01', macs: ['02:02:00:00:71:01'] },
  echo: { isAnswered: true },
  addresses: [
    { ip: '10.7.1.11', owner: 'Interface red/a', mac: '02:aa:00:00:00:01', macs: ['02:aa:00:00:00:01'], isShared: false },
    { ip: '10.7.1.12', owner: 'Interface red/b', mac: '02:aa:00:00:00:02', macs: [], isShared: false },
  ],
  skipped: 0,
};

export const KERNEL: Kernel = {
  steps: [],
  obstacles: [],
  definitions: ['Node n1', 'Network red/lan', 'Network red/pair', 'AddressPool edge', 'FloatingIP red/web', 'Interface red/a', 'Interface red/b'],
  names: {
    nodes: { '10.9.0.2': 'n2' },
    macs: { '02:aa:00:00:00:02': 'Interface red/b' },
    addresses: { 'br-vxlan-71 10.7.1.12': 'Interface red/b' },
    namespaces: { 'uuid-71': 'Network red/lan' },
  },
};

const standing = (node: string) => ({ node, state: 'ready', reason: '', message: '', behind: false, heard: '2026-11-21T11:50:00Z' });

/** n1, which shares two networks with n2 and carries the floating address red/web. */
export function evidence(other: Partial<Evidence> = {}): Evidence {
  return {
    node: 'n1',
    at: '2026-11-21T12:00:00.000Z',
    place: 'nodes.yaml:1',
    networks: ['red/lan', 'red/pair'],
    machine: { programs: [], features: [], filtersBridged: false, forwardDrops: [] },
    word: { mode: 'enforce', suspended: null },
    underlay: {
      address: '10.9.0.1',
      device: 'eth0',
      found: { device: 'eth0', mtu: 1500, isUp: true },
      instead: [],
      other: null,
      neededMtu: 1500,
      port: 4789,
      rivals: [],
      ownMacs: ['02:00:00:00:00:01', '02:00:00:00:00:f1'],
    },
    peers: [PEER],
    kernel: KERNEL,
    branches: { url: 'https://git.example.com/net.git', why: null, aheadMs: 400, nodes: [standing('n1'), standing('n2')] },
    segments: [SEGMENT],
    outside: {
      gateways: [{ pool: 'edge', device: 'eth1', address: '198.18.0.1', why: null }],
      floating: [
        {
          key: 'red/web',
          address: '192.0.2.10',
          network: 'red/lan',
          pool: 'edge',
          link: 'egr-br-eth1',
          mac: '02:01:c0:00:02:0a',
          macs: ['02:01:c0:00:02:0a'],
          echo: null,
        },
      ],
    },
    frames: null,
    ...other,
  };
}

/** A step of a plan, as far as doctor reads it. */
export function step(kind: string, ref: string, other: Partial<Step> = {}): Step {
  return {
    verb: 'make',
    kind,
    title: kind,
    ref: ref as Step['ref'],
    ops: [],
    from: [{ definition: 'Network red/lan', at: { file: '', line: 0, col: 0 } }],
    changes: [],
    replacing: false,
    impact: 'no-traffic',
    needs: [],
    ...other,
  };
}
