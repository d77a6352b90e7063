/** A network's dnsmasq: outlives whoever started it, is found again by who knows nothing of it, and may little. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { apply } from '../../src/host/apply.ts';
import { usualReader } from '../../src/host/choose-reader.ts';
import { serviceProcesses, stateOf } from '../../src/host/processes.ts';
import { readServices } from '../../src/host/read-services.ts';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { renderService } from '../../src/kinds/render-service.ts';
import { killNow, line, program } from '../host/program.ts';
import { paste } from '../kinds/kernel-room.ts';
import { imitation } from './support/imitation.ts';
import { aRouter, ID, lookUp, node, pass, pidNow, plan, UUID, wanted } from './support/served.ts';

aRouter();

test('it serves, outlives its starter, and a pass that knows nothing finds it as wanted', async () => {
  expect(await pass(wanted())).toEqual(['make file', 'make file', 'make file', 'make service']);
  expect(await lookUp()).toContain('Address: 10.0.0.1');
  const [row] = await readServices(node.runtime, [UUID], await usualReader());
  expect(row).toMatchObject({ id: ID, netns: UUID, answers: true });
  // Its own session, and no descriptor of ours: nothing ties it to us.
  const [, , , , , session] = readFileSync(`/proc/${pidNow()}/stat`, 'utf8')
    .replace(/\(.*\)/, 'x')
    .split(' ');
  expect(Number(session)).toBe(pidNow());
  expect(await pass(wanted())).toEqual([]);
});

test('it goes on when the process that started it is killed', async () => {
  const starter = await program(`
    import { startService } from '../../src/host/services.ts';
    await startService(JSON.parse(process.argv[2]));
    console.log('started');
    setInterval(() => undefined, 1000);
  `);
  onTestFinished(() => starter.remove());
  await pass(wanted().filter(resource => resource.kind !== 'service'));
  const child = starter.start([JSON.stringify(wanted().at(-1)?.spec)]);
  expect(await line(child)).toBe('started');
  await killNow(child);
  expect(await lookUp()).toContain('Address: 10.0.0.1');
  expect(await pass(wanted())).toEqual([]);
});

test('changed hosts are read again by the same process; a changed configuration needs another one', async () => {
  await pass(wanted());
  const before = pidNow();
  const more = '02:00:00:00:00:0a,10.0.0.2\n02:00:00:00:00:0b,10.0.0.3\n';
  expect(await pass(wanted({ hosts: more }))).toEqual(['update file', 'update service']);
  expect(pidNow()).toBe(before);
  expect(await pass(wanted({ hosts: more, more: 'domain=x.test\n' }))).toEqual(expect.arrayContaining(['delete service', 'make service']));
  expect(pidNow()).not.toBe(before);
});

test.each(['SIGKILL', 'SIGSTOP'] as const)('one that got %s is replaced in one pass', async name => {
  await pass(wanted());
  const before = pidNow();
  process.kill(before, name);
  while (!['', 'T', 'Z'].includes(stateOf(before))) await sleep(5);
  const steps = (await plan(wanted())).steps;
  expect(steps.find(step => step.verb === 'make')?.changes.find(change => change.field === 'answers')).toMatchObject({ want: true, have: false, forces: true });
  await pass(wanted());
  expect(pidNow()).not.toBe(before);
  expect(await lookUp()).toContain('Address: 10.0.0.1');
});

test.each([
  ['another user', '12345', true, []],
  ['the same user, and another program', 'dnsmasq', false, []],
  ['the same user and program in a container', 'dnsmasq', true, ['unshare', '--pid', '--fork', '--kill-child']],
] as const)('what says of itself that it is a service is neither taken for it nor ended: %s', async (_, user, isNamed, within) => {
  await pass(wanted());
  const before = pidNow();
  const { first, command } = imitation({ folder: node.runtime, conf: join(node.runtime, 'networks', UUID, 'dnsmasq.conf'), user, isNamed });
  await paste(first);
  const child = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', ...within, 'sh', '-c', `exec ${command}`]);
  onTestFinished(() => child.stop());
  const imitators = () => execFileSync('pgrep', ['-xf', `dnsmasq -c read <>${node.runtime}/wait x --conf-file=.*`], { encoding: 'utf8' }).trim();
  await expect.poll(imitators).toMatch(/^\d+$/);
  const imitator = imitators();
  expect(await pass(wanted())).toEqual([]);
  process.kill(before, 'SIGKILL');
  expect(await pass(wanted())).toEqual(expect.arrayContaining(['make service']));
  // A shell knows the user.
  if (user !== 'dnsmasq') await paste(renderService({ op: 'service-stop', id: ID, folder: join(node.runtime, 'services') }));
  expect(await pass([])).toEqual(expect.arrayContaining(['delete netns']));
  expect(imitators()).toBe(imitator);
});

/** With another runtime folder: one below /tmp, where everybody gets to, or one behind a folder of root's alone. */
async function elsewhere(mode: number, work: () => Promise<void>): Promise<void> {
  const [usual, open] = [node.runtime, mkdtempSync('/tmp/netloom-open-')];
  node.runtime = join(open, 'run');
  mkdirSync(node.runtime);
  chmodSync(open, mode);
  try {
    await work();
    process.kill(pidNow(), 'SIGKILL');
  } finally {
    node.runtime = usual;
    rmSync(open, { recursive: true });
  }
}

