/** dnsmasq itself, started on the texts that we write, with guests that ask it: what they are told, and who is told nothing. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { usualReader } from '../../src/host/choose-reader.ts';
import { datagramsRead } from '../../src/host/processes.ts';
import type { InterfaceEntry, NetworkEntry } from '../../src/model/ledger.ts';
import { servicePaths, serviceTexts } from '../../src/objects/dhcp.ts';
import { empty, sh } from '../host/lab.ts';
import { loadFiles } from '../load/diagnose.ts';

const VXID = 0xabc;
const INNER = 'veth-abc-i';
const KNOWN = { a: '02:00:00:00:00:0a', b: '02:00:00:00:00:0b' };
const STRANGER = '02:00:00:00:00:0c';

let folder = '';
let running: ChildProcess | undefined;

beforeAll(() => {
  empty();
  folder = mkdtempSync(join(tmpdir(), 'netloom-dhcp-'));
  writeFileSync(join(folder, 'lease.sh'), '#!/bin/sh\n[ "$1" = bound ] && exec env\n[ "$1" = leasefail ] && echo leasefail\nexit 0\n');
  chmodSync(join(folder, 'lease.sh'), 0o755);
  sh('ip link add br0 type bridge');
  sh('ip link set br0 up');
  plug('router', INNER, '02:02:00:0a:bc:01');
  sh(`ip -n router addr add 10.1.0.1/24 dev ${INNER}`);
  for (const [name, mac] of Object.entries({ ...KNOWN, c: STRANGER })) plug(name, 'eth0', mac);
});

afterEach(stop);

async function stop(): Promise<void> {
  const child = running;
  running = undefined;
  if (child === undefined || child.exitCode !== null) return;
  const gone = new Promise(done => child.once('close', done));
  child.kill();
  await gone;
}

afterAll(() => {
  empty();
  if (isAbsolute(folder) && folder.includes('netloom-dhcp-')) rmSync(folder, { recursive: true });
});

function plug(netns: string, ifname: string, mac: string): void {
  sh(`ip netns add ${netns}`);
  sh(`ip link add o-${netns} type veth peer name ${ifname} address ${mac} netns ${netns}`);
  sh(`ip link set o-${netns} master br0 up`);
  sh(`ip -n ${netns} link set ${ifname} up`);
}

const doc = (kind: string, name: string, spec: object): string => JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name }, spec });

/** Writes the files of a network with guests a (10.1.0.10) and b (10.1.0.11) and starts dnsmasq on them, in the router's namespace. */
async function serve(spec: object): Promise<void> {
  const docs = [
    doc('Cluster', 'c', { underlay: { mtu: 9000 } }),
    doc('Node', 'g1', { underlay: { address: '192.0.2.1', device: 'eth0' }, gateway: true }),
    doc('AddressPool', 'floating', { cidr: '198.51.100.0/24', device: 'eth1' }),
    doc('Network', 'web', { cidr: '10.1.0.0/24', ...spec }),
    doc('Interface', 'a', { network: 'web', instance: 'vm-a', hostname: 'alpha' }),
    doc('Interface', 'b', { network: 'web' }),
  ];
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': docs.join('\n---\n') });
  const network = catalog?.networks.get('default/web');
  const given = (mac: string, address: string): InterfaceEntry => ({ uuid: mac, mac, address, incarnation: 0, since: '', from: '' });
  const interfaces = { 'default/a': given(KNOWN.a, '10.1.0.10'), 'default/b': given(KNOWN.b, '10.1.0.11') };
  const entry: NetworkEntry = { namespace: 'default', name: 'web', uuid: 'u', vxid: VXID, incarnation: 0, since: '', from: '', interfaces, addresses: [] };
  const texts = catalog && network ? serviceTexts(network, entry, catalog, 1450, folder) : undefined;
  if (texts === undefined) throw new Error(`nothing to serve: ${diagnostics.map(({ message }) => message).join('; ')}`);
  const paths = servicePaths(folder);
  writeFileSync(paths.conf, texts.conf);
  writeFileSync(paths.hosts, texts.hosts);
  writeFileSync(paths.names, texts.names);
  rmSync(paths.leases, { force: true });
  let words = '';
  // As root: where a lab keeps its files is closed to others (services.test.ts has it run as who may little).
  const how = ['--user=root', '--keep-in-foreground', '--log-facility=-'];
  const child = spawn('ip', ['netns', 'exec', 'router', 'dnsmasq', `--conf-file=${paths.conf}`, ...how]);
  child.stderr.on('data', chunk => (words += chunk));
  running = child;
  for (let tries = 0; !/:(53|67) /.test(sh('ip netns exec router ss -Hlun')); tries++) {
    if (tries === 250 || child.exitCode !== null) throw new Error(`dnsmasq does not start: ${words}`);
    await sleep(20);
  }
}

