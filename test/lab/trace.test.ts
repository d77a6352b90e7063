/** Where things of a real node come from, and their packets: trace and capture. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { labRun } from '../../src/lab/enter.ts';
import { configOf } from '../../src/lab/lab.ts';
import { OUTSIDE } from '../../src/lab/outside.ts';
import { type Cluster, type ClusterOptions, definition, macOf, startCluster } from '../support/lab-cluster.ts';

const OPTIONS: ClusterOptions = {
  gateways: ['n1'],
  networks: [{ tenant: 'red', name: 'lan', vxid: 0x31, cidr: '10.1.0.0/24' }],
  guests: [
    { name: 'web', on: 'red/lan', node: 'n1', address: '10.1.0.9' },
    { name: 'db', on: 'red/lan', node: 'n2', address: '10.1.0.10' },
  ],
  more: [
    definition('AddressPool', 'name: edge', 'cidr: 192.0.2.0/26', 'device: eth1'),
    definition('FloatingIP', 'name: www, namespace: red', 'address: 192.0.2.10', 'interface: web'),
  ],
};

let all: Cluster;
const on = (node: string, ...argv: readonly string[]) => labRun(all.lab, node, argv, { timeoutMs: 60_000 });
const netloom = (node: string, ...argv: readonly string[]) => on(node, 'netloom', ...argv);
const script = (node: string, text: string) => on(node, 'bash', '-c', text);

const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(new URL('../../schemas/output/trace.json', import.meta.url), 'utf8')));
async function trace(...argv: readonly string[]) {
  const { stdout, stderr, exitCode } = await netloom('n1', 'trace', ...argv, '-o', 'json');
  if (stdout === '') throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  const value = JSON.parse(stdout);
  expect(validate(value) ? [] : validate.errors).toEqual([]);
  return value;
}

beforeAll(async () => {
  all = await startCluster(OPTIONS);
});
afterAll(() => all?.end());

describe('netloom trace', () => {
  test('a device: its marks, its definition with file and line, the commit that wrote it, and what became of it', async () => {
    const first = await trace('flt-c000020a-i');
    expect(first.definitions[0].unknown).toContain('--fetch');
    const { things, definitions, node, asked } = await trace('flt-c000020a-i', '--fetch');
    expect([node, asked]).toEqual(['n1', null]);
    expect(things).toMatchObject([{ owner: 'ours', definitions: ['FloatingIP red/www'], drift: [], netns: expect.stringMatching(/-6e6c6d/) }]);
    const [{ file, line, commit, state, drift }] = definitions;
    const text = readFileSync(join(all.lab.dir, '..', 'definitions', file), 'utf8').split('\n');
    expect(text.slice(line - 1, line + 3).join('\n')).toContain('kind: FloatingIP');
    expect(commit).toMatchObject({ author: expect.stringContaining('netloom lab'), subject: 'definitions' });
    expect([state.state, state.applied, drift]).toEqual(['ready', commit.commit, []]);
    // What was fetched stays.
    expect((await trace('flt-c000020a-i')).definitions[0].commit).toEqual(commit);
  });

  test('asks nobody without --fetch', async () => {
    const log = join(all.lab.dir, 'calls');
    const { exitCode } = await on('n1', 'strace', '-f', '-qq', '-e', 'trace=connect', '-o', log, 'netloom', 'trace', '10.1.0.9');
    expect([
      exitCode,
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(line => /AF_INET6?/.test(line)),
    ]).toEqual([0, []]);
  });

  test('addresses, MACs, numbers, tables and services lead to their objects', async () => {
    const objects = async (...words: readonly string[]): Promise<readonly string[]> =>
      (await trace(...words)).definitions.map((each: { definition: string }) => each.definition).sort();
    const { ledger, things } = await trace('10.1.0.9');
    expect(ledger).toMatchObject([{ where: 'network red/lan', type: 'instance', object: 'Interface red/web', node: 'n1' }]);
    expect(things.map((each: { ref: string }) => each.ref)).toContain('address:web/eth0/10.1.0.9/24');
    expect(await objects('192.0.2.10')).toContain('FloatingIP red/www');
    expect(await objects(macOf('web'))).toContain('Interface red/web');
    expect(await objects('egr-br-eth1')).toEqual(['AddressPool edge']);
    expect(await objects('inet/netloom')).toEqual(['Node n1']);
    expect(await objects('0x31')).toContain('Network red/lan');
    const { things: services } = await trace('dnsmasq');
    const [id] = [services[0].ref.slice('service:'.length)];
    expect(await objects(`netloom-dnsmasq@${id.split('/')[0]}.service`)).toEqual(['Network red/lan']);
    const { stdout: pid } = await script(
      'n1',
      `for p in /proc/[0-9]*; do grep -qa "networks/${id.split('/')[0]}/dnsmasq.conf" $p/cmdline 2>/dev/null && echo \${p#/proc/} && break; done`,
    );
    expect(await objects(`pid:${pid.trim()}`)).toEqual(['Network red/lan']);
  });

  test('what differs now, what is not ours, what is nobody’s, and what nobody knows', async () => {
    await script('n1', 'ip link set veth-31-o mtu 1400; ip link add vnet3 type veth peer name lost0; ip link set vnet3 master br-vxlan-31');
    expect((await trace('veth-31-o')).things[0].drift).toEqual(['mtu is 1400, wanted is 1550']);
    const port = await trace('vnet3');
    expect(port.things).toMatchObject([{ owner: 'foreign', definitions: [] }]);
    expect(port.notes).toEqual([
      expect.stringMatching(/^vnet3 carries no mark of netloom; it is in br-vxlan-31 of Network red\/lan, and no Interface speaks of it/),
    ]);
    expect((await trace('lost0')).notes).toEqual([expect.stringContaining('it is nobody’s here')]);
    await script('n1', 'ip link del vnet3; ip link set veth-31-o mtu 1550');
    const { exitCode, stderr } = await netloom('n1', 'trace', 'nope0');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('nothing that n1 and its definitions know is called "nope0"')]);
  });

  test('off a node the branches alone tell', async () => {
    const { repo } = parse(readFileSync(configOf(all.lab.dir, 'n1'), 'utf8')) as { repo: { url: string } };
    const { node, things, definitions } = await trace('192.0.2.10', '--repo', repo.url);
    expect([node, things]).toEqual([null, []]);
    expect(definitions.find((each: { definition: string }) => each.definition === 'FloatingIP red/www')).toMatchObject({
      commit: { subject: 'definitions' },
      drift: null,
    });
  });
});

let captures = 0;
/** Runs a capture while guests ping each other. */
async function whilePinging(
  node: string,
  capture: string,
  from: readonly [node: string, command: string] = ['n2', 'ip netns exec db ping -n -i 0.2 10.1.0.9'],
) {
  const [where, command] = from;
  captures += 1;
  const stop = join(all.lab.dir, `stop-${captures}`);
  const pings = script(where, `${command} >/dev/null & p=$!; until [ -e ${stop} ]; do sleep 0.1; done; kill $p`);
  try {
    return await script(node, capture);
  } finally {
    await script(where, `touch ${stop}`);
    await pings;
  }
}

