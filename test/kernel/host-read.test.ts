import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { findProgram } from '../../src/host/exec.ts';
import { read as readBy } from '../../src/host/read.ts';
import type { Rows } from '../../src/kinds/rows.ts';
import { empty, links, sh } from '../host/lab.ts';
import { byCommands, byNetlink } from './support/readers.ts';

const OURS = '11111111-1111-8111-8111-6e6c6d000001';

beforeEach(empty);

const row = (rows: Rows | undefined, name: string) => rows?.links.find(link => link.ifname === name);

describe.each([
  ['commands', byCommands],
  ['netlink', await byNetlink()],
])('read by %s', (_, reader) => {
  const read = (args: Omit<Parameters<typeof readBy>[0], 'reader'>) => readBy({ ...args, reader });

  async function own(): Promise<Rows> {
    const [rows] = await read({ netnses: [], keys: [] });
    if (rows === undefined) throw new Error('no rows');
    return rows;
  }

  test('namespaces in scope are ours by tag, those wanted, and those in which our veths end', async () => {
    for (const name of [OURS, 'wanted', 'guest', 'foreign', 'foreign-veth']) sh(`ip netns add ${name}`);
    sh('ip link add name tap-1 group 97 type veth peer name eth0 group 97 netns guest');
    sh('ip link add name v0 type veth peer name eth0 netns foreign-veth');
    const rows = await read({ netnses: ['wanted', 'absent'], keys: [] });
    expect(rows.map(({ netns }) => netns)).toEqual(['', OURS, 'guest', 'wanted']);
    expect(rows[0]?.namespaces).toEqual([OURS, 'foreign', 'foreign-veth', 'guest', 'wanted'].sort());
    expect(row(rows[0], 'tap-1')?.peer).toEqual({ netns: 'guest', name: 'eth0', ifindex: row(rows[2], 'eth0')?.ifindex, group: '97' });
    expect(row(rows[2], 'eth0')?.peer).toEqual({ netns: '', name: 'tap-1', ifindex: row(rows[0], 'tap-1')?.ifindex, group: '97' });
    expect(row(rows[0], 'v0')?.peer).toBeUndefined();
  });

  test('an inner end that was renamed or moved away is seen', async () => {
    for (const name of ['guest', 'other']) sh(`ip netns add ${name}`);
    sh('ip link add name tap-1 group 97 type veth peer name eth0 group 97 netns guest');
    sh('ip -n guest link set dev eth0 name eth9');
    expect(row(await own(), 'tap-1')?.peer).toMatchObject({ netns: 'guest', name: 'eth9' });
    sh('ip -n guest link set dev eth9 netns other');
    expect(row(await own(), 'tap-1')?.peer).toMatchObject({ netns: 'other', name: 'eth9' });
  });

  test('a file below /run/netns that is no namespace is no namespace, and does not spoil the reading', async () => {
    sh('ip netns add guest');
    sh('ip link add name tap-1 group 97 type veth peer name eth0 netns guest');
    writeFileSync('/run/netns/stale', '');
    const rows = await read({ netnses: ['stale'], keys: [] });
    expect(rows.map(({ netns }) => netns)).toEqual(['', 'guest']);
    expect(rows[0]?.namespaces).toEqual(['guest']);
  });

  test('owners of taps are uids, whether the node has a name for them or not', async () => {
    sh('ip tuntap add dev nl-1 mode tap user daemon');
    sh('ip tuntap add dev nl-2 mode tap user 4242 multi_queue');
    sh('ip tuntap add dev nl-3 mode tap');
    const rows = await own();
    expect(['nl-1', 'nl-2', 'nl-3'].map(name => row(rows, name)?.owner)).toEqual([Number(sh('id -u daemon')), 4242, undefined]);
  });

  test('a node without networks reads as empty, not as an error', async () => {
    const rows = await own();
    expect(rows.links.map(({ ifname }) => ifname)).toEqual(['lo']);
    expect([rows.routes, rows.neighs, rows.tables, rows.namespaces, rows.sysctls]).toEqual([[], [], [], [], {}]);
  });

  test('routes and neighbours of both families come with our mark, without what the kernel made', async () => {
    sh('ip link add name b0 group 97 address 02:00:00:00:00:01 type bridge');
    sh('ip addr add 10.1.0.1/24 dev b0');
    sh('ip addr add fd00::1/64 dev b0 nodad');
    sh('ip link set dev b0 up');
    sh('ip route add 10.9.0.0/16 via 10.1.0.2 proto 97 table 77');
    sh('ip -6 route add default dev b0 proto 97 metric 5');
    sh('ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:09 dev b0 nud permanent proto 97');
    sh('ip neigh replace fd00::9 lladdr 02:00:00:00:00:09 dev b0 nud permanent proto 97');
    const rows = await own();
    expect(rows.routes).toEqual([
      expect.objectContaining({ family: 'inet', dst: '10.9.0.0/16', gateway: '10.1.0.2', dev: 'b0', protocol: '97', table: '77' }),
      expect.objectContaining({ family: 'inet6', dst: 'default', dev: 'b0', protocol: '97', table: '254', metric: 5 }),
    ]);
    expect(rows.neighs.map(({ dst, protocol, lladdr }) => [dst, protocol, lladdr])).toEqual([
      ['10.1.0.9', '97', '02:00:00:00:00:09'],
      ['fd00::9', '97', '02:00:00:00:00:09'],
    ]);
    expect(row(rows, 'b0')?.group).toBe('97');
  });

  test('a link tells how it makes its addresses, and which it has', async () => {
    sh('ip link add name b0 group 97 type bridge');
    sh('ip link set dev b0 addrgenmode none');
    sh('ip addr add 10.1.0.1/24 dev b0');
    const b0 = row(await own(), 'b0');
    expect(b0?.inet6_addr_gen_mode).toBe('none');
    expect(b0?.addr_info).toEqual([expect.objectContaining({ family: 'inet', local: '10.1.0.1', prefixlen: 24 })]);
  });

  test('forwarding entries say their device, their port and their tunnel', async () => {
    sh('ip link add name b0 address 02:00:00:00:00:01 type bridge');
    sh('ip link add name vx0 type vxlan id 5 dstport 4789 local 192.0.2.1 nolearning');
    sh('ip link set dev vx0 master b0');
    sh('bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.2');
    sh('bridge fdb replace 02:00:00:00:00:09 dev vx0 master static sticky');
    const { fdb } = await own();
    expect(fdb).toContainEqual(expect.objectContaining({ mac: '00:00:00:00:00:00', ifname: 'vx0', dst: '192.0.2.2', flags: ['self'] }));
    expect(fdb).toContainEqual(expect.objectContaining({ mac: '02:00:00:00:00:09', ifname: 'vx0', master: 'b0', state: 'static', flags: ['sticky'] }));
  });

  test('of tables only ours are read, and a packet that was counted changes nothing', async () => {
    sh(
      'nft -f -',
      'table inet netloom {\n chain c_in {\n type filter hook input priority 0\n counter accept\n }\n}\ntable bridge netloom { }\ntable ip other { }\n',
    );
    const before = (await own()).tables;
    expect(before.map(({ family }) => family).sort()).toEqual(['bridge', 'inet']);
    const counted = () => sh('nft -j list table inet netloom');
    const zero = counted();
    const socket = createSocket('udp4');
    await new Promise(resolve => socket.send('x', 9, '127.0.0.1', resolve));
    socket.close();
    expect(counted()).not.toBe(zero);
    expect((await own()).tables).toEqual(before);
    const [all] = await read({ netnses: [], keys: [], ownTablesOnly: false });
    expect(all?.tables.map(({ family, name }) => `${family} ${name}`).sort()).toEqual(['bridge netloom', 'inet netloom', 'ip other']);
  });

  test('sysctls are read where they are asked for, dots in device names included; absent ones are left out', async () => {
    sh('ip netns add guest');
    sh('ip link add name b.0 type bridge');
    sh('tee /proc/sys/net/ipv4/conf/b.0/forwarding', '0');
    sh('ip -n guest link add name x.0 type bridge');
    sh('nsenter --net=/run/netns/guest tee /proc/sys/net/ipv4/conf/x.0/forwarding', '1');
    const keys = [
      { netns: '', sysctl: 'net/ipv4/conf/b.0/forwarding' },
      { netns: '', sysctl: 'net/ipv4/conf/nothing/forwarding' },
      { netns: 'guest', sysctl: 'net/ipv4/conf/x.0/forwarding' },
      { netns: 'guest', sysctl: 'net/ipv4/conf/nothing/forwarding' },
      { netns: 'gone', sysctl: 'net/ipv4/ip_forward' },
    ];
    const rows = await read({ netnses: ['guest', 'gone'], keys });
    expect(rows.map(({ sysctls }) => sysctls)).toEqual([{ 'net/ipv4/conf/b.0/forwarding': '0' }, { 'net/ipv4/conf/x.0/forwarding': '1' }]);
  });

  test('a reading beside a writer is whole: what was there all the time is never missing', async () => {
    const stays = Array.from({ length: 300 }, (_, nth) => `s${nth}`);
    sh('ip -batch -', stays.map(name => `link add name ${name} type bridge\n`).join(''));
    const churn = 'while :; do ip link add name churn0 type veth peer name churn1; ip link del dev churn0; done';
    const writer = spawn('bash', ['-c', churn], { stdio: 'ignore', detached: true });
    for (let round = 0; round < 20; round++) {
      const found = new Set((await own()).links.map(({ ifname }) => ifname));
      expect(stays.filter(name => !found.has(name))).toEqual([]);
    }
    if (writer.pid !== undefined) process.kill(-writer.pid, 'SIGKILL');
    await new Promise(resolve => writer.on('exit', resolve));
    sh('ip -batch -', `${stays.map(name => `link set dev ${name} group 98\n`).join('')}link del group 98\n`);
  });

  test('namespaces that come and go during the reading do not fail it', async () => {
    sh('ip netns add stays');
    const churn = 'while :; do ip netns add coming; ip netns del coming; done';
    const writer = spawn('bash', ['-c', churn], { stdio: 'ignore', detached: true });
    for (let round = 0; round < 20; round++) {
      const rows = await read({ netnses: ['stays', 'coming'], keys: [] });
      expect(rows.map(({ netns }) => netns).filter(name => name !== 'coming')).toEqual(['', 'stays']);
    }
    if (writer.pid !== undefined) process.kill(-writer.pid, 'SIGKILL');
    await new Promise(resolve => writer.on('exit', resolve));
    expect(links('stays')).toEqual(['lo']);
  });
});