/** What a guest is told by DHCP, as udhcpc's variables; `leasefail` when nobody answers it. */
function lease(netns: string, ...more: readonly string[]): Readonly<Record<string, string>> {
  const ask = ['mtu', 'staticroutes', 'ntpsrv', '114', '150'].flatMap(option => ['-O', option]);
  const args = ['busybox', 'udhcpc', '-i', 'eth0', '-f', '-n', '-q', '-t', '4', '-T', '1', '-s', join(folder, 'lease.sh'), ...ask, ...more];
  const { stdout } = spawnSync('ip', ['netns', 'exec', netns, ...args], { encoding: 'utf8' });
  return Object.fromEntries(stdout.split('\n').map(line => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));
}

/** The addresses or names that the router answers with; its words when it does not. */
function lookup(netns: string, name: string, type: string): readonly string[] {
  const { stdout } = spawnSync('ip', ['netns', 'exec', netns, 'busybox', 'nslookup', `-type=${type}`, type === 'ptr' ? reverse(name) : name, '10.1.0.1'], {
    encoding: 'utf8',
  });
  const answer = stdout.slice(stdout.indexOf('\n\n'));
  const found = [...answer.matchAll(/(?:Address:|name =|canonical name =)\s*(\S+)/g)].map(match => match[1] ?? '');
  return found.length === 0 ? [/NXDOMAIN|timed out|No answer/i.exec(stdout)?.[0] ?? stdout] : found;
}

const reverse = (ip: string): string => `${ip.split('.').reverse().join('.')}.in-addr.arpa`;

it('a guest is leased its address with mtu, router, resolver, domain, name and lease time', async () => {
  await serve({ dns: true, leaseTime: '10m', ntp: ['192.0.2.123'] });
  const told = lease('a');
  expect(told).toMatchObject({ ip: '10.1.0.10', subnet: '255.255.255.0', broadcast: '10.1.0.255', router: '10.1.0.1', dns: '10.1.0.1', mtu: '1450' });
  expect(told).toMatchObject({ domain: 'default.netloom', hostname: 'alpha', lease: '600', ntpsrv: '192.0.2.123' });
  expect(told).not.toHaveProperty('staticroutes');
  expect(lease('b')).toMatchObject({ ip: '10.1.0.11', hostname: 'b' });
});

it('who is not defined gets nothing, nor a name by asking for one', async () => {
  await serve({});
  expect(lease('c', '-t', '2')).toHaveProperty('leasefail');
  expect(lease('c', '-t', '2', '-r', '10.1.0.10', '-x', 'hostname:alpha')).toHaveProperty('leasefail');
  expect(lease('a', '-x', 'hostname:evil')).toMatchObject({ ip: '10.1.0.10', hostname: 'alpha' });
});

it('a network without a way out names no router, and without DNS no resolver but those that are said', async () => {
  await serve({ nat: false });
  const told = lease('a');
  expect(told).toMatchObject({ ip: '10.1.0.10', mtu: '1450' });
  expect(told).not.toHaveProperty('router');
  expect(told).not.toHaveProperty('dns');
});

it('with static routes the default route is one of them; option 3 says it too', async () => {
  await serve({ routes: [{ to: '10.9.0.0/16', via: '10.1.0.7' }], dnsUpstreams: ['192.0.2.53'] });
  expect(lease('a')).toMatchObject({ staticroutes: '0.0.0.0/0 10.1.0.1 10.9.0.0/16 10.1.0.7', router: '10.1.0.1', dns: '192.0.2.53' });
});

