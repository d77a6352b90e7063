/**
 * `netloom doctor` on a real lab: a healthy one, then one with one fault at a time, injected by hand into the kernel and taken out
 * again. No pass runs in between: it would repair most of them.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allFindings, type Diagnosis, type NodeDiagnosis } from '../../src/doctor/record.ts';
import { labRun } from '../../src/lab/enter.ts';
import { holdersOf } from '../../src/lab/holder.ts';
import { configOf } from '../../src/lab/lab.ts';
import { killNow, line, type Program, program } from '../host/program.ts';
import { dump } from '../kernel/support/dump.ts';
import { type Cluster, type ClusterOptions, definition, startCluster } from '../support/lab-cluster.ts';
import { FAULTS, type Fault, type Seen } from '../support/lab-faults.ts';
import { nodeOf, type TestNode } from '../support/lab-node.ts';

const OPTIONS: ClusterOptions = {
  gateways: ['n1'],
  networks: [
    { tenant: 'red', name: 'lan', vxid: 0x71, cidr: '10.7.1.0/24', more: 'dns: true' },
    { tenant: 'red', name: 'pair', vxid: 0x72, cidr: '10.7.2.0/24', more: 'dhcp: false' },
  ],
  guests: [
    { name: 'a', on: 'red/lan', node: 'n1', address: '10.7.1.11' },
    { name: 'b', on: 'red/lan', node: 'n2', address: '10.7.1.12' },
    { name: 'c', on: 'red/lan', node: 'n2', address: '10.7.1.13' },
    { name: 'd', on: 'red/pair', node: 'n2', address: '10.7.2.14' },
    { name: 'e', on: 'red/pair', node: 'n3', address: '10.7.2.15' },
  ],
  more: [
    definition('AddressPool', 'name: edge', 'cidr: 192.0.2.0/26', 'device: eth1'),
    definition('FloatingIP', 'name: web, namespace: red', 'interface: b', 'address: 192.0.2.10'),
  ],
};
let all: Cluster;
let uuid = '';

/** The nodes, and the switch between them. */
function place(name: string): TestNode {
  return name === 'switch' ? nodeOf(name, holdersOf(all.lab.dir).get('switch') ?? 0, '', all.lab.dir) : all.node(name);
}

async function doctor(node: string, ...more: readonly string[]): Promise<Diagnosis & { readonly exitCode: number | null }> {
  const { stdout, stderr, exitCode } = await labRun(all.lab, node, ['netloom', 'doctor', '-o', 'json', ...more], { timeoutMs: 120_000 });
  expect([stderr, stdout.slice(0, 1)]).toEqual(['', '{']);
  return { ...(JSON.parse(stdout) as Diagnosis), exitCode };
}

const NAMES = ['n1', 'n2', 'n3'];
const states = () => Promise.all(all.nodes.map(node => dump({ tool: (argv, stdin) => node.ok(argv, stdin), exact: true })));

/** The states, as soon as the kernel has nothing of its own under way: no link-local address is being tried any more. */
async function settledStates(): ReturnType<typeof states> {
  for (const until = Date.now() + 30_000; ; await sleep(100)) {
    const found = await states();
    if (Date.now() > until || !JSON.stringify(found).includes('tentative')) return found;
  }
}

beforeAll(async () => {
  all = await startCluster(OPTIONS);
  const { stdout } = await labRun(all.lab, 'n1', ['netloom', 'get', 'network', '-n', 'red', 'lan', '-o', 'json']);
  uuid = JSON.parse(stdout).status.uuid;
});
afterAll(() => all?.end());

test('a healthy lab has nothing broken and nothing untested, and is as it was before', async () => {
  const before = await settledStates();
  const found = await Promise.all(NAMES.map(name => doctor(name)));
  for (const { exitCode, healthy, unasked, nodes } of found) {
    const [{ node, findings, untested, healthy: well }] = nodes as [NodeDiagnosis];
    expect({ node, exitCode, healthy, unasked, findings, untested }).toEqual({ node, exitCode: 0, healthy: true, unasked: [], findings: [], untested: [] });
    const checks = well.map(({ check }) => check);
    expect([node, checks.filter(check => check === 'vxlan').length]).toEqual([node, 2]);
    expect(checks).toEqual(expect.arrayContaining(['machine', 'clock', 'git', 'nodes', 'underlay', 'peers', 'kernel', 'addresses', 'routers']));
    if (node === 'n1') expect(checks).toEqual(expect.arrayContaining(['upstream', 'floating', 'dhcp']));
  }
  expect(await states()).toEqual(before);
});

describe('named right, with node and cure, by one run:', () => {
  test.each(Object.keys(FAULTS))('%s', async name => {
    const { on, make, undo, seen, cutsGit } = FAULTS[name] as Fault;
    const put = async (lines: readonly string[]): Promise<void> => {
      for (const text of lines) await place(on).ok(text.replaceAll('UUID', uuid).replaceAll('LAB', all.lab.dir).split(' '));
    };
    await put(make);
    try {
      const from = Object.keys(seen);
      const found = await Promise.all(from.map(node => doctor(node)));
      for (const [index, diagnosis] of found.entries()) {
        const [code, node, message, cure] = seen[from[index] ?? ''] as Seen;
        const findings = allFindings(diagnosis).filter(finding => !(cutsGit && finding.code === 'remote'));
        expect([from[index], findings]).toMatchObject([
          from[index],
          [{ code, node, message: expect.stringMatching(message), cure: expect.stringMatching(cure) }],
        ]);
        expect(diagnosis.exitCode).toBe(2);
      }
    } finally {
      await put(undo);
    }
  });

  test('a clock that is off, by what the git server says', async () => {
    const late = await lateServer();
    const child = late.start(['198.51.100.254', String(3_600_000)], ['nsenter', ...all.node('n1').into()]);
    const path = join(all.lab.dir, 'late.yaml');
    try {
      const url = `http://127.0.0.1:${await line(child)}`;
      writeFileSync(path, readFileSync(configOf(all.lab.dir, 'n1'), 'utf8').replaceAll('http://198.51.100.254', url));
      const [found, ...more] = allFindings(await doctor('n1', '--config', path));
      expect([found, more]).toMatchObject([
        { code: 'clock', node: 'n1', message: expect.stringMatching(/^its clock is 3(59|60)\d s ahead of that of the git server$/) },
        [],
      ]);
    } finally {
      await killNow(child);
      late.remove();
      rmSync(path);
    }
  });

  test('and nothing is broken after it', async () => {
    const found = await Promise.all(NAMES.map(name => doctor(name)));
    expect(found.map(({ exitCode, nodes }) => [exitCode, nodes[0]?.findings])).toEqual(found.map(() => [0, []]));
  });
});

/** In front of a git server: the same, in another time. */
function lateServer(): Promise<Program> {
  return program(`
    import { createServer, request } from 'node:http';
    const [host, behindMs] = process.argv.slice(2);
    const server = createServer((asked, answer) => {
      const through = request({ host, path: asked.url, method: asked.method, headers: { ...asked.headers, host } }, got => {
        answer.writeHead(got.statusCode, { ...got.headers, date: new Date(Date.now() - Number(behindMs)).toUTCString() });
        got.pipe(answer);
      });
      asked.pipe(through);
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  `);
}
