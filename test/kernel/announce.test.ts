/** An announcement on the wire and in the table of flows: what a moved address must do, and what it must not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { announce } from '../../src/kinds/announce.ts';
import { batch, emptyNode, paste, say } from '../kinds/kernel-room.ts';
import { OUR_NETNS, SAMPLES } from '../kinds/samples.ts';
import { insistOnLab } from '../support/namespaces.ts';

const IP = '192.0.2.2';
const SPEC = { netns: OUR_NETNS, link: 'egr-2-i', ip: IP, mac: '02:00:00:00:00:0a', target: '10.0.0.3', alias: 'netloom:FloatingIP default/web' };

beforeEach(async () => {
  insistOnLab();
  await emptyNode();
  for (const title of ['netns', 'veth into a gateway', 'far end in a gateway', 'address of a pool']) {
    const sample = SAMPLES.find(each => each.title === title);
    await say(sample?.kind.create(sample.spec) ?? []);
  }
  await paste(`ip netns exec ${OUR_NETNS} sysctl -qw net.ipv4.conf.egr-2-i.arp_notify=1`);
});

async function printed(...argv: readonly string[]): Promise<string> {
  const [program = '', ...args] = argv;
  const { stdout } = await run(program, args, { okCodes: [0] });
  return stdout;
}

const flows = async () => (await printed('nsenter', `--net=/run/netns/${OUR_NETNS}`, 'conntrack', '-L')).split('\n').filter(Boolean);

/** One that is under way; its answers go back to `repliesTo`. */
async function flow(source: string, destination: string, repliesTo = source): Promise<void> {
  const ways = ['-s', source, '-d', destination, '-r', destination, '-q', repliesTo];
  const ports = ['--sport', '1000', '--dport', '2000', '--reply-port-src', '2000', '--reply-port-dst', '1000'];
  await run('nsenter', [`--net=/run/netns/${OUR_NETNS}`, 'conntrack', '-I', '-p', 'udp', ...ways, ...ports, '--timeout', '300'], { okCodes: [0] });
}

test('it is heard on the wire, each time anew', async () => {
  const ear = spawnLong('tcpdump', ['-lnni', 'egr-2-o', '--immediate-mode', 'arp']);
  onTestFinished(() => ear.stop());
  let heard = '';
  ear.stdout.on('data', (part: Uint8Array) => {
    heard += Buffer.from(part).toString();
  });
  while (!ear.stderr().includes('listening')) await sleep(10);
  for (const target of ['10.0.0.3', '10.0.0.4']) {
    heard = '';
    await batch(announce.update({ ...SPEC, target }, ['target']));
    for (let tries = 0; tries < 100 && heard === ''; tries++) await sleep(20);
    expect(heard).toContain(`who-has ${IP} tell ${IP}`);
  }
});

test('flows of the address end, in both directions, and no others', async () => {
  await batch(announce.create(SPEC));
  await flow('203.0.113.9', IP);
  await flow('10.0.0.3', '203.0.113.9', IP);
  await flow('10.0.0.4', '203.0.113.8');
  expect(await flows()).toHaveLength(3);
  await batch(announce.update({ ...SPEC, alias: 'netloom:FloatingIP default/renamed' }, ['alias']));
  expect(await flows(), 'another name for the same target').toHaveLength(3);
  await batch(announce.update({ ...SPEC, target: '10.0.0.4' }, ['target']));
  expect(await flows()).toEqual([expect.stringContaining('src=10.0.0.4 dst=203.0.113.8')]);
  await flow('203.0.113.9', IP);
  await batch(announce.remove(SPEC));
  expect(await flows()).toEqual([expect.stringContaining('src=10.0.0.4 dst=203.0.113.8')]);
});
