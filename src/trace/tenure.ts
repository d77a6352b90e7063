/** Versions of files and definitions over time to periods in which one object had one address. Instants are milliseconds since the epoch. */

/** What something was from one commit on. */
export interface Version<T> {
  readonly at: number;
  /** The commit that made it so; '' where history begins: it was so already. */
  readonly commit: string;
  readonly value: T;
}

/** A value that did not change for some time. */
export interface Period<T> {
  readonly from: number;
  /** null: it is so now. */
  readonly until: number | null;
  /** Made it so; '' where history begins. */
  readonly commit: string;
  /** Ended it; '' for what is so now. */
  readonly endedBy: string;
  readonly value: T;
}

/** Periods of one value after another, oldest first; versions that are `same` as the one before make none. */
export function periodsOf<T>(versions: readonly Version<T>[], same: (a: T, b: T) => boolean): readonly Period<T>[] {
  const found: Period<T>[] = [];
  for (const { at, commit, value } of versions) {
    const last = found.at(-1);
    if (last !== undefined && same(last.value, value)) continue;
    if (last !== undefined) found[found.length - 1] = { ...last, until: Math.max(at, last.from), endedBy: commit };
    found.push({ from: at, until: null, commit, endedBy: '', value });
  }
  return found;
}

/** The value that held at an instant: the newest version that is not after it, before the first one the first. */
export function valueAt<T>(versions: readonly Version<T>[], at: number): T | undefined {
  return (versions.findLast(version => version.at <= at) ?? versions[0])?.value;
}

/** A period cut at the instants at which one of the others changed; the commit of a later part is the one that changed it. */
export function cutAt<T>(period: Period<T>, others: readonly (readonly Version<unknown>[])[]): readonly Period<T>[] {
  const inside = others
    .flat()
    .filter(({ at, commit }) => commit !== '' && at > period.from && (period.until === null || at < period.until))
    .sort((a, b) => a.at - b.at);
  const parts: Period<T>[] = [];
  let rest = period;
  for (const { at, commit } of inside) {
    if (at > rest.from) parts.push({ ...rest, until: at, endedBy: commit });
    rest = { ...rest, from: at, commit };
  }
  return [...parts, rest];
}

/** True when a period and a stretch of time meet; a stretch of no length is an instant. */
export function meets({ from, until }: Pick<Period<unknown>, 'from' | 'until'>, [first, last]: readonly [number, number]): boolean {
  return from <= last && (until === null || until > first);
}