describe('netloom capture', () => {
  test('an interface at its near end, and what it runs where is said', async () => {
    const { stdout, stderr, exitCode } = await whilePinging('n1', 'netloom capture red/web -c 2 icmp');
    expect(stdout).toContain('10.1.0.10 > 10.1.0.9: ICMP echo request');
    expect(stderr).toMatch(/^n1: the near end of Interface red\/web: tcpdump -n --immediate-mode -i tap-[0-9a-f]{8} -c 2 -l -e -- icmp$/m);
    expect(exitCode).toBe(0);
  });

  test('a network’s underlay shows that network alone, its router is in its namespace', async () => {
    const under = await whilePinging('n1', 'netloom capture red/lan --on underlay -c 2 greater 100');
    expect([under.exitCode, under.stdout]).toEqual([0, expect.stringMatching(/198\.51\.100\.\d\.\d+ > 198\.51\.100\.\d\.4789: VXLAN, .*vni 49/)]);
    const router = await whilePinging('n1', 'netloom capture red/lan --on router -c 1 icmp', ['n2', 'ip netns exec db ping -n -i 0.2 10.1.0.1']);
    expect([router.exitCode, router.stdout]).toEqual([0, expect.stringContaining('10.1.0.10 > 10.1.0.1: ICMP echo request')]);
  });

  test('a floating address in its gateway’s namespace', async () => {
    const { stdout, exitCode } = await whilePinging('n1', 'netloom capture -n red www -c 1 icmp', [
      OUTSIDE.name,
      `ping -n -i 0.2 -I ${OUTSIDE.address} 192.0.2.10`,
    ]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`${OUTSIDE.address} > 192.0.2.10: ICMP echo request`)]);
  });

  test('into a file that is whole when it is interrupted', async () => {
    const file = join(all.lab.dir, 'a.pcap');
    const began = await whilePinging(
      'n1',
      `netloom capture red/lan -w ${file} icmp & p=$!; until [ "$(stat -c %s ${file} 2>/dev/null || echo 0)" -gt 200 ]; do sleep 0.1; done; kill -INT $p; wait $p`,
    );
    expect([began.exitCode, began.stdout]).toEqual([0, '']);
    expect(began.stderr).toContain('packets captured');
    const read = await on('n1', 'tcpdump', '-n', '-r', file);
    expect([read.exitCode, read.stderr]).toEqual([0, expect.not.stringContaining('truncated')]);
    expect(read.stdout.split('\n').filter(line => line.includes('ICMP echo')).length).toBeGreaterThan(0);
    // Each packet once, although it comes in by one port and goes out by another.
    const seqs = [...read.stdout.matchAll(/echo request, id (\d+), seq (\d+)/g)].map(match => `${match[1]} ${match[2]}`);
    expect(new Set(seqs).size).toBe(seqs.length);
    const piped = await whilePinging('n1', 'netloom capture red/lan -c 1 -w - icmp | tcpdump -n -r -');
    expect(piped.stdout).toContain('ICMP echo');
  });

  test('ends when the terminal closes, and leaves no tcpdump behind when it is killed', async () => {
    const capture = (netloom: string, ...then: readonly string[]) => {
      const told = join(all.lab.dir, 'told');
      const begun = `netloom capture red/lan --on ${netloom} tcp port 9 >/dev/null 2>${told} & p=$!; until grep -qs 'listening on' ${told}; do sleep 0.1; done`;
      return script('n1', [begun, 'c=$(pgrep -P $p -x tcpdump)', 'grep -h ^CapEff /proc/$c/status', ...then, `cat ${told} >&2; rm ${told}`].join('; '));
    };
    const closed = await capture('router', 'kill -HUP $p', 'wait $p; echo $?');
    expect([closed.stdout, closed.stderr]).toEqual(['CapEff:\t0000000000002000\n0\n', expect.stringContaining('0 packets captured')]);
    const killed = await capture('bridge', 'kill -KILL $p', 'while grep -qs tcpdump /proc/$c/cmdline; do sleep 0.1; done', 'echo gone');
    expect(killed.stdout).toBe('CapEff:\t0000000000002000\ngone\n');
  });

  test('elsewhere: the nodes that have it, and the command to run there; a filter is never an option; what cannot be is told', async () => {
    const away = await netloom('n3', 'capture', 'red/web', '-c', '5', 'tcp', 'port', '80');
    expect([away.exitCode, away.stderr]).toEqual([1, expect.stringContaining('n3 does not have the near end of Interface red/web: n1 does')]);
    expect(away.stderr).toContain('run on n1: netloom capture -n red --kind Interface -c 5 web -- tcp port 80');
    const file = join(all.lab.dir, 'stolen');
    const option = await netloom('n1', 'capture', 'red/web', '--', `-w${file}`);
    expect([option.exitCode, option.stderr]).toEqual([1, expect.stringContaining('a filter does not begin with a dash')]);
    const wrong = await netloom('n1', 'capture', 'red/web', 'nonsense', 'words');
    expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining('syntax error')]);
    const unwritable = await netloom('n1', 'capture', 'red/web', '-w', '/nowhere/x.pcap');
    expect([unwritable.exitCode, unwritable.stderr]).toEqual([1, expect.stringContaining('/nowhere/x.pcap cannot be written')]);
    const ssh = await netloom('n3', 'capture', 'red/web', '--ssh', 'n2');
    expect([ssh.exitCode, ssh.stderr]).toEqual([1, expect.stringContaining('n2 does not have the near end of Interface red/web')]);
    const closed = await netloom('n3', 'capture', 'red/web', '--ssh', 'root@127.0.0.1');
    expect([closed.exitCode, closed.stderr]).toEqual([1, expect.stringMatching(/refused/)]);
  });
});
