/** What a real kernel refuses when it is provoked: the act is named with errno and what to do, the rest is done, and the next pass heals. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { adviceFor } from '../../src/host/errors.ts';
import { type Enforced, enforce } from '../../src/pass/enforce.ts';
import { links, sh } from '../host/lab.ts';
import { type Definitions, GATEWAY, given } from './support/definitions.ts';
import { converge, freshNode, pass, planned, WIRES } from './support/node.ts';
import { local, runLocal } from './support/program.ts';

const LAN: Definitions = {
  networks: { lan: '{ cidr: 10.9.0.0/24, vxid: 9 }' },
  interfaces: { vm: '{ network: lan, node: n1, attach: { tap: {} } }', far: '{ network: lan, node: n2 }' },
};

beforeEach(freshNode);
afterAll(freshNode);

/** What failed, by its act; what needs it is left out, everything else is done. */
function failed({ outcomes, remaining }: Enforced): readonly string[] {
  const bad = outcomes.filter(({ status }) => status === 'failed');
  const left = new Set(outcomes.flatMap(({ status, step }) => (status === 'failed' || status === 'skipped' ? [step.ref] : [])));
  for (const { status, error } of outcomes) if (status === 'skipped') expect(error).toMatch(/^needs .*, which (failed|was skipped)$/);
  expect(remaining.steps.map(({ ref }) => ref).filter(ref => !left.has(ref))).toEqual([]);
  return bad.map(({ code, error }) => `${code}: ${error}`);
}

test('EADDRINUSE: another program has the port of VXLAN', async () => {
  const lan = given(LAN);
  const socket = createSocket('udp4');
  socket.bind(4789);
  await once(socket, 'listening');
  const done = await pass(lan);
  expect(done.outcomes.some(({ status }) => status === 'done')).toBe(true);
  const [said, ...more] = failed(done);
  expect([said, more]).toEqual([expect.stringMatching(/^busy: ip link set dev vxlan-9 up: .*address already in use.*; something else holds it/i), []]);
  socket.close();
  await once(socket, 'close');
  await converge(lan);
});

test('EEXIST: a foreign link took the name between plan and apply; it stays', async () => {
  const lan = given(LAN);
  let round = 0;
  const before = async (): Promise<void> => {
    round += 1;
    if (round === 1) sh('ip link add name br-vxlan-9 type bridge');
  };
  const done = await enforce(await planned(lan), { before });
  expect(done.outcomes.flatMap(({ status, code, error }) => (status === 'failed' ? [`${code}: ${error}`] : []))).toEqual([
    expect.stringMatching(/^(exists|name-in-use): ip link add name br-vxlan-9 .*exists.*: the next pass looks again/i),
  ]);
  // The next round saw whose it is.
  expect(done.remaining.held.map(({ why, on }) => `${why} ${on}`)).toContain('conflict link:/br-vxlan-9');
  expect(links()).toContain('br-vxlan-9');
  sh('ip link del dev br-vxlan-9');
  await converge(lan);
});

/** A network with DHCP and DNS on this node. */
const SERVED: Definitions = { ...GATEWAY, networks: { lan: '{ cidr: 10.9.0.0/24, vxid: 9, dns: true }' }, interfaces: { vm: '{ network: lan, node: n1 }' } };

test('EROFS: /proc/sys may only be read', async () => {
  const place = local(undefined, mkdtempSync(join(tmpdir(), 'netloom-rofs-')));
  place.define(LAN);
  // What it makes is the lab's: only its view of the settings is its own.
  const shut = await runLocal(place, [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"',
    'sh',
  ]);
  expect([shut.code, shut.said]).toEqual([4, expect.stringMatching(/failed: .*sysctl.*read-only file system.*ProtectKernelTunables/i)]);
  expect(links()).toEqual(expect.arrayContaining(['br-vxlan-9', 'vxlan-9']));
  expect(await runLocal(place)).toMatchObject({ code: 0 });
  rmSync(place.runtimeDir, { recursive: true, force: true });
});

test('ENOSPC: no namespace may be made any more', async () => {
  const place = local(undefined, mkdtempSync(join(tmpdir(), 'netloom-full-')));
  place.define({ ...SERVED, networks: { lan: '{ cidr: 10.9.0.0/24, vxid: 9, dhcp: false }' } });
  // A user namespace of its own has a limit of its own: the machine's is everybody's.
  const lines = `mount -t tmpfs tmpfs /run/netns; ip link set dev lo up\n${WIRES}`;
  const own = [
    'unshare',
    '--user',
    '--map-root-user',
    '--net',
    '--mount',
    'sh',
    '-ec',
    `${lines}\n[ -z "$LIMIT" ] || sysctl -qw user.max_net_namespaces=$LIMIT\n"$@"`,
    'sh',
  ];
  const twice = ['sh', '-c', '"$@"; echo "first: $?" >&2; sysctl -qw user.max_net_namespaces=100; "$@"', 'sh'];
  const untried = await runLocal(place, own, { LIMIT: '2' });
  expect([untried.code, untried.said]).toEqual([
    1,
    expect.stringMatching(/cannot try what this kernel can: .*No space left on device; nothing was changed: raise the sysctl user.max_net_namespaces/),
  ]);
  // A kernel that was tried before is not tried again.
  await runLocal(place, own);
  const full = await runLocal(place, [...own, ...twice], { LIMIT: '2' });
  expect([full.code, full.said]).toEqual([
    0,
    expect.stringMatching(/failed: make namespace .*Failed to create a new network namespace.*No space left on device; make room/s),
  ]);
  expect(full.said).toContain('first: 4');
  expect(full.said).toContain(adviceFor('no-space'));
  rmSync(place.runtimeDir, { recursive: true, force: true });
});

test('EPERM: a capability is not there', async () => {
  const place = local();
  place.define(LAN);
  const before = links();
  for (const name of ['net_admin', 'sys_admin']) {
    const { code, said } = await runLocal(place, ['setpriv', `--bounding-set=-${name}`, `--inh-caps=-${name}`]);
    expect([name, code, said]).toEqual([name, 1, expect.stringContaining(`needs CAP_${name.toUpperCase()}`)]);
  }
  expect(links()).toEqual(before);
});
