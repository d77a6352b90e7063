/** Services are asked whether they answer, without their guests: what lives and reads nothing is named by plan and replaced. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { usualReader } from '../../src/host/choose-reader.ts';
import { commandReader } from '../../src/host/command-reader.ts';
import { datagramsRead, stateOf, unreadOf } from '../../src/host/processes.ts';
import { readServices } from '../../src/host/read-services.ts';
import type { Reader } from '../../src/host/reader.ts';
import { type LongChild, spawnLong } from '../../src/host/spawn-long.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { SEARCH_CAPABILITY, SERVICE_CAPABILITIES, unprivileged } from '../../src/kinds/render-service.ts';
import type { ServiceSpec } from '../../src/kinds/service.ts';
import { printed, program } from '../host/program.ts';
import { paste } from '../kinds/kernel-room.ts';
import { nodeAs } from './support/imitation.ts';
import { aRouter, ID, lookUp, node, pass, pidNow, plan, UUID, wanted } from './support/served.ts';

aRouter();

/** Something in place of dnsmasq that holds its ports, and then does what the text says: `wait(ms)` stops all that it does. */
async function inItsPlace(text: string): Promise<LongChild> {
  await pass(wanted());
  process.kill(pidNow(), 'SIGKILL');
  const [program, source] = [await nodeAs('dnsmasq'), join(node.runtime, 'stub.cjs')];
  writeFileSync(
    source,
    `const wait = ms => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const [dns, dhcp] = [53, 67].map(() => require('node:dgram').createSocket('udp4'));
    dns.bind(53, '10.0.0.1', () => dhcp.bind(67, () => { require('node:fs').writeSync(1, 'on'); ${text} }));`,
  );
  const conf = join(node.runtime, 'networks', UUID, 'dnsmasq.conf');
  const asIt = ['setpriv', ...unprivileged('dnsmasq', 'nogroup', [...SERVICE_CAPABILITIES, SEARCH_CAPABILITY])];
  const child = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', ...asIt, program, source, `--conf-file=${conf}`]);
  onTestFinished(() => child.stop());
  for await (const part of child.stdout) if (String(part).includes('on')) break;
  return child;
}

const answers = async (reader: Pick<Reader, 'ask'>) => (await readServices(node.runtime, [UUID], reader))[0]?.answers;

test('one that lives, holds its ports and reads nothing is replaced in one pass, though no guest asked it', async () => {
  const deaf = await inItsPlace('wait();');
  while (stateOf(deaf.pid) !== 'S') await sleep(5);
  expect(await answers(commandReader), 'who asks nothing himself').toBe(true);
  const steps = (await plan(wanted())).steps;
  expect(steps.flatMap(step => step.changes).find(change => change.field === 'answers')).toMatchObject({ want: true, have: false, forces: true });
  expect(await answers(commandReader), 'once it was asked').toBe(false);
  expect(await pass(wanted())).toEqual(['delete service', 'make service']);
  expect(pidNow()).not.toBe(deaf.pid);
  expect(await lookUp()).toContain('Address: 10.0.0.1');
});

test('one that is busy and then reads is alive', async () => {
  const free = join(node.runtime, 'free');
  const busy = await inItsPlace(`while (!require('node:fs').statSync(${JSON.stringify(free)}, { throwIfNoEntry: false })) wait(5);`);
  const asked = plan(wanted());
  while (unreadOf(busy.pid, [67]) === 0) await sleep(5);
  writeFileSync(free, '');
  expect((await asked).steps).toEqual([]);
});

test('one that guests ask quicker than it reads is alive', async () => {
  const slow = await inItsPlace("dhcp.on('message', () => wait(20));");
  const flood =
    "const s=require('node:dgram').createSocket('udp4');s.bind(0,()=>{s.setMulticastInterface('10.0.0.1');s.setMulticastTTL(0);setInterval(()=>{for(let i=0;i<99;i++)s.send('x',67,'224.0.0.1')},1)})";
  const guests = spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', process.execPath, '-e', flood]);
  onTestFinished(() => guests.stop());
  while ((unreadOf(slow.pid, [67]) ?? 0) < 50_000) await sleep(5);
  expect(await answers(await usualReader())).toBe(true);
});

test('who asks it sends nothing to its network', async () => {
  await paste(`ip netns exec ${UUID} sysctl -qw net.ipv6.conf.all.disable_ipv6=1`);
  await pass(wanted());
  const sent = () => Number(/veth-2-i: (?:\d+ +){9}(\d+)/.exec(readFileSync(`/proc/${pidNow()}/net/dev`, 'utf8').replaceAll(/ +/g, ' '))?.[1]);
  const [read, before] = [datagramsRead(pidNow()), sent()];
  for (let times = 0; times < 20; times++) expect(await plan(wanted())).toMatchObject({ steps: [] });
  expect(datagramsRead(pidNow()) - read, 'each was read').toBeGreaterThanOrEqual(20);
  expect(sent()).toBe(before);
  expect(readFileSync(`${join(node.runtime, 'services', UUID)}.dnsmasq.log`, 'utf8')).toBe('');
  const further = "s=require('node:dgram').createSocket('udp4');s.bind(0,()=>{s.setMulticastInterface('10.0.0.1');s.send('x',67,'224.0.0.1',()=>s.close())})";
  await spawnLong('nsenter', [`--net=/run/netns/${UUID}`, '--', process.execPath, '-e', further]).ended;
  expect(sent(), 'what lives for one hop').toBe(before + 1);
});

test('the unit of netloom may do all that a pass asks of services', async () => {
  await pass(wanted());
  const unit = readFileSync(join(import.meta.dirname, '..', '..', 'systemd', 'netloom.service'), 'utf8');
  const allowed =
    /^CapabilityBoundingSet=(.*)$/m
      .exec(unit)?.[1]
      ?.split(' ')
      .map(name => `+${name.slice(4).toLowerCase()}`) ?? [];
  expect(allowed).toContain('+sys_admin');
  const looking = await program(`
    import { chooseReader } from '../../src/host/choose-reader.ts';
    import { readServices } from '../../src/host/read-services.ts';
    const [, , folder, netns, koffi, asked] = process.argv;
    console.log(JSON.stringify(await readServices(folder, [netns], await chooseReader(asked, () => import(koffi)))));
  `);
  onTestFinished(() => looking.remove());
  const wrap = ['setpriv', `--bounding-set=${['-all', ...allowed].join(',')}`, '--inh-caps=-all'];
  const rows = async () => JSON.parse(await printed(looking.start([node.runtime, UUID, import.meta.resolve('koffi')], wrap)));
  const { conf, loaded } = (wanted().at(-1) as Resource<ServiceSpec>).spec;
  expect(await rows()).toEqual([{ id: ID, netns: UUID, conf, loaded, answers: true, folder: join(node.runtime, 'services') }]);
  await inItsPlace('wait();');
  const unasked = await printed(looking.start([node.runtime, UUID, import.meta.resolve('koffi'), 'commands'], wrap));
  expect(JSON.parse(unasked), 'who asks nothing').toMatchObject([{ answers: true }]);
  expect(await rows()).toMatchObject([{ id: ID, netns: UUID, answers: false }]);
});
