/** A network's dnsmasq: outlives whoever started it, is found again by who knows nothing of it, and must answer. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { apply } from '../../src/host/apply.ts';
import { spawnLong } from '../../src/host/exec.ts';
import { serviceProcesses, stateOf, udpSockets } from '../../src/host/processes.ts';
import { read } from '../../src/host/read.ts';
import { readServices } from '../../src/host/read-services.ts';
import { fileOf, textHash } from '../../src/kinds/file.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import type { ServiceSpec } from '../../src/kinds/service.ts';
import { diff } from '../../src/plan/diff.ts';
import { killNow, line, program } from '../host/program.ts';
import { paste } from '../kinds/kernel-room.ts';
import { insistOnLab } from '../support/namespaces.ts';

const UUID = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d0000aa';
const ID = `${UUID}/dnsmasq`;

let runtime: string;
beforeEach(async () => {
  insistOnLab();
  runtime = mkdtempSync(join(tmpdir(), 'netloom-services-'));
  await paste(`ip netns add ${UUID}
ip -n ${UUID} link set dev lo up
ip -n ${UUID} link add name veth-2-i group 97 type veth peer name guest
ip -n ${UUID} link set dev veth-2-i up
ip -n ${UUID} link set dev guest up
ip -n ${UUID} addr add 10.0.0.1/24 dev veth-2-i`);
});
afterEach(async () => {
  for (const { pid } of serviceProcesses(join(runtime, 'services'))) process.kill(pid, 'SIGKILL');
  await paste(`[ ! -e /run/netns/${UUID} ] || ip netns del ${UUID}`);
  rmSync(runtime, { recursive: true });
});

interface Served {
  readonly hosts?: string;
  readonly more?: string;
  readonly known?: readonly string[];
}

/** What is wanted of a network with DHCP and DNS: its files and its process. */
function wanted({ hosts = '02:00:00:00:00:0a,10.0.0.2\n', more = '', known = ['02:00:00:00:00:0a 10.0.0.2'] }: Served = {}): readonly Resource[] {
  const folder = join(runtime, 'networks', UUID);
  const [conf, hostsFile, leases] = [join(folder, 'dnsmasq.conf'), join(folder, 'hosts'), join(folder, 'leases')];
  const text = `user=root\npid-file=\nbind-interfaces\nexcept-interface=lo\ninterface=veth-2-i\nno-resolv\nno-hosts
dhcp-range=10.0.0.0,static,255.255.255.0,1h\ndhcp-hostsfile=${hostsFile}\ndhcp-leasefile=${leases}\naddress=/me.test/10.0.0.1\n${more}`;
  const service: ServiceSpec = {
    netns: UUID,
    id: ID,
    program: 'dnsmasq',
    argv: ['--keep-in-foreground', `--conf-file=${conf}`],
    conf: textHash(text),
    loaded: textHash(hosts),
    answers: true,
    ports: [53, 67],
    links: [],
    files: [conf, hostsFile],
    folder: join(runtime, 'services'),
    leases: { path: leases, known },
  };
  const specs = [
    ['file', fileOf(conf, text)],
    ['file', fileOf(hostsFile, hosts)],
    ['file', { path: leases, hash: undefined, text: '' }],
    ['service', service],
  ] as const;
  const from = [{ definition: 'Network default/demo', at: { file: 'n.yaml', line: 1, col: 1 } }];
  return [
    { kind: 'netns', ref: `netns:${UUID}`, spec: { name: UUID }, from },
    ...specs.map(([kind, spec]) => ({ kind, ref: KINDS.get(kind)?.ref(spec) ?? 'no:kind', spec, from })),
  ];
}

/** Reads with no memory and plans; what is on links of the namespace is left out, this is about services. */
async function plan(want: readonly Resource[]) {
  const rows = await read({ netnses: [UUID], keys: [], runtimeFolder: runtime });
  const have = rows.flatMap(part => ['netns', 'file', 'service'].flatMap(kind => KINDS.get(kind)?.parse(part) ?? []));
  return diff(want, have, KINDS);
}

