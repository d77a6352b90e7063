/** Where the ledger of now knows an address or a MAC, what it remembers of it included. */
import { canonicalIp } from '../model/ip.ts';
import type { AddressEntry, Ledger } from '../model/ledger.ts';
import { canonicalMac } from '../model/mac.ts';
import { holdingsIn, type Needle, type Space } from '../trace/holding.ts';
import type { Known } from '../trace/trace.ts';

/** In all networks and pools; none for what is neither an address nor a MAC. */
export function knownTo(word: string, ledger: Ledger): readonly Known[] {
  const [ip, mac] = [canonicalIp(word), canonicalMac(word)];
  const needle: Needle | null = ip !== null ? { ip } : mac !== null ? { mac } : null;
  if (needle === null) return [];
  const spaces: Space[] = [
    ...Object.entries(ledger.networks).map(([network, entry]) => ({ network, entry })),
    ...Object.entries(ledger.pools ?? {}).map(([pool, entry]) => ({ pool, entry })),
  ];
  return spaces.flatMap(space => {
    const where = 'pool' in space ? `pool ${space.pool}` : `network ${space.network}`;
    const held = holdingsIn(space, needle).map(({ place: _, ...holding }): Known => ({ where, ...holding }));
    return ip === null ? held : [...held, ...space.entry.addresses.flatMap(entry => buried(entry, ip, where))];
  });
}

function buried({ address, type, user, since }: AddressEntry, ip: string, where: string): readonly Known[] {
  if (address !== ip || (type !== 'quarantine' && type !== 'remembered')) return [];
  const words = user.split(' ');
  return [{ where, type, address, mac: null, node: null, since, object: words.length < 2 ? '' : `${words[0]} ${words.at(-1)}` }];
}
