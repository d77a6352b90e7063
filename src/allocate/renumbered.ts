/**
 * What somebody did to the ledger by hand: numbers of live objects that no definition asks for. netloom never gives a live object
 * another number by itself, so a published ledger that does was edited.
 */
import type { InterfaceEntry, Ledger, NetworkEntry, PoolEntry, PoolHolder } from '../model/ledger.ts';
import type { Ask } from '../objects/object.ts';

export interface Renumbered {
  /** Key of the network, or name of the pool, in whose file it stands. */
  readonly about: string;
  /** `Network default/demo: vxid 4711 instead of 16`. */
  readonly message: string;
}

/**
 * Objects that live in both ledgers, as the same incarnation, with other numbers in the published one, although their definition does
 * not ask for those. `local` is what this node runs with. One finding for each object.
 */
export function renumbered(published: Ledger, local: Ledger, asks: readonly Ask[]): readonly Renumbered[] {
  const asked = new Map(asks.map(ask => [`${ask.for} ${ask.key}`, ask]));
  const networks = pairs(published.networks, local.networks).flatMap(([key, theirs, mine]) => ofNetwork(key, theirs, mine, asked));
  const pools = pairs(published.pools ?? {}, local.pools ?? {}).flatMap(([name, theirs, mine]) => ofPool(name, theirs, mine, asked));
  return [...networks, ...pools];
}

type Asked = ReadonlyMap<string, Ask>;

function ofNetwork(key: string, theirs: NetworkEntry, mine: NetworkEntry, asked: Asked): readonly Renumbered[] {
  const ask = asked.get(`network ${key}`);
  const pin = ask?.for === 'network' ? ask.vxid : undefined;
  const own = [differs('uuid', theirs.uuid, mine.uuid), theirs.vxid === pin ? null : differs('vxid', theirs.vxid, mine.vxid)];
  const head = own.filter(found => found !== null).map(words => ({ about: key, message: `Network ${key}: ${words}` }));
  const isSameSpace = theirs.cidr === mine.cidr;
  const guests = pairs(theirs.interfaces, mine.interfaces).flatMap(([id, their, my]) => {
    const words = guestWords(their, my, isSameSpace, asked.get(`interface ${id}`));
    return words === null ? [] : [{ about: key, message: `Interface ${id}: ${words}` }];
  });
  return [...head, ...guests];
}

function guestWords(theirs: InterfaceEntry, mine: InterfaceEntry, isSameSpace: boolean, ask: Ask | undefined): string | null {
  const { mac, address } = ask?.for === 'interface' ? ask : { mac: undefined, address: undefined };
  const isAskedAway = address === 'none' && theirs.address === undefined;
  const isFree = !isSameSpace || mine.address === undefined || isAskedAway || theirs.address === address;
  return (
    differs('uuid', theirs.uuid, mine.uuid) ??
    (theirs.mac === mac ? null : differs('MAC', theirs.mac, mine.mac)) ??
    (isFree ? null : differs('address', theirs.address ?? 'none', mine.address ?? 'none'))
  );
}

function ofPool(name: string, theirs: PoolEntry, mine: PoolEntry, asked: Asked): readonly Renumbered[] {
  if (theirs.cidr !== mine.cidr) return [];
  return (['floating', 'routed'] as const).flatMap(kind =>
    pairs<PoolHolder>(theirs[kind], mine[kind]).flatMap(([id, their, my]) => {
      const ask = asked.get(`${kind} ${id}`);
      const isAsked = ask !== undefined && 'address' in ask && ask.address === their.address;
      const words = isAsked ? null : differs('address', their.address, my.address);
      return words === null ? [] : [{ about: name, message: `${kind} ${id}: ${words}` }];
    }),
  );
}

type Living = { readonly removed?: string; readonly since: string; readonly incarnation?: number };

// Another `since` is another birth: which of the two lives is told by `mergeLedger`.
function pairs<T extends Living>(theirs: Readonly<Record<string, T>>, mine: Readonly<Record<string, T>>): readonly (readonly [string, T, T])[] {
  return Object.entries(mine).flatMap(([key, my]) => {
    const their = theirs[key];
    if (their === undefined || my.removed !== undefined || their.removed !== undefined) return [];
    return their.since === my.since && (their.incarnation ?? 0) === (my.incarnation ?? 0) ? [[key, their, my] as const] : [];
  });
}

function differs(what: string, theirs: string | number, mine: string | number): string | null {
  return theirs === mine ? null : `${what} ${theirs} instead of ${mine}`;
}
