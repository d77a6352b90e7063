/** The demo's chapter about a ping without an answer that is not netloom's doing. */
import { guest, insist, type Play, pings } from './demo-play.ts';

const TABLE = 'inet site';

/** Plays it: a firewall of the site, `doctor`, and the way from a device to who wrote its definition. */
export async function doesNotPing(play: Play): Promise<void> {
  const [near, far] = await Promise.all([guest(play, 'bakery/web-1'), guest(play, 'bakery/web-2')]);
  const sender = play.lab.nodes.find(({ name }) => name === near.node)?.address ?? '';
  play.stage.chapter(`A firewall of the site on ${far.node} drops what ${near.node} sends. Everything is as defined, and yet it does not ping.`);
  const rule = `ip saddr ${sender} udp dport 4789 drop`;
  const firewall = `add table ${TABLE}; add chain ${TABLE} input { type filter hook input priority -10; }; add rule ${TABLE} input ${rule}`;
  await play.quietly(far.node, ['nft', firewall]);
  play.stage.shown(`netloom lab exec ${far.node} -- nft '${firewall}'`, '');
  insist(!(await pings(play, near, [far.address])), play, 'the guest is cut off');
  const said = await play.netloom(near.node, ['doctor', 'bakery/shop'], { ok: [2], lines: 12 });
  insist(
    said.includes(`BROKEN on ${far.node}: UDP 4789 from ${near.node}`),
    play,
    `doctor on ${near.node} names ${far.node}, what is dropped there, and the cure`,
  );
  await play.quietly(far.node, ['nft', `delete table ${TABLE}`]);
  insist(await pings(play, near, [far.address]), play, 'without that rule it pings again');
  const traced = await play.netloom(near.node, ['trace', near.device], { lines: 12 });
  insist(traced.includes('Interface bakery/web-1'), play, 'a device of the kernel leads to its definition');
}
