/** The lines that people read, paste, and that the tools' batch modes take. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lane, type Op } from '../../src/kinds/op.ts';
import { batchLine, nftText, renderOp } from '../../src/kinds/render.ts';
import { RUNTIME, SAMPLES } from './samples.ts';

const transcript = (...titles: readonly string[]) =>
  SAMPLES.filter(({ title }) => titles.includes(title))
    .flatMap(({ kind, spec }) => [...kind.create(spec), ...kind.remove(spec)].map(renderOp))
    .join('\n');

describe('lines for a shell', () => {
  it('make and take away a network as an operator would', () => {
    expect(transcript('bridge', 'vxlan', 'port of the mesh', 'flood', 'vtep', 'fdb', 'neigh', 'sysctl of a link')).toMatchInlineSnapshot(`
      "ip link add name br-vxlan-2 address 02:03:00:00:00:02 mtu 1451 group 97 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
      ip link set dev br-vxlan-2 mtu 1450 alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev br-vxlan-2 up
      ip link del dev br-vxlan-2
      ip link add name vxlan-2 address 02:04:00:00:00:02 mtu 1450 group 97 type vxlan id 2 dstport 4789 local 10.9.0.1 nolearning
      ip link set dev vxlan-2 alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev vxlan-2 up
      ip link del dev vxlan-2
      ip link set dev vxlan-2 master br-vxlan-2
      ip link set dev vxlan-2 type bridge_slave learning off flood off neigh_suppress on locked off
      ip link set dev vxlan-2 nomaster
      ip neigh replace 10.0.0.3 lladdr 02:00:00:00:00:0a dev br-vxlan-2 nud permanent proto 97
      ip neigh flush to 10.0.0.3 dev br-vxlan-2 nud permanent
      bridge fdb append 00:00:00:00:00:00 dev vxlan-2 dst 10.9.0.2 self permanent
      bridge fdb del 00:00:00:00:00:00 dev vxlan-2 dst 10.9.0.2 self
      bridge fdb replace 02:00:00:00:00:0a dev vxlan-2 dst 10.9.0.2 self static
      bridge fdb del 02:00:00:00:00:0a dev vxlan-2 self
      bridge fdb replace 02:00:00:00:00:0a dev vxlan-2 master static sticky
      bridge fdb del 02:00:00:00:00:0a dev vxlan-2 master
      sysctl -qw net.ipv6.conf.br-vxlan-2.disable_ipv6=1"
    `);
  });

  it('attach guests by tap and by namespace', () => {
    expect(
      transcript('tap', 'tap without owner', 'port of a guest', 'veth', 'far', 'veth with both ends in the root', 'far end in the root'),
    ).toMatchInlineSnapshot(`
      "ip link add name tap-0000000a address fe:00:00:00:00:0a mtu 1450 group 97 type veth peer name eth0 netns guest-a address 02:00:00:00:00:0a mtu 1450 group 97
      ip link set dev tap-0000000a alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev tap-0000000a up
      ip link del dev tap-0000000a
      ip -n guest-a link set dev eth0 address 02:00:00:00:00:0a mtu 1450
      ip -n guest-a link set dev eth0 up
      ip -n guest-a link del dev eth0
      ip link add name tap-0000000b address fe:00:00:00:00:0b mtu 1450 group 97 type veth peer name host-0000000b address 02:00:00:00:00:0a mtu 1450 group 97
      ip link set dev tap-0000000b alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev tap-0000000b up
      ip link del dev tap-0000000b
      ip link set dev host-0000000b address 02:00:00:00:00:0a mtu 1450 alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev host-0000000b up
      ip link del dev host-0000000b
      ip tuntap add dev nl-0000000c mode tap user 1000 multi_queue
      ip link set dev nl-0000000c group 97 name tap-0000000c
      ip link set dev tap-0000000c address fe:00:00:00:00:0c mtu 1450 alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev tap-0000000c up
      ip link del dev tap-0000000c
      ip tuntap add dev nl-0000000d mode tap
      ip link set dev nl-0000000d group 97 name fc-tap0
      ip link set dev fc-tap0 address fe:00:00:00:00:0d mtu 1450 alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev fc-tap0 up
      ip link del dev fc-tap0
      ip link set dev tap-0000000c master br-vxlan-2
      ip link set dev tap-0000000c type bridge_slave learning off flood on neigh_suppress off locked on
      ip link set dev tap-0000000c nomaster"
    `);
  });

  it('name other namespaces, tables and families where they have to', () => {
    expect(
      transcript(
        'netns',
        'address',
        'IPv6 address',
        'route over a next hop',
        'IPv6 route over a next hop',
        'route to a link, in a table',
        'IPv6 neigh',
        'IPv6 flood',
        'vxlan over IPv6',
        'sysctl elsewhere',
      ),
    ).toMatchInlineSnapshot(`
      "ip netns add 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001
      ip netns del 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001
      ip link add name vxlan-e2300f address 02:04:00:00:00:03 mtu 1450 group 97 type vxlan id 14823439 dstport 8472 local fd00:9::1 learning
      ip link set dev vxlan-e2300f alias 'netloom:Network default/demo' addrgenmode none
      ip link set dev vxlan-e2300f up
      ip link del dev vxlan-e2300f
      ip -n guest-a addr add 10.0.0.2/24 dev eth0
      ip -n guest-a addr del 10.0.0.2/24 dev eth0
      ip addr add fd00:1::2/64 dev host-0000000b
      ip addr del fd00:1::2/64 dev host-0000000b
      ip -n guest-a route add default via 10.0.0.1 dev eth0 proto 97
      ip -n guest-a route del default via 10.0.0.1 dev eth0 proto 97
      ip route add ::/0 via fd00:1::1 dev host-0000000b proto 97
      ip route del ::/0 via fd00:1::1 dev host-0000000b proto 97
      ip route add 192.0.2.20/32 dev br-vxlan-2 table 100 metric 7 proto 97
      ip route del 192.0.2.20/32 dev br-vxlan-2 table 100 metric 7 proto 97
      ip neigh replace fd00:1::3 lladdr 02:00:00:00:00:0a dev br-vxlan-2 nud permanent proto 97
      ip neigh flush to fd00:1::3 dev br-vxlan-2 nud permanent
      bridge fdb append 00:00:00:00:00:00 dev vxlan-e2300f dst fd00:9::2 self permanent
      bridge fdb del 00:00:00:00:00:00 dev vxlan-e2300f dst fd00:9::2 self
      ip netns exec guest-a sysctl -qw net.ipv4.conf.eth0.arp_notify=1"
    `);
  });

  it('replace a table in one transaction', () => {
    expect(transcript('nft of the root')).toMatchInlineSnapshot(`
      "nft -f - <<'EOF'
      table inet netloom
      delete table inet netloom
      table inet netloom {
        set vteps {
          type ipv4_addr
          elements = { 10.9.0.1, 10.9.0.2 }
        }
        chain arrive {
          type filter hook input priority 0; policy accept;
          udp dport 4789 ip saddr != @vteps drop
        }
        chain probed {
          type filter hook input priority 1000; policy accept;
          udp dport 4789 @th,64,32 1886547810 reject with icmpx type admin-prohibited comment "netloom doctor: it came through everything before"
        }
      }
      EOF
      nft delete table inet netloom"
    `);
    const op: Op = { op: 'nft-del', netns: 'blue', family: 'inet', name: 'netloom' };
    expect(renderOp(op)).toBe('ip netns exec blue nft delete table inet netloom');
    expect(nftText(op)).toBe('table inet netloom\ndelete table inet netloom\n');
  });

  it('keep the slashes of a key whose link has a dot in its name', () => {
    const set = (key: string): string => renderOp({ op: 'sysctl-set', netns: '', key, value: '0' });
    expect(set('net/ipv4/conf/eth0.100/rp_filter')).toBe('sysctl -qw net/ipv4/conf/eth0.100/rp_filter=0');
    expect(set('net/ipv4/conf/all/rp_filter')).toBe('sysctl -qw net.ipv4.conf.all.rp_filter=0');
  });

  it('serve a network and announce its addresses as an operator would', () => {
    expect(
      transcript('rule', 'rule of a link', 'proxy neighbour', 'announcement', 'file', 'file of hosts', 'service').replaceAll(RUNTIME, '/run/netloom'),
    ).toMatchInlineSnapshot(`
      "ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 rule add pref 1000 fwmark 0xc000020a table 3221225994 proto 97
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 rule del pref 1000 fwmark 0xc000020a table 3221225994 proto 97
      ip rule add pref 1000 iif egr-br-eth1 table 254 suppress_prefixlength 0 proto 97
      ip rule del pref 1000 iif egr-br-eth1 table 254 suppress_prefixlength 0 proto 97
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 neigh replace proxy 192.0.2.20 dev egr-2-i proto 97
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 neigh flush proxy to 192.0.2.20 dev egr-2-i
      for way in -d -q; do ip netns exec 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 conntrack -D $way 192.0.2.2 >/dev/null 2>&1 || :; done
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 link set dev egr-2-i address 02:00:00:00:00:0a
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 link set dev egr-2-i alias 'netloom:FloatingIP default/web 192.0.2.2 -> 10.0.0.3'
      for way in -d -q; do ip netns exec 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 conntrack -D $way 192.0.2.2 >/dev/null 2>&1 || :; done
      ip -n 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 link set dev egr-2-i alias ''
      mkdir -p /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 && printf %s '# It'\\''s "all" of it: $HOME \\
      no-resolv
      no-hosts
      bind-interfaces
      listen-address=192.0.2.2
      addn-hosts=/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/hosts
      ' >/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq.conf
      rm -f /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq.conf; rmdir --ignore-fail-on-non-empty /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001
      mkdir -p /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 && printf %s '10.0.0.2 a
      ' >/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/hosts
      rm -f /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/hosts; rmdir --ignore-fail-on-non-empty /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001
      mkdir -p /run/netloom/services
      u=$(id -un dnsmasq 2>/dev/null || echo nobody)
      printf %s 'conf=c0ffee
      loaded=f00d
      ports=53
      links=egr-2-i
      ' >/run/netloom/services/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001.dnsmasq.marks
      stat -Lc netns=%i /run/netns/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 >>/run/netloom/services/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001.dnsmasq.marks
      setpriv --reuid=$u --regid=$(id -g $u) --clear-groups test -r /run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq.conf && r= || r=,+dac_read_search
      setsid --fork ip netns exec 0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001 setpriv --reuid=$u --regid=$(id -g $u) --clear-groups --inh-caps=-all,+net_bind_service,+net_admin$r --ambient-caps=-all,+net_bind_service,+net_admin$r --bounding-set=-all,+net_bind_service,+net_admin$r --no-new-privs dnsmasq --keep-in-foreground --pid-file= --conf-file=/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq.conf </dev/null >/run/netloom/services/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001.dnsmasq.log 2>&1
      for p in $(pgrep -u "$(id -u dnsmasq 2>/dev/null || id -u nobody)" -f -- '^\\S*dnsmasq .*--conf-file=/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq\\.conf( |$)'); do kill $p; while grep -qs . /proc/$p/cmdline; do sleep 0.1; done; done; rm -f /run/netloom/services/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001.dnsmasq /run/netloom/services/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001.dnsmasq.*"
    `);
  });

  it('take any text for one word', () => {
    expect(alias("it's; $(reboot)", renderOp)).toBe("ip link set dev br0 alias 'it'\\''s; $(reboot)'");
  });
});

describe('lines for batches', () => {
  it('are the same words without tool and namespace', () => {
    const plain = SAMPLES.filter(({ kind }) => kind.name !== 'netns')
      .flatMap(({ kind, spec }) => kind.create(spec) as Op[])
      .filter(op => /^(ip|bridge):/.test(lane(op)));
    for (const op of plain) {
      const words = batchLine(op).replaceAll('"', "'");
      expect(renderOp(op).replace(/^(ip|bridge) (-n \S+ )?/, '')).toBe(words);
    }
  });

  it('quote what has spaces or is empty', () => {
    expect(alias('netloom:Network default/demo', batchLine)).toBe('link set dev br0 alias "netloom:Network default/demo"');
    expect(alias('', batchLine)).toBe('link set dev br0 alias ""');
  });

  it('never carry what would leave its word or its line', () => {
    for (const text of ['a\nlink del dev eth0', "a'b", 'a"b', 'a\\', 'a # b', 'a\tb', '\u0000', '\u0085']) {
      expect(() => alias(text, batchLine), JSON.stringify(text)).toThrow(/^bug: /);
    }
    fc.assert(
      fc.property(fc.string(), text => {
        const line = said(() => alias(text, batchLine));
        expect(line === null || (!/[\n\\#]/.test(line) && line.split('"').length % 2 === 1)).toBe(true);
      }),
    );
  });

  it('are none for acts of other tools', () => {
    expect(() => batchLine({ op: 'sysctl-set', netns: '', key: 'net/ipv4/ip_forward', value: '1' })).toThrow(/^bug: /);
    expect(() => batchLine({ op: 'nft-del', netns: '', family: 'inet', name: 'netloom' })).toThrow(/^bug: /);
    expect(() => nftText({ op: 'netns-add', name: 'blue' })).toThrow(/^bug: /);
  });
});

function alias(text: string, how: (op: Op) => string): string {
  return how({ op: 'link-set', netns: '', name: 'br0', set: { alias: text } });
}

function said(line: () => string): string | null {
  try {
    return line();
  } catch {
    return null;
  }
}