it('as many routes as validate finds no fault with arrive whole', async () => {
  const routes = Array.from({ length: 26 }, (_, at) => ({ to: `10.${at + 2}.0.0/16`, via: '10.1.0.7' }));
  await serve({ routes });
  expect(lease('a')['staticroutes']?.split(' ')).toHaveLength(54);
});

it('further options arrive as they were said, each character of a text', async () => {
  const text = 'http://x/?a="1,2"#\\n\\t\\:y z';
  await serve({
    dhcpOptions: [
      { code: 114, value: text },
      { code: 150, value: '192.0.2.5,192.0.2.6' },
    ],
  });
  const told = lease('a', '-o');
  expect(Buffer.from(told['opt114'] ?? '', 'hex').toString()).toBe(text);
  expect(told['opt150']).toBe('c0000205c0000206');
});

it('the router answers for guests and records: A, PTR, AAAA, CNAME; and for nothing else of its domain', async () => {
  const dnsRecords = [
    { name: 'www', type: 'CNAME', value: 'alpha' },
    { name: 'six', type: 'AAAA', value: '2001:db8::1' },
    { name: 'db.internal', type: 'A', value: '203.0.113.7' },
    { name: 'second', type: 'A', value: '10.1.0.10' },
  ];
  await serve({ dns: true, dnsRecords });
  execFileSync('ip', ['-n', 'a', 'addr', 'replace', '10.1.0.10/24', 'dev', 'eth0']);
  expect(lookup('a', 'alpha.default.netloom', 'a')).toEqual(['10.1.0.10']);
  expect(lookup('a', 'vm-a.default.netloom', 'a')).toEqual(['10.1.0.10']);
  expect(lookup('a', 'b.default.netloom', 'a')).toEqual(['10.1.0.11']);
  expect(lookup('a', 'second.default.netloom', 'a')).toEqual(['10.1.0.10']);
  expect(lookup('a', '10.1.0.10', 'ptr')).toEqual(['alpha.default.netloom']);
  expect(lookup('a', '203.0.113.7', 'ptr')).toEqual(['db.internal.default.netloom']);
  expect(lookup('a', 'six.default.netloom', 'aaaa')).toEqual(['2001:db8::1']);
  expect(lookup('a', 'www.default.netloom', 'cname')).toEqual(['alpha.default.netloom']);
  expect(lookup('a', 'www.default.netloom', 'a')).toEqual(['alpha.default.netloom', '10.1.0.10']);
  expect(lookup('a', 'nobody.default.netloom', 'a')).toEqual(['NXDOMAIN']);
  expect(lookup('a', '10.1.0.99', 'ptr')).toEqual(['NXDOMAIN']);
});

it('DNS alone hears what netloom asks it, as DHCP does', async () => {
  const { ask } = await usualReader();
  for (const [spec, port] of [
    [{ dhcp: false, dns: true }, 53],
    [{ dhcp: true, dns: false }, 67],
  ] as const) {
    await serve(spec);
    const { pid = 0 } = running ?? {};
    const before = datagramsRead(pid);
    ask({ netns: 'router', link: INNER, ports: [port] });
    await expect.poll(() => datagramsRead(pid)).toBe(before + 1);
    await stop();
  }
});

it('other names are asked of the resolvers that are said, the own domain never', async () => {
  await serve({ dns: true, dnsUpstreams: ['10.1.0.11'] });
  execFileSync('ip', ['-n', 'a', 'addr', 'replace', '10.1.0.10/24', 'dev', 'eth0']);
  execFileSync('ip', ['-n', 'b', 'addr', 'replace', '10.1.0.11/24', 'dev', 'eth0']);
  // It has an answer for everything.
  const args = ['--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--pid-file=', '--no-resolv', '--no-hosts', '--address=/#/203.0.113.99'];
  const upstream = spawn('ip', ['netns', 'exec', 'b', 'dnsmasq', ...args], { stdio: 'ignore' });
  const gone = new Promise(done => upstream.once('close', done));
  try {
    await expect.poll(() => lookup('a', 'www.example.org', 'a'), { timeout: 10_000 }).toEqual(['203.0.113.99']);
    expect(lookup('a', 'nobody.default.netloom', 'a')).toEqual(['NXDOMAIN']);
    expect(lookup('a', 'alpha.default.netloom', 'a')).toEqual(['10.1.0.10']);
  } finally {
    upstream.kill();
    await gone;
  }
});