const status = () => readFileSync(`/proc/${pidNow()}/status`, 'utf8');

/** How often dnsmasq said that it read its hosts. */
const readings = () => readFileSync(`${join(node.runtime, 'services', UUID)}.dnsmasq.log`, 'utf8').match(/dnsmasq-dhcp.*: read .*\/hosts$/gm);

// CAP_NET_BIND_SERVICE, CAP_NET_ADMIN; where it must, CAP_DAC_READ_SEARCH.
test.each([
  ['may little', 0o711, '1400'],
  ['may also read what only root may', 0o700, '1404'],
])('it is no root, %s, and reads its files again', async (_, mode, capabilities) => {
  await elsewhere(mode, async () => {
    const more = 'log-facility=-\n';
    await pass(wanted({ more }));
    const uid = execFileSync('id', ['-u', 'dnsmasq'], { encoding: 'utf8' }).trim();
    expect(status()).toMatch(new RegExp(`^Uid:(\\t${uid}){4}$`, 'm'));
    for (const set of ['Prm', 'Eff', 'Bnd']) expect(status()).toMatch(new RegExp(`^Cap${set}:\\t0*${capabilities}$`, 'm'));
    expect(status()).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await pass(wanted({ more, hosts: '02:00:00:00:00:0b,10.0.0.3\n', known: [] }))).toEqual(['update file', 'update service']);
    await expect.poll(readings).toHaveLength(2);
  });
});

test('leases that were deleted or replaced under it are its own again after one pass', async () => {
  const leases = join(node.runtime, 'networks', UUID, 'leases');
  await pass(wanted());
  const before = pidNow();
  rmSync(leases);
  expect(await pass(wanted())).toEqual(['make file', 'update service']);
  expect(pidNow()).not.toBe(before);
  copyFileSync(leases, `${leases}.new`);
  renameSync(`${leases}.new`, leases);
  expect(await pass(wanted())).toEqual(['update service']);
});

test('files that somebody edited are put right, and the service reads them again', async () => {
  await pass(wanted());
  const before = pidNow();
  writeFileSync(join(node.runtime, 'networks', UUID, 'hosts'), 'somebody\n');
  expect(await pass(wanted())).toEqual(['update file', 'update service']);
  expect(pidNow()).toBe(before);
});

test('the lease of a guest that is gone is released at once, and the others stay', async () => {
  await pass(wanted());
  const leases = join(node.runtime, 'networks', UUID, 'leases');
  const lease = (mac: string, ip: string) => `${Math.floor(Date.now() / 1000) + 3600} ${mac} ${ip} * *\n`;
  writeFileSync(leases, lease('02:00:00:00:00:0a', '10.0.0.2') + lease('02:00:00:00:00:0b', '10.0.0.3'));
  await pass(wanted({ hosts: '02:00:00:00:00:0a,10.0.0.2\n# one left\n' }));
  expect(readFileSync(leases, 'utf8')).toContain('10.0.0.2');
  expect(readFileSync(leases, 'utf8')).not.toContain('10.0.0.3');
});

test('a taken port is told in the words of the program, and nothing of it stays', async () => {
  const squatter = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', 'socat', '-u', 'UDP4-RECV:53,bind=10.0.0.1', 'STDOUT']);
  onTestFinished(() => squatter.stop());
  await sleep(300);
  const outcomes = await apply((await plan(wanted())).steps);
  expect(outcomes.at(-1)).toMatchObject({ status: 'failed', step: { kind: 'service' } });
  expect(outcomes.at(-1)?.error).toMatch(/dnsmasq ended: .*Address already in use/);
  expect(serviceProcesses(join(node.runtime, 'services'))).toEqual([]);
});

test('a service of a namespace that was made anew is another one', async () => {
  await pass(wanted());
  const before = pidNow();
  await paste(`ip netns del ${UUID}
ip netns add ${UUID}
ip -n ${UUID} link set dev lo up
ip -n ${UUID} link add name veth-2-i group 97 type veth peer name guest
ip -n ${UUID} link set dev veth-2-i up
ip -n ${UUID} addr add 10.0.0.1/24 dev veth-2-i`);
  expect((await readServices(node.runtime, [UUID], await usualReader()))[0]?.netns).toBe('?');
  await pass(wanted());
  expect(pidNow()).not.toBe(before);
});

test('with its network everything of it goes: the process first, its notes, its files, their folder', async () => {
  await pass(wanted());
  expect(await pass([])).toEqual(expect.arrayContaining(['delete service', 'delete netns', 'delete file']));
  expect(serviceProcesses(join(node.runtime, 'services'))).toEqual([]);
  expect(existsSync(join(node.runtime, 'networks', UUID))).toBe(false);
  expect(existsSync(`${join(node.runtime, 'services', UUID)}.dnsmasq.log`)).toBe(false);
});
