import { afterAll, beforeAll, expect, test } from 'vitest';
import { privateNodes, type TestNode, type TestNodes } from '../support/lab-node.ts';
import { frame, tagged } from '../support/lab-node-frames.ts';
import { guestBehindTap, listen, none, type Place, refuses, sendFrames, some, token } from '../support/lab-node-probe.ts';

let all: TestNodes;
let [a, b, c]: readonly Place[] = [];

const place = (node: TestNode | undefined): Place => ({ node: node as TestNode, ifname: 'eth0', address: node?.address ?? '' });
const known = (each: Place | undefined): Place => each as Place;

beforeAll(async () => {
  all = await privateNodes(['a', 'b', 'c'], { mtu: 2000 });
  [a, b, c] = all.nodes.map(place);
});
afterAll(() => all.end());

test('a packet that arrives is heard, at the whole mtu', async () => {
  await some(known(a), known(b));
  await some(known(a), known(b), { size: 2000 });
  await expect(some(known(a), known(b), { size: 2001, withinMs: 500 })).rejects.toThrow('a does not reach eth0 of b: its packets do not arrive');
});

test('one that is answered by somebody else is not taken for a success', async () => {
  await expect(some(known(a), known(b), { to: all.nodes[2]?.address ?? '', withinMs: 500 })).rejects.toThrow('but not by eth0 of b');
});

test('silence counts only beside a control that hears', async () => {
  await expect(none(known(a), known(c), known(b))).rejects.toThrow('eth0 of c hears what it must not');
  await all.hub.ok('nft -f -', 'table bridge t { chain f { type filter hook forward priority 0; oifname p2 drop; }; }');
  await none(known(a), known(c), known(b));
  await expect(none(known(a), known(b), known(c), { withinMs: 500 })).rejects.toThrow('the probe proves nothing: eth0 of c did not hear it either');
  await all.hub.ok('nft flush ruleset');
});

test('forged frames arrive as they were made, tags too', async () => {
  const mark = token();
  const forged = tagged(frame('ff:ff:ff:ff:ff:ff', '02:00:00:00:00:66', 0x88b5, mark), 0);
  const ear = await listen(known(b));
  await sendFrames(known(a), [forged]);
  expect(await ear.hears(mark)).toBe(true);
  expect(ear.frames().some(each => each.subarray(0, 18).equals(forged.subarray(0, 18)))).toBe(true);
  await ear.stop();
  await expect(refuses([known(b)], known(a), mark, () => sendFrames(known(a), [forged]))).rejects.toThrow('hears what it must not');
});

test('a guest behind a tap speaks through it, and leaves nothing when it goes', async () => {
  const node = all.nodes[0] as TestNode;
  await node.ip([
    'tuntap add dev tap-test mode tap',
    'link add name br0 type bridge',
    'link set dev tap-test master br0 up',
    'addr add 10.8.0.1/24 dev br0',
    'link set dev br0 up',
  ]);
  const guest = await guestBehindTap(node, 'tap-test', { netns: 'vm', mac: '02:00:00:00:00:08', address: '10.8.0.8/24' });
  await some({ node, ifname: 'br0' }, guest);
  await guest.end();
  const links = (await node.json('link show')).map((link: { ifname: string }) => link.ifname);
  expect(links).toContain('tap-test');
  expect(links.filter((name: string) => name.startsWith('x-'))).toEqual([]);
});
