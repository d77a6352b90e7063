import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { checkPrivileges, missingFeatures } from '../../src/host/features.ts';
import { checkWritable, writeAtomic } from '../../src/host/files.ts';
import { takeLock } from '../../src/host/lock.ts';
import { look } from '../../src/host/look.ts';
import { empty, links, sh } from '../host/lab.ts';
import { killNow, line, printed, program } from '../host/program.ts';

let folder: string;
beforeEach(() => {
  empty();
  folder = mkdtempSync(join(tmpdir(), 'netloom-node-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('looking finds the underlay, the ports of our bridges, users and devices', async () => {
  sh('ip link add name u0 mtu 9000 type veth peer name u1');
  sh('ip addr add 192.0.2.7/24 dev u0');
  sh('ip link add name br-vxlan-5 group 97 type bridge');
  sh('ip link add name vxlan-5 group 97 address 02:00:00:00:00:05 type vxlan id 5 dstport 4789 local 192.0.2.7');
  sh('ip link set dev vxlan-5 master br-vxlan-5');
  sh('ip tuntap add dev vnet3 mode tap');
  sh('ip link set dev vnet3 address fe:00:00:00:00:03 master br-vxlan-5');
  const facts = await look({ underlayAddress: '192.0.2.7', users: ['root', 'no-such-user'] });
  expect(facts).toEqual({
    underlay: { device: 'u0', mtu: 9000, up: false },
    bridgeNetfilter: existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables'),
    ports: [
      { bridge: 'br-vxlan-5', ifname: 'vxlan-5', mac: '02:00:00:00:00:05', ours: true },
      { bridge: 'br-vxlan-5', ifname: 'vnet3', mac: 'fe:00:00:00:00:03', ours: false },
    ],
    users: { root: 0, 'no-such-user': null },
    egress: {},
    programs: { dnsmasq: true, conntrack: true },
    devices: ['lo', 'u1', 'u0', 'vnet3'],
    missing: [],
  });
  sh('ip link set dev u0 up');
  sh('ip link set dev u1 up');
  expect((await look({ underlayAddress: '192.0.2.7', users: [] })).underlay?.up).toBe(true);
  expect((await look({ underlayAddress: '192.0.2.8', users: [] })).underlay).toBeNull();
});

test('looking names what others drop on the way out, and nothing where no pool leaves the node', async () => {
  const ruleset = `
table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; chain INPUT { type filter hook input priority 0; policy drop; }; }
table inet firewalld { chain filter_FORWARD { type filter hook forward priority 10; policy accept; ct state established accept
 counter reject with icmpx admin-prohibited
 }; }
table inet calm { chain f { type filter hook forward priority 5; policy accept; ip saddr 203.0.113.1 drop
 }; }
table inet netloom { chain through { type filter hook forward priority 0; policy drop; }; }
table bridge other { chain f { type filter hook forward priority 0; policy drop; }; }
`;
  await run('nft', ['-f', '-'], { stdin: ruleset, okCodes: [0] });
  const found = await look({ underlayAddress: '192.0.2.7', users: [], egress: ['lo'] });
  sh('nft flush ruleset');
  expect(found.forwardDrops).toEqual(['inet firewalld filter_FORWARD', 'ip filter FORWARD']);
  expect((await look({ underlayAddress: '192.0.2.7', users: [], egress: ['lo'] })).forwardDrops).toEqual([]);
  expect((await look({ underlayAddress: '192.0.2.7', users: [] })).forwardDrops).toBeUndefined();
});

test('trying the kernel leaves nothing behind, and a good answer is kept until the next boot', async () => {
  expect(await missingFeatures(folder)).toEqual([]);
  expect(links()).toEqual(['lo']);
  expect(readFileSync(join(folder, 'features'), 'utf8')).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  writeFileSync(join(folder, 'features'), 'another boot');
  expect(await missingFeatures(folder)).toEqual([]);
});

test('who lacks the capabilities is told which ones, and apply says the same of the kernel', async () => {
  expect(checkPrivileges).not.toThrow();
  const poor = await program(`
    import { apply } from '../../src/host/apply.ts';
    import { checkPrivileges } from '../../src/host/features.ts';
    import { bridge, step } from '../../test/host/lab.ts';
    try { checkPrivileges(); } catch (error) { console.log(error.code + ': ' + error.message); }
    const [outcome] = await apply([step('a', [bridge('a')])]);
    console.log(outcome?.status + ' ' + outcome?.code + ' ' + outcome?.error);
  `);
  onTestFinished(poor.remove);
  const child = poor.start([], ['setpriv', '--bounding-set=-net_admin,-sys_admin', '--inh-caps=-net_admin,-sys_admin']);
  const text = await printed(child);
  expect(text).toMatch(/^not-permitted: .*needs CAP_NET_ADMIN and CAP_SYS_ADMIN/);
  expect(text).toMatch(/^failed not-permitted ip link add .*Operation not permitted; run as root, or with CAP_NET_ADMIN and CAP_SYS_ADMIN$/m);
  expect(links()).toEqual(['lo']);
});

test('a disk without room is found before the first change', async () => {
  sh(`mount -t tmpfs -o size=64k tmpfs ${folder}`);
  try {
    await checkWritable(folder, 10_000);
    await expect(checkWritable(folder, 1_000_000)).rejects.toMatchObject({ code: 'no-space' });
    await writeAtomic(join(folder, 'state'), 'old');
    await expect(writeAtomic(join(folder, 'state'), 'x'.repeat(100_000))).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringContaining(join(folder, 'state')),
    });
    expect(readFileSync(join(folder, 'state'), 'utf8')).toBe('old');
    sh(`mount -o remount,ro ${folder}`);
    await expect(checkWritable(folder, 1)).rejects.toMatchObject({ code: 'read-only' });
  } finally {
    sh(`umount ${folder}`);
  }
});

