/**
 * The main job, seen from a user's chair: a cluster of three nodes made of namespaces, a git server, the example repository;
 * plan, apply, status, packets as proof, DHCP, NAT and a floating address, a drift repaired, a firewall found, a change and its revert, a pull request. Everything is the program itself.
 */

import { doesNotPing } from './demo-doctor.ts';
import { wayOut } from './demo-gateway.ts';
import { everywhere, guest, inClone, insist, type Play, pings, playIn, type Stage } from './demo-play.ts';
import { pullRequest } from './demo-pull-request.ts';
import type { Lab } from './lab.ts';

export type { Stage } from './demo-play.ts';

/** Plays it in a lab that is up with the example repository. Throws an Error that says which fact did not hold. */
export async function playDemo(lab: Lab, stage: Stage): Promise<void> {
  const play = playIn(lab, stage);
  await firstPass(play);
  await packets(play);
  await wayOut(play);
  await drift(play);
  await doesNotPing(play);
  await changeAndRevert(play);
  await pullRequest(play);
}

async function firstPass(play: Play): Promise<void> {
  const [first = ''] = play.nodes;
  play.stage.chapter(`A node plans against its own kernel before anything is changed. ${first} has nothing yet.`);
  await play.netloom(first, ['plan'], { lines: 24 });
  play.stage.chapter('Every node runs one pass, all at once: pull, validate, allocate, plan, apply, verify, publish.');
  await everywhere(play);
  await play.netloom(first, ['status'], { ok: [0, 2] });
  await play.netloom(first, ['get', 'networks', '-A']);
  await play.netloom(first, ['addresses', 'bakery/shop']);
  const second = await play.netloom(first, ['plan']);
  insist(second.includes('No changes'), play, 'a second plan has nothing to do');
}

async function packets(play: Play): Promise<void> {
  play.stage.chapter('Proof by packets, between guests on different nodes.');
  const [near, far, other] = await Promise.all([guest(play, 'bakery/web-1'), guest(play, 'bakery/web-2'), guest(play, 'museum/guide-2')]);
  insist(await pings(play, near, [far.address]), play, `bakery/web-1 on ${near.node} reaches bakery/web-2 (${far.address}) on ${far.node}`);
  insist(await pings(play, near, ['-M', 'do', '-s', '8922', far.address]), play, 'a full packet of 8950 bytes passes unfragmented');
  insist(!(await pings(play, near, ['-M', 'do', '-s', '8923', far.address])), play, 'one byte more does not');
  insist(await pings(play, near, ['-6', `${linkLocal(far.mac)}%eth0`]), play, 'IPv6 link-local passes too');
  insist(
    !(await pings(play, other, [near.address === other.address ? far.address : near.address])),
    play,
    'the museum, with the same cidr, does not hear the bakery',
  );
  await play.quietly(near.node, ['ip', '-n', near.netns, 'addr', 'add', '192.168.0.77/24', 'dev', 'eth0']);
  insist(!(await pings(play, near, ['-I', '192.168.0.77', far.address])), play, "a guest that uses another's address is silenced");
  await play.quietly(near.node, ['ip', '-n', near.netns, 'addr', 'del', '192.168.0.77/24', 'dev', 'eth0']);
}

async function drift(play: Play): Promise<void> {
  const [near, far] = await Promise.all([guest(play, 'bakery/web-1'), guest(play, 'bakery/web-2')]);
  play.stage.chapter(`Somebody breaks ${near.node} by hand: the vxlan device of the shop is deleted.`);
  const { stdout } = await play.quietly(near.node, ['netloom', 'get', 'network', 'bakery/shop', '-o', 'json']);
  const device = `vxlan-${Number((JSON.parse(stdout) as { status: { vxid: number } }).status.vxid).toString(16)}`;
  await play.quietly(near.node, ['ip', 'link', 'del', 'dev', device]);
  play.stage.shown(`netloom lab exec ${near.node} -- ip link del dev ${device}`, '');
  insist(!(await pings(play, near, [far.address])), play, 'the guest is cut off');
  await play.netloom(near.node, ['plan', '--detailed-exitcode'], { ok: [2], lines: 16 });
  await play.quietly(near.node, ['netloom', 'reconcile']);
  play.stage.shown(`netloom lab exec ${near.node} -- netloom reconcile`, '');
  insist(await pings(play, near, [far.address]), play, 'one pass later it is back');
  await play.netloom(near.node, ['events', 'network', 'bakery/shop', '--type', 'drift', '--limit', '4']);
}

async function changeAndRevert(play: Play): Promise<void> {
  const [first = ''] = play.nodes;
  await inClone(play, async git => {
    play.stage.chapter('A commit removes the museum; every node follows. Then it is reverted.');
    const before = await identity(play);
    await git('rm', '-r', '--quiet', 'namespaces/museum');
    await git('commit', '--quiet', '-m', 'The museum moves out');
    await git('push', '--quiet', 'origin', 'HEAD:main');
    play.stage.shown('git rm -r namespaces/museum && git commit -m "The museum moves out" && git push', '');
    await agree(play);
    await play.netloom(first, ['plan'], { lines: 20 });
    await everywhere(play);
    const left = await play.quietly(first, ['ip', '-o', 'link', 'show', 'dev', 'vxlan-e2300f']);
    insist(left.exitCode !== 0, play, `no device of the museum is left on ${first}`);
    insist(await stillThere(play), play, 'the bakery did not notice');
    await git('revert', '--no-edit', 'HEAD');
    await git('push', '--quiet', 'origin', 'HEAD:main');
    play.stage.shown('git revert HEAD && git push', '');
    await everywhere(play);
    insist((await identity(play)) === before, play, 'after the revert it has its old uuid, vxid, MACs and addresses');
    await play.netloom(first, ['events', 'network', 'museum/gallery', '--limit', '8']);
  });
}

/** Eight definitions at once are more than a slip may delete: a person says so on each node. */
async function agree(play: Play): Promise<void> {
  const [first = ''] = play.nodes;
  const { exitCode, stderr } = await play.quietly(first, ['netloom', 'reconcile']);
  const hash = /netloom approve ([0-9a-f]{16})/.exec(stderr)?.[1] ?? '';
  insist(exitCode === 5 && hash !== '', play, 'no node deletes that much before somebody agrees to exactly that');
  for (const node of play.nodes) {
    const approved = await play.quietly(node, ['netloom', 'approve', '--ahead', hash]);
    if (approved.exitCode !== 0) throw new Error(`netloom approve on ${node} ended with ${approved.exitCode}: ${approved.stderr}`);
  }
  play.stage.shown(`for node in ${play.nodes.join(' ')}; do netloom lab exec $node -- netloom approve --ahead ${hash}; done`, '');
}

async function identity(play: Play): Promise<string> {
  const { stdout } = await play.quietly(play.nodes[0] ?? '', ['netloom', 'get', 'interfaces', '-n', 'museum', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: readonly { metadata: { name: string }; status: { uuid: string; mac: string; address: string } }[] };
  return items.map(({ metadata, status }) => `${metadata.name} ${status.uuid} ${status.mac} ${status.address}`).join('\n');
}

async function stillThere(play: Play): Promise<boolean> {
  const [near, far] = await Promise.all([guest(play, 'bakery/web-1'), guest(play, 'bakery/web-2')]);
  return pings(play, near, [far.address]);
}

// The kernel's own way from a MAC to a link-local address (RFC 4291, appendix A).
function linkLocal(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map(part => Number.parseInt(part, 16));
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${words.map(word => word.toString(16)).join(':')}`;
}
