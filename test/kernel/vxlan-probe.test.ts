/** Probes of the VXLAN port over IPv6; over IPv4 they are in test/lab/doctor.test.ts. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nft } from '../../src/kinds/nft.ts';
import { rootTable } from '../../src/kinds/nft-guard.ts';
import { nftText } from '../../src/kinds/render.ts';
import { type Program, printed, program } from '../host/program.ts';
import { privateNodes, type TestNode, type TestNodes } from '../support/lab-node.ts';

let all: TestNodes;
let prober: Program;
const b = (): TestNode => all.nodes[1] as TestNode;

async function probed(port: number, from = all.nodes[0]?.address ?? ''): Promise<string> {
  const child = prober.start([from, b().address, String(port)], ['nsenter', ...(all.nodes[0] as TestNode).into()]);
  return (await printed(child)).trim();
}

beforeAll(async () => {
  all = await privateNodes(['a', 'b'], { family: 6 });
  prober = await program(`
    import { probeVxlan } from '../../src/host/vxlan-probe.ts';
    const [from, to, port] = process.argv.slice(2);
    console.log((await probeVxlan(from, to, Number(port), 2000)).answer);
  `);
  const table = { netns: '', ...rootTable({ vteps: all.nodes.map(({ address }) => address), port: 4789 }) };
  for (const op of nft.create(table)) await b().ok('nft -f -', nftText(op));
});
afterAll(async () => {
  prober?.remove();
  await all?.end();
});

test('it arrives, or nobody is there, or it is rejected or dropped on the way, or never leaves', async () => {
  await b().ip([`link add name vx6 type vxlan id 6 dstport 4789 local ${b().address} nolearning`, 'link set dev vx6 up']);
  expect(await probed(4789)).toBe('open');
  expect(await probed(4790)).toBe('closed');
  expect(await probed(4789, 'fd00::99')).toBe('unsent');
  const filter = (rule: string) =>
    b().ok('nft -f -', `table inet fw\ndelete table inet fw\ntable inet fw { chain c { type filter hook input priority 0; ${rule}; }; }\n`);
  await filter('udp dport 4789 reject with icmpx type admin-prohibited');
  expect(await probed(4789)).toBe('refused');
  await filter('udp dport 4789 drop');
  expect(await probed(4789)).toBe('silent');
});