test('two processes of one node meet, whatever network namespaces they are in', async () => {
  const other = await program(`
    import { takeLock } from '../../src/host/lock.ts';
    await takeLock(process.argv[2] ?? '', 'netloom watch').then(() => console.log('held'), error => console.log(error.code));
    setInterval(() => {}, 1000);
  `);
  onTestFinished(other.remove);
  const child = other.start([folder], ['unshare', '--net', '--kill-child', '--fork']);
  expect(await line(child)).toBe('held');
  await expect(takeLock(folder, 'netloom apply')).rejects.toMatchObject({ code: 'locked', holder: { command: 'netloom watch' } });
  await killNow(child);
  await sleep(200);
  (await takeLock(folder, 'netloom apply')).release();
});

test('kill -9 in the middle of a big batch stops the kernel writes, and only then frees the lock', async () => {
  const writer = await program(`
    import { apply } from '../../src/host/apply.ts';
    import { takeLock } from '../../src/host/lock.ts';
    import { step } from '../../test/host/lab.ts';
    await takeLock(process.argv[2] ?? '', 'netloom apply');
    console.log('go');
    await apply(Array.from({ length: 40000 }, (_, nth) => step('k' + nth, [{ op: 'tap-add', netns: '', name: 'k' + nth, multiQueue: false }])));
  `);
  onTestFinished(writer.remove);
  for (const least of [1, 200, 1500]) {
    const child = writer.start([folder]);
    expect(await line(child)).toBe('go');
    while (linesOfDevices() <= least) await sleep(2);
    await killNow(child);
    const lock = await lockSoon();
    const made = links().length;
    await sleep(300);
    expect(links()).toHaveLength(made);
    lock.release();
    expect(made).toBeLessThan(40_000);
    wipe();
  }
});

// Links that are there, at the price of one small file.
function linesOfDevices(): number {
  return readFileSync('/proc/net/dev', 'utf8').trim().split('\n').length - 2;
}

// The kernel kills the child a moment after its parent; until then the lock holds.
async function lockSoon() {
  for (let tries = 0; ; tries++) {
    try {
      return await takeLock(folder, 'netloom apply');
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(20);
    }
  }
}

function wipe(): void {
  const names = links().filter(name => name !== 'lo');
  if (names.length > 0) sh('ip -batch -', `${names.map(name => `link set dev ${name} group 98\n`).join('')}link del group 98\n`);
}
