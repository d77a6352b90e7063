/** What the kinds make of rows of a real node: ours beside a guest, libvirt's port, Docker's bridge and somebody's hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Ref } from '../../src/kinds/kind.ts';
import { isOurNamespace } from '../../src/kinds/marks.ts';
import { batchLine } from '../../src/kinds/render.ts';
import type { LinkRow, RouteRow, Rows } from '../../src/kinds/rows.ts';

// Read by netloom itself from kernel 6.18 with iproute2 6.1 and nft 1.0.6.
const NODE = JSON.parse(readFileSync(new URL('fixtures/rows.json', import.meta.url), 'utf8')) as readonly Rows[];
const [ROOT, , GUEST] = NODE as [Rows, Rows, Rows];

function parse(all: readonly Rows[], ...kinds: readonly string[]): readonly Observed[] {
  return all.flatMap(rows => [...KINDS.values()].filter(kind => kinds.length === 0 || kinds.includes(kind.name)).flatMap(kind => kind.parse(rows)));
}

function owners(all: readonly Rows[], ...kinds: readonly string[]): readonly string[] {
  return parse(all, ...kinds)
    .map(one => `${one.owner} ${one.kind} ${one.ref}`)
    .sort();
}

function spec(all: readonly Rows[], ref: Ref): object | undefined {
  return parse(all).find(one => one.ref === ref)?.spec;
}

describe('links', () => {
  it('are of one kind each, and ours by their group, a tap also by its staging name', () => {
    expect(owners(NODE, 'bridge', 'vxlan', 'veth', 'far', 'tap', 'other-link')).toEqual([
      'common other-link link:/lo',
      'common other-link link:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/lo',
      'common other-link link:guest/lo',
      'foreign bridge link:/docker0',
      'foreign far link:/uplink',
      'foreign far link:/vm3',
      'foreign far link:guest/inner',
      'foreign far link:guest/inner2',
      'foreign other-link link:/vpn0',
      'foreign veth link:/eth0',
      'foreign veth link:/vnet3',
      'ours bridge link:/br-vxlan-2',
      'ours far link:/host-0000000b',
      'ours far link:guest/eth0',
      'ours tap link:/nl-0000000c',
      'ours tap link:/tap-0000000d',
      'ours veth link:/tap-0000000a',
      'ours veth link:/tap-0000000b',
      'ours vxlan link:/vx6',
      'ours vxlan link:/vxlan-2',
    ]);
    expect(new Set(owners(NODE).map(line => line.split(' ')[2])).size).toBe(owners(NODE).length);
  });

  it('tell what was given to them', () => {
    expect(spec(NODE, 'link:/br-vxlan-2')).toEqual({
      netns: '',
      name: 'br-vxlan-2',
      mac: '02:03:00:00:00:02',
      mtu: 1450,
      alias: 'netloom:Network default/demo',
      group: 97,
      up: true,
      addrgenmode: 'none',
      stp: false,
      forwardDelay: 0,
      snooping: false,
      vlanFiltering: false,
      ageing: 30000,
      netfilter: false,
    });
    expect(spec(NODE, 'link:/vxlan-2')).toMatchObject({ vni: 2, port: 4789, local: '10.9.0.1', learning: false });
    expect(spec(NODE, 'link:/vx6')).toMatchObject({ vni: 6, port: 8472, local: 'fd00::1', learning: true, group: 98 });
    expect(spec(NODE, 'link:/nl-0000000c')).toMatchObject({ owner: 1000, multiQueue: true });
    expect(spec(NODE, 'link:/tap-0000000d')).toMatchObject({ owner: null, multiQueue: false });
  });

  it('the ends of a veth name each other; in one namespace the far end was registered first', () => {
    expect(spec(NODE, 'link:/tap-0000000a')).toMatchObject({ peer: 'guest/eth0' });
    expect(spec(NODE, 'link:guest/eth0')).toMatchObject({ near: '/tap-0000000a' });
    expect(spec(NODE, 'link:/tap-0000000b')).toMatchObject({ peer: '/host-0000000b' });
    expect(spec(NODE, 'link:/host-0000000b')).toMatchObject({ near: '/tap-0000000b' });
  });

  it('a far end is ours as long as its near end is, whatever was done to its mark', () => {
    const eth0 = GUEST.links.find(row => row.ifname === 'eth0') as LinkRow;
    const peer = { netns: '', name: 'tap-0000000a', ifindex: 7 };
    const owner = (row: LinkRow) => owners([{ ...GUEST, links: [row] }], 'far');
    expect(owner({ ...eth0, group: '0', peer: { ...peer, group: '97' } })).toEqual(['ours far link:guest/eth0']);
    expect(owner({ ...eth0, group: '97', peer: { ...peer, group: '0' } })).toEqual(['foreign far link:guest/eth0']);
  });

  it('hardware is never ours, whatever its group', () => {
    const nic: LinkRow = { ifindex: 2, ifname: 'enp1s0', flags: ['UP'], mtu: 1500, group: '97', addr_info: [] };
    expect(owners([{ ...ROOT, links: [nic] }], 'other-link')).toEqual(['foreign other-link link:/enp1s0']);
  });
});

describe('what belongs to links', () => {
  it('ports are ours by their link, in whatever bridge', () => {
    expect(owners(NODE, 'port')).toEqual([
      'foreign port port:/vnet3',
      'ours port port:/tap-0000000a',
      'ours port port:/tap-0000000d',
      'ours port port:/vxlan-2',
    ]);
    expect(spec(NODE, 'port:/vxlan-2')).toEqual({
      netns: '',
      link: 'vxlan-2',
      bridge: 'br-vxlan-2',
      learning: false,
      flood: false,
      suppress: true,
      locked: false,
      isolated: false,
      hairpin: false,
      mcastFlood: true,
      bcastFlood: true,
      proxyArp: false,
      forwarding: true,
    });
  });

  it('addresses are ours on our links, but for those that the kernel makes', () => {
    const found = owners(NODE, 'address').filter(line => !line.includes('/lo/') && !line.includes('/fe80:'));
    expect(found).toEqual([
      'foreign address address:/eth0/192.0.2.10/24',
      'ours address address:/br-vxlan-2/10.0.0.1/24',
      'ours address address:guest/eth0/10.0.0.2/24',
    ]);
    expect(
      new Set(
        owners([GUEST], 'address')
          .filter(line => line.includes('/eth0/fe80:'))
          .map(line => line.split(' ')[0]),
      ),
    ).toEqual(new Set(['common']));
  });

  it('a peer that somebody gave another vni or port is not the peer that is wanted, and can be taken away', () => {
    const fdb = [
      { mac: '02:00:00:00:00:0e', ifname: 'vxlan-2', dst: '10.9.0.2', vni: 77, flags: ['self'], state: 'static' },
      { mac: '00:00:00:00:00:00', ifname: 'vxlan-2', dst: '10.9.0.2', flags: ['self'], state: 'permanent' },
      { mac: '00:00:00:00:00:00', ifname: 'vxlan-2', dst: '10.9.0.2', port: 9999, flags: ['self'], state: 'permanent' },
    ];
    const altered = [{ ...ROOT, fdb }];
    expect(spec(altered, 'vtep:/vxlan-2/02:00:00:00:00:0e')).toMatchObject({ dst: '10.9.0.2,vni,77' });
    const [wanted, odd] = parse(altered, 'flood');
    expect(wanted?.ref).toBe('flood:/vxlan-2/10.9.0.2');
    expect(odd?.owner).toBe('ours');
    expect(KINDS.get('flood')?.remove(odd?.spec).map(batchLine)).toEqual(['fdb del 00:00:00:00:00:00 dev vxlan-2 dst 10.9.0.2 port 9999 self']);
  });

  it('permanent neighbours are ours by protocol or by link', () => {
    expect(owners(NODE, 'neigh')).toEqual([
      'foreign neigh neigh:/eth0/192.0.2.1',
      'ours neigh neigh:/br-vxlan-2/10.0.0.3',
      'ours neigh neigh:/br-vxlan-2/10.0.0.4',
      'ours neigh neigh:/eth0/192.0.2.2',
    ]);
  });

  it('routes are ours by protocol; both families keep their default apart', () => {
    expect(owners(NODE, 'route')).toEqual([
      'foreign route route:/254/10.66.0.0/16',
      'foreign route route:/254/default',
      'foreign route route:guest/254/default',
      'ours route route:/100/10.5.0.0/16/7',
      'ours route route:/254/fd01::/64',
      'ours route route:guest/254/10.77.0.0/16',
    ]);
    const six: RouteRow = { family: 'inet6', dst: 'default', gateway: 'fd00::1', dev: 'eth0', protocol: '97', table: '254', metric: 1024 };
    expect(owners([{ ...ROOT, routes: [six] }], 'route')).toEqual(['ours route route:/254/::/0']);
  });

  it("forwarding entries are three identities; ports' own MACs and what was learned are none", () => {
    expect(owners(NODE, 'flood', 'vtep', 'fdb')).toEqual([
      'ours fdb fdb:/br-vxlan-2/02:00:00:00:00:0a',
      'ours fdb fdb:/br-vxlan-2/02:00:00:00:00:0b',
      'ours flood flood:/vx6/fd00::2',
      'ours flood flood:/vxlan-2/10.9.0.2',
      'ours flood flood:/vxlan-2/10.9.0.3',
      'ours flood flood:/vxlan-2/10.9.0.3,port,8472',
      'ours vtep vtep:/vxlan-2/01:00:5e:00:00:05',
      'ours vtep vtep:/vxlan-2/02:00:00:00:00:0b',
    ]);
    expect(spec(NODE, 'fdb:/br-vxlan-2/02:00:00:00:00:0a')).toMatchObject({ link: 'tap-0000000a', sticky: false });
    expect(spec(NODE, 'fdb:/br-vxlan-2/02:00:00:00:00:0b')).toMatchObject({ link: 'vxlan-2', sticky: true });
  });
});

describe('what stands for itself', () => {
  it('namespaces are ours by the tag in their name', () => {
    expect(owners(NODE, 'netns')).toEqual(['foreign netns netns:guest', 'ours netns netns:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001']);
    // Another tag, another version or variant of uuid, and more than a uuid.
    const others = ['0b5e2f5c-1d2e-8f3a-9b4c-6e6c6e000001', '0b5e2f5c-1d2e-4f3a-9b4c-6e6c6d000001', '0b5e2f5c-1d2e-8f3a-7b4c-6e6c6d000001'];
    for (const name of [...others, 'x0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001']) expect(isOurNamespace(name), name).toBe(false);
  });

  it('settings are common, and tied to the link that their key names', () => {
    expect(owners(NODE, 'sysctl')).toEqual(['common sysctl sysctl:/net/ipv6/conf/br-vxlan-2/disable_ipv6', 'common sysctl sysctl:guest/net/ipv4/ip_forward']);
    const ties = (key: string) => KINDS.get('sysctl')?.ties({ netns: '', key, value: '0' });
    expect(ties('net/ipv6/conf/eth0.100/disable_ipv6')).toEqual([{ to: 'link:/eth0.100', when: 'goes' }]);
    expect(ties('net/ipv4/neigh/egr-2-i/proxy_delay')).toEqual([{ to: 'link:/egr-2-i', when: 'goes' }]);
    for (const key of ['net/ipv4/conf/all/rp_filter', 'net/ipv4/conf/default/rp_filter', 'net/bridge/bridge-nf-call-iptables']) expect(ties(key)).toEqual([]);
  });

  it('tables are ours by name', () => {
    expect(owners(NODE, 'nft')).toEqual(['ours nft nft:/bridge/netloom']);
  });
});

describe("in a guest's own namespace our marks count for nothing", () => {
  const eth0 = GUEST.links.find(row => row.ifname === 'eth0') as LinkRow;
  const marked = { flags: ['UP'], mtu: 1500, group: '97', addr_info: [{ family: 'inet', local: '172.30.0.1', prefixlen: 24 }] } as const;
  const bridge: LinkRow = { ...marked, ifindex: 20, ifname: 'br-vxlan-2', linkinfo: { info_kind: 'bridge' } };
  const inner: LinkRow = { ...marked, ifindex: 21, ifname: 'tap-1', linkinfo: { info_kind: 'veth' } };
  const route = { family: 'inet', dst: '10.8.0.0/16', protocol: '97', table: '254' } as const;
  const neigh = { dst: '172.30.0.9', lladdr: '02:00:00:00:00:09', state: ['PERMANENT'], protocol: '97' } as const;
  const rows: Rows = {
    ...GUEST,
    links: [
      eth0,
      bridge,
      { ...inner, peer: { netns: 'other', name: 'eth0', ifindex: 2, group: '97' } },
      { ...inner, ifindex: 22, ifname: 'tap-2' },
      { ...marked, ifindex: 23, ifname: 'nl-00000009', linkinfo: { info_kind: 'tun', info_data: { type: 'tap' } } },
    ],
    routes: [
      { ...route, dev: 'br-vxlan-2' },
      { ...route, dst: '10.9.0.0/16' },
      { ...route, dst: '10.7.0.0/16', dev: 'eth0' },
    ],
    neighs: [
      { ...neigh, dev: 'br-vxlan-2' },
      { ...neigh, dev: 'eth0' },
    ],
    tables: [{ family: 'inet', name: 'netloom', rows: [] }],
  };

  it('but on the far ends of our veths and on what lies on those', () => {
    const mine = owners([rows]).filter(line => line.startsWith('ours'));
    expect(mine).toEqual([
      'ours address address:guest/eth0/10.0.0.2/24',
      'ours far link:guest/eth0',
      'ours neigh neigh:guest/eth0/172.30.0.9',
      'ours route route:guest/254/10.7.0.0/16',
    ]);
    expect(owners([rows], 'bridge', 'veth', 'far', 'tap', 'nft', 'route', 'neigh').filter(line => line.startsWith('foreign')).length).toBe(8);
  });

  it('while in a namespace of ours they count as at home', () => {
    const ours = owners([{ ...rows, netns: '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001' }]);
    expect(ours.filter(line => line.startsWith('foreign'))).toEqual([]);
  });
});

describe("a guest's own addresses", () => {
  const far = KINDS.get('far');
  const want = { ...spec(NODE, 'link:guest/eth0'), guestAddresses: ['10.0.0.2', '192.0.2.0/28', 'fd00::/64'] };
  const address = (netns: string, link: string, ip: string): Observed => {
    const found = { netns, link, ip, prefix: 24 };
    return { kind: 'address', ref: `address:${netns}/${link}/${ip}/24`, spec: found, owner: 'ours' };
  };

  it('are spared inside its prefixes, on its link alone', () => {
    for (const ip of ['10.0.0.2', '192.0.2.15', 'fd00::7']) expect(far?.spares?.(want, address('guest', 'eth0', ip)), ip).toBe(true);
    for (const ip of ['10.0.0.3', '192.0.2.16', 'fd01::7']) expect(far?.spares?.(want, address('guest', 'eth0', ip)), ip).toBe(false);
    expect(far?.spares?.(want, address('guest', 'eth1', '10.0.0.2'))).toBe(false);
    expect(far?.spares?.(want, address('', 'eth0', '10.0.0.2'))).toBe(false);
    expect(far?.spares?.(want, { ...address('guest', 'eth0', '10.0.0.2'), kind: 'neigh' }), 'what a guest resolves by hand').toBe(true);
    expect(far?.spares?.(want, { ...address('guest', 'eth1', '10.0.0.2'), kind: 'neigh' })).toBe(false);
    const router = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001';
    expect(far?.spares?.({ ...want, netns: router }, { ...address(router, 'eth0', '10.0.0.2'), kind: 'neigh' }), 'where no guest is').toBe(false);
    expect(far?.spares?.(want, { ...address('guest', 'eth0', '10.0.0.2'), kind: 'route' })).toBe(false);
  });
});
