/**
 * How one scarce thing (vxids, uuids, MACs, the addresses of a network) is shared out. Its law: who lives with a value
 * keeps it; then who names one gets it; then who had one before gets it back; then the others get what is left.
 */

/** Someone who wants one value. */
export interface Seeker<V> {
  /** Unique among the seekers; ties are broken by it, so that the order of asks does not matter. */
  readonly id: string;
  readonly since: string;
  /** What it lives with now. */
  readonly has?: V;
  /** What its definition names. */
  readonly pin?: V;
  /** What it had before it went away, best first. */
  readonly had?: readonly V[];
}

/** A value whose holder went away. */
export interface Former<V> {
  readonly value: V;
  /** When it was released: the longest released is given away first. */
  readonly since: string;
  /** Released a short while ago: only who names it, or its own holder, gets it. */
  readonly quarantined: boolean;
}

export interface Pool<V> {
  readonly seekers: readonly Seeker<V>[];
  readonly former: readonly Former<V>[];
  /** Never to be had, and by whom it is held: `the router of Network default/demo`. */
  readonly fixed: ReadonlyMap<V, string>;
  /** Values that count as one: a uuid's first eight digits name a device. Default: the value itself. */
  readonly same?: (value: V) => string;
  /** The first value for `id` that `free` accepts; undefined when there is none. */
  readonly pick: (id: string, free: (value: V) => boolean) => V | undefined;
}

export interface Refusal {
  readonly why: 'taken' | 'exhausted';
  /** Who has it: a seeker's id, or the text in `fixed`. */
  readonly by: string;
}

export interface Shares<V> {
  readonly given: ReadonlyMap<string, V>;
  /** A refused seeker may still be in `given`: it keeps what it lives with. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** What a seeker wanted back, or lived with together with another, and did not get. */
  readonly lost: ReadonlyMap<string, V>;
}

/** Shares out one pool. The answer is the same for any order of seekers and of former holders. Throws nothing. */
export function share<V extends string | number>(pool: Pool<V>): Shares<V> {
  const key = pool.same ?? String;
  const fixed = new Map([...pool.fixed].map(([value, by]) => [key(value), by]));
  const seekers = [...pool.seekers].sort((a, b) => compare(a.since, b.since) || compare(a.id, b.id));
  const table: Table<V> = { key, fixed, seekers, held: new Map(), living: new Map(), given: new Map(), refused: new Map(), lost: new Map() };
  seatLiving(table);
  refuseMoves(table);
  for (const { id, pin } of seekers) {
    const value = pin !== undefined && !table.refused.has(id) ? pin : table.living.get(id);
    if (value !== undefined) give(table, id, value);
  }
  const open = seekers.filter(s => !table.given.has(s.id) && s.pin === undefined);
  for (const seeker of open) giveBack(table, seeker);
  giveRest(table, open, pool);
  return table;
}

interface Table<V> {
  readonly key: (value: V) => string;
  readonly fixed: ReadonlyMap<string, string>;
  /** Oldest first. */
  readonly seekers: readonly Seeker<V>[];
  readonly held: Map<string, string>;
  readonly living: Map<string, V>;
  readonly given: Map<string, V>;
  readonly refused: Map<string, Refusal>;
  readonly lost: Map<string, V>;
}

function give<V>(table: Table<V>, id: string, value: V): void {
  table.held.set(table.key(value), id);
  table.given.set(id, value);
}

// Two that live with one value (a hand-edited ledger, a partition): the older keeps it.
function seatLiving<V>({ key, fixed, seekers, living, lost }: Table<V>): void {
  const seated = new Set<string>();
  for (const { id, has } of seekers) {
    if (has === undefined) continue;
    if (seated.has(key(has)) || fixed.has(key(has))) lost.set(id, has);
    else {
      seated.add(key(has));
      living.set(id, has);
    }
  }
}

// A named value is to be had when nobody stays on it. Two may swap, and a chain may move up; one that is refused stays
// where it lives, which may refuse another: hence the rounds.
function refuseMoves<V>({ key, fixed, seekers, living, refused }: Table<V>): void {
  const movers = seekers.flatMap(({ id, pin }) => {
    const home = living.get(id);
    return pin === undefined || (home !== undefined && key(home) === key(pin)) ? [] : [{ id, target: key(pin) }];
  });
  const moving = new Set(movers.map(mover => mover.id));
  const stay = new Map([...living].filter(([id]) => !moving.has(id)).map(([id, value]) => [key(value), id]));
  for (let settled = false; !settled; ) {
    settled = true;
    const first = new Map<string, string>();
    for (const { id, target } of movers) {
      if (refused.has(id)) continue;
      const by = fixed.get(target) ?? stay.get(target) ?? first.get(target);
      first.set(target, by ?? id);
      if (by === undefined) continue;
      refused.set(id, { why: 'taken', by });
      const home = living.get(id);
      if (home !== undefined) stay.set(key(home), id);
      settled = false;
    }
  }
}

function giveBack<V>(table: Table<V>, { id, had }: Seeker<V>): void {
  const { key, held, fixed, lost } = table;
  const [best] = had ?? [];
  const back = had?.find(value => !held.has(key(value)) && !fixed.has(key(value)));
  if (back !== undefined) give(table, id, back);
  else if (best !== undefined) lost.set(id, best);
}

function giveRest<V extends string | number>(table: Table<V>, open: readonly Seeker<V>[], pool: Pool<V>): void {
  const { key, held, fixed, given, living } = table;
  const isHeld = (value: V): boolean => held.has(key(value)) || fixed.has(key(value));
  const former = pool.former.filter(f => !isHeld(f.value));
  const left = [...living.values()].filter(value => !isHeld(value)); // given up for a named one just now
  const awaited = new Set([...former.map(f => key(f.value)), ...left.map(key)]);
  const longest = former.filter(f => !f.quarantined).sort((a, b) => compare(a.since, b.since) || compare(a.value, b.value));
  for (const { id } of [...open].sort((a, b) => compare(a.id, b.id))) {
    if (given.has(id)) continue;
    const value = pool.pick(id, v => !isHeld(v) && !awaited.has(key(v))) ?? longest.find(f => !isHeld(f.value))?.value;
    if (value === undefined) table.refused.set(id, { why: 'exhausted', by: '' });
    else give(table, id, value);
  }
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}
