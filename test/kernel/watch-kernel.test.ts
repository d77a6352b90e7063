/** `netloom watch` hears what others do to this node's kernel, puts it right at once, and is not woken for ever by what it does itself. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { links, sh } from '../host/lab.ts';
import { processes } from './support/kills.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';
import { startWatch, type Watching, writeConfig } from './support/watching.ts';

let node: RemoteNode;
let watching: Watching;

beforeAll(async () => {
  node = await remoteNode({ 'vm2.yaml': document('Interface', 'vm2', '{ network: lan, node: n1, attach: { tap: { ifname: kvm7 } } }') });
  watching = startWatch(['--config', writeConfig(node), '--poll', '1h', '--interval', '1h'], { NETLOOM_LOG_LEVEL: 'debug' });
  await watching.until('no first pass', () => watching.passes() > 0);
  await watching.rests();
});
afterAll(async () => {
  await watching?.stop();
  await node?.end();
});

const bridge = (): string | undefined => links().find(name => name.startsWith('br-vxlan-'));
const printed = async (line: string): Promise<string> => (await run('sh', ['-c', line], { okCodes: [0] })).stdout;

test('a deleted bridge is back, with everything in it', async () => {
  const name = bridge();
  const since = performance.now();
  sh(`ip link del dev ${name}`);
  await watching.until('the bridge stays away', () => bridge() === name);
  const tookMs = performance.now() - since;
  // It hears what it did itself, finds nothing more to do, and is silent.
  await watching.rests();
  // A reviewer's number; a loaded machine takes longer.
  process.stdout.write(`a deleted bridge was back after ${Math.round(tookMs)} ms\n`);
  expect(tookMs).toBeLessThan(20_000);
  expect(await printed(`ip -o link show master ${name} | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | sort`)).toMatch(/^kvm7\ntap-\w+\ntap-\w+\nvxlan-\w+\n$/);
});

const isUp = async (): Promise<boolean> => /<[^>]*\bUP\b/.test(await printed('ip -o link show dev kvm7'));
async function brokenAndWell(): Promise<void> {
  sh('ip link set dev kvm7 down');
  await watching.until('kvm7 stays down', isUp);
}

const DAMAGE: readonly (readonly [string, string, () => Promise<boolean>])[] = [
  ['a table', 'nft delete table bridge netloom', async () => (await printed('nft list tables')).includes('table bridge netloom')],
  ['a link with a name that a definition gave', 'ip link set dev kvm7 down', isUp],
  [
    "an address in a guest's namespace",
    'ip -n g1 addr flush dev eth0 scope global',
    async () => (await printed('ip -n g1 -4 addr show dev eth0')).includes('10.0.0.'),
  ],
  [
    'an entry of the bridge',
    "bridge fdb del $(bridge fdb show dev kvm7 | sed -n 's/ .*static.*//p' | head -1) dev kvm7 master",
    async () => (await printed('bridge fdb show dev kvm7')).includes('static'),
  ],
];

test.each(DAMAGE)('%s is put right', async (what, damage, isWell) => {
  expect([what, await isWell()]).toEqual([what, true]);
  const done = watching.done();
  await printed(damage);
  await watching.until(`${what} stays as it is`, async () => watching.done() > done && (await isWell()));
});

test('what is not ours wakes nobody', async () => {
  await watching.rests();
  const before = watching.said().length;
  await printed(
    'ip link add name foreign type dummy; ip link set dev foreign up; ip addr add 203.0.113.9/24 dev foreign; nft add table inet foreign; ip netns add foreign',
  );
  await printed(
    'ip link add name fv0 type veth peer name fv1 netns foreign; ip -n foreign link set dev fv1 up; ip -n foreign addr add 203.0.113.10/24 dev fv1',
  );
  // What comes after it is heard, so it was.
  await brokenAndWell();
  await watching.until('kvm7 is not heard of', () => /"why":\["kernel: .*kvm7/.test(watching.said().slice(before)));
  expect(watching.said().slice(before)).not.toMatch(/"why":\[[^\]]*(foreign|fv0|fv1|203\.0\.113)/);
});

test('ears that die are replaced, and hear again', async () => {
  const ears = (): readonly number[] => [...processes()].flatMap(([pid, command]) => (/(ip|nft) .*monitor/.test(command) ? [pid] : []));
  const before = ears();
  expect(before).toHaveLength(2);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await watching.until('no new ears', () => ears().filter(pid => !before.includes(pid)).length === 2);
  await watching.rests();
  await brokenAndWell();
});

test('it ends with 0, and its ears with it', async () => {
  await watching.rests();
  expect(await watching.stop()).toBe(0);
  expect([...processes().values()].filter(command => command.includes('monitor'))).toEqual([]);
});

test("with a unit's rights it hears what changes in the node's own namespace", async () => {
  const rights = ['setpriv', '--bounding-set', '-all,+net_admin,+sys_admin,+net_raw', '--inh-caps', '-all'];
  const unit = startWatch(['--config', writeConfig(node), '--poll', '1h', '--interval', '1h'], {}, rights);
  try {
    await unit.until('no first pass', () => unit.passes() > 0);
    await unit.rests();
    const name = bridge();
    sh(`ip link del dev ${name}`);
    await unit.until('the bridge stays away', () => bridge() === name);
    expect(unit.said()).not.toContain('it is started again');
  } finally {
    await unit.stop();
  }
});
