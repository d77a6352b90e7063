/** A network with DHCP and DNS in a namespace of its own, planned and applied with no memory: what tests of services share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { apply } from '../../../src/host/apply.ts';
import { serviceProcesses } from '../../../src/host/processes.ts';
import { read } from '../../../src/host/read.ts';
import { spawnLong } from '../../../src/host/spawn-long.ts';
import { fileOf, textHash } from '../../../src/kinds/file.ts';
import { KINDS } from '../../../src/kinds/index.ts';
import type { Resource } from '../../../src/kinds/kind.ts';
import type { ServiceSpec } from '../../../src/kinds/service.ts';
import { diff } from '../../../src/plan/diff.ts';
import { paste } from '../../kinds/kernel-room.ts';
import { insistOnLab } from '../../support/namespaces.ts';

export const UUID = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d0000aa';
export const ID = `${UUID}/dnsmasq`;

/** The node's runtime folder, of each test its own. */
export const node = { runtime: '' };

/** A router's namespace for each test, with nothing in it but its link. */
export function aRouter(): void {
  beforeEach(async () => {
    insistOnLab();
    node.runtime = mkdtempSync(join(tmpdir(), 'netloom-services-'));
    await paste(`ip netns add ${UUID}
ip -n ${UUID} link set dev lo up
ip -n ${UUID} link add name veth-2-i group 97 type veth peer name guest
ip -n ${UUID} link set dev veth-2-i up
ip -n ${UUID} link set dev guest up
ip -n ${UUID} addr add 10.0.0.1/24 dev veth-2-i`);
  });
  afterEach(async () => {
    for (const { pid } of serviceProcesses(join(node.runtime, 'services'))) process.kill(pid, 'SIGKILL');
    await paste(`[ ! -e /run/netns/${UUID} ] || ip netns del ${UUID}`);
    rmSync(node.runtime, { recursive: true });
  });
}

interface Served {
  readonly hosts?: string;
  readonly more?: string;
  readonly known?: readonly string[];
}

/** What is wanted of a network with DHCP and DNS: its files and its process. */
export function wanted({ hosts = '02:00:00:00:00:0a,10.0.0.2\n', more = '', known = ['02:00:00:00:00:0a 10.0.0.2'] }: Served = {}): readonly Resource[] {
  const folder = join(node.runtime, 'networks', UUID);
  const [conf, hostsFile, leases] = [join(folder, 'dnsmasq.conf'), join(folder, 'hosts'), join(folder, 'leases')];
  const text = `pid-file=\nbind-interfaces\nexcept-interface=lo\ninterface=veth-2-i\nno-resolv\nno-hosts\nno-ping
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
    links: ['veth-2-i'],
    files: [conf, hostsFile, leases],
    folder: join(node.runtime, 'services'),
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

const ABOUT = ['netns', 'file', 'service'];

/** Reads with no memory and plans; links of the namespace are as they are, this is about services. */
export async function plan(want: readonly Resource[]) {
  const rows = await read({ netnses: [UUID], keys: [], runtimeFolder: node.runtime });
  const have = rows.flatMap(part => [...KINDS.values()].flatMap(kind => kind.parse(part)));
  const others = have.filter(one => !ABOUT.includes(one.kind)).map(one => ({ ...one, owner: 'common' as const }));
  return diff(want, [...have.filter(one => ABOUT.includes(one.kind)), ...others], KINDS);
}

/** One pass: what it did, as `verb kind`, and how it ended. Nothing is left to do after. */
export async function pass(want: readonly Resource[]): Promise<readonly string[]> {
  const outcomes = await apply((await plan(want)).steps);
  expect(outcomes.filter(one => one.status !== 'done').map(one => one.error)).toEqual([]);
  expect((await plan(want)).steps.map(step => `${step.verb} ${step.ref} ${JSON.stringify(step.changes)}`)).toEqual([]);
  return outcomes.map(one => `${one.step.verb} ${one.step.kind}`);
}

export function pidNow(): number {
  const [one, ...others] = serviceProcesses(join(node.runtime, 'services'));
  if (one === undefined || others.length > 0) throw new Error('not one service');
  return one.pid;
}

/** What its DNS says to a guest. */
export async function lookUp(): Promise<string> {
  const guest = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', 'busybox', 'nslookup', 'me.test', '10.0.0.1']);
  let text = '';
  for await (const part of guest.stdout) text += String(part);
  await guest.ended;
  return text;
}