describe('a tool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netloom-tool-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** In this lab alone: what is said instead of what `ip` says; `$real` is the tool. */
  async function readingBy(script: string): Promise<unknown> {
    const path = findProgram('ip');
    const [real, stub] = [join(folder, 'ip'), join(folder, 'ip.sh')];
    copyFileSync(path, real);
    writeFileSync(stub, `#!/bin/sh\nreal=${real}\n${script}\n`, { mode: 0o755 });
    chmodSync(real, 0o755);
    sh(`mount --bind ${stub} ${path}`);
    try {
      return await readBy({ netnses: [], keys: [], reader: byCommands }).then(
        rows => rows.length,
        (error: unknown) => error,
      );
    } finally {
      sh(`umount ${path}`);
    }
  }

  test('that complains has read nothing, whatever it prints and whatever its exit code', async () => {
    expect(await readingBy('exec $real "$@"')).toBe(1);
    const error = await readingBy('$real "$@"; echo "Dump was interrupted and may be inconsistent." >&2; exit 0');
    expect(error).toMatchObject({ name: 'HostError', code: 'interrupted' });
  });

  test('that says less than it was asked has said nothing', async () => {
    const error = await readingBy('case " $* " in *" -batch "*) $real "$@" | head -n 2; exit 0;; esac; exec $real "$@"');
    expect(error).toMatchObject({ name: 'HostError', code: 'interrupted' });
  });
});