/** One pass: what it did, as `verb kind`, and how it ended. Nothing is left to do after. */
async function pass(want: readonly Resource[]): Promise<readonly string[]> {
  const outcomes = await apply((await plan(want)).steps);
  expect(outcomes.filter(one => one.status !== 'done').map(one => one.error)).toEqual([]);
  expect((await plan(want)).steps.map(step => `${step.verb} ${step.ref} ${JSON.stringify(step.changes)}`)).toEqual([]);
  return outcomes.map(one => `${one.step.verb} ${one.step.kind}`);
}

function pidNow(): number {
  const [one, ...others] = serviceProcesses(join(runtime, 'services'));
  expect(others).toEqual([]);
  return one?.pid ?? 0;
}

/** What its DNS says to a guest. */
async function lookUp(): Promise<string> {
  const guest = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', 'busybox', 'nslookup', 'me.test', '10.0.0.1']);
  let text = '';
  for await (const part of guest.stdout) text += String(part);
  await guest.ended;
  return text;
}

test('it serves, outlives its starter, and a pass that knows nothing finds it as wanted', async () => {
  expect(await pass(wanted())).toEqual(['make file', 'make file', 'make file', 'make service']);
  expect(await lookUp()).toContain('Address: 10.0.0.1');
  const [row] = await readServices(runtime, [UUID]);
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

test('one that lives and leaves its questions unread does not answer', async () => {
  const deaf = "const s=require('node:dgram').createSocket('udp4');s.bind(53,'10.0.0.1',()=>{for(;;);})";
  const marks = { NETLOOM_SERVICE: ID, NETLOOM_FOLDER: join(runtime, 'services'), NETLOOM_CONF: 'c', NETLOOM_LOADED: 'l', NETLOOM_PORTS: '53' };
  const child = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', process.execPath, '-e', deaf], { env: marks });
  onTestFinished(() => child.stop());
  const isOpen = () => udpSockets(readFileSync(`/proc/${child.pid}/net/udp`, 'utf8')).some(socket => socket.port === 53);
  while (!isOpen()) await sleep(20);
  expect((await readServices(runtime, [UUID]))[0]?.answers, 'as long as nobody asked').toBe(true);
  const guest = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', 'busybox', 'nslookup', 'me.test', '10.0.0.1']);
  onTestFinished(() => guest.stop());
  while (udpSockets(readFileSync(`/proc/${child.pid}/net/udp`, 'utf8')).every(socket => socket.unread === 0)) await sleep(20);
  expect((await readServices(runtime, [UUID]))[0]?.answers, 'once a guest asked').toBe(false);
});

test('files that somebody edited are put right, and the service reads them again', async () => {
  await pass(wanted());
  const before = pidNow();
  writeFileSync(join(runtime, 'networks', UUID, 'hosts'), 'somebody\n');
  expect(await pass(wanted())).toEqual(['update file', 'update service']);
  expect(pidNow()).toBe(before);
});

test('the lease of a guest that is gone is released at once, and the others stay', async () => {
  await pass(wanted());
  const leases = join(runtime, 'networks', UUID, 'leases');
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
  expect(serviceProcesses(join(runtime, 'services'))).toEqual([]);
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
  expect((await readServices(runtime, [UUID]))[0]?.netns).toBe('?');
  await pass(wanted());
  expect(pidNow()).not.toBe(before);
});

test('with its network everything of it goes: the process first, its notes, its files, their folder', async () => {
  await pass(wanted());
  expect(await pass([])).toEqual(expect.arrayContaining(['delete service', 'delete netns', 'delete file']));
  expect(serviceProcesses(join(runtime, 'services'))).toEqual([]);
  expect(existsSync(join(runtime, 'networks', UUID))).toBe(false);
  expect(existsSync(`${join(runtime, 'services', UUID)}.dnsmasq.log`)).toBe(false);
});
