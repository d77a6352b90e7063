/**
 * Who had an address when, from the history of the status branch: its commits are netloom's own, and an address is used only after
 * one of them gave it. What floating and routed addresses led to is in the history of the definitions.
 */
import type { NodeConfig } from '../model/node-config.ts';
import type { Oid, Repo } from '../repo/repo.ts';
import type { Blame } from '../trace/blame.ts';
import { type Holding, holdingsIn, mayHold, type Needle } from '../trace/holding.ts';
import { type Period, periodsOf, type Version } from '../trace/tenure.ts';
import { blameRows, type Held } from './blame-rows.ts';
import { newestOf } from './find-revision.ts';
import { openHistory } from './history-clone.ts';
import type { Sides } from './remote.ts';
import { eachText, pathsOf, type SpaceThen, spacesIn, statusPast, versionsOf } from './status-past.ts';
import { checkStatusTree } from './status-tree.ts';
import type { Walked } from './walk-back.ts';

export interface BlameArgs {
  readonly needle: Needle;
  /** First and last instant of the time that is asked about; null: all of it. */
  readonly when: readonly [number, number] | null;
  /** Told while history is fetched. */
  readonly tell?: ((commits: number, back: Date) => void) | undefined;
}

/** Asks the remote, and fetches as much of its history as it takes. Throws RepoError. */
export async function blame(config: Sides & Pick<NodeConfig, 'stateDir'>, { needle, when, tell }: BlameArgs): Promise<Blame> {
  const remote = await openHistory(config);
  const line = await newestOf(remote.status, remote.statusBranch);
  await checkStatusTree(remote, line.tip);
  const past = await statusPast(line, { folder: 'allocations', until: when === null ? null : when[0], tell });
  const held = await heldBy(remote.status, past, needle);
  const { rows, remarks } = await blameRows({ remote, past, held, when, tell });
  return {
    about: 'ip' in needle ? needle.ip : needle.mac,
    when,
    rows,
    history: {
      branch: remote.statusBranch,
      commits: past.walked,
      since: new Date(past.last.at).toISOString(),
      newest: new Date((await remote.status.info(line.tip)).at).toISOString(),
      reach: ({ first: 'all', cut: 'cut', here: 'enough' } as const)[past.end],
    },
    remarks,
  };
}

async function heldBy(repo: Repo, past: Walked, needle: Needle): Promise<readonly Held[]> {
  const paths = pathsOf(past).filter(path => /^(networks|pools)\/.+\.yaml$/.test(path));
  const versions = new Map(paths.map(path => [path, versionsOf(past, path)] as const));
  const mentions = new Set<Oid>();
  await eachText(repo, [...versions.values()].flat(), (oid, text) => {
    if (mayHold(text, needle)) mentions.add(oid);
  });
  const found: Held[] = [];
  for (const [path, all] of versions) {
    if (!all.some(({ value }) => value !== null && mentions.has(value))) continue;
    found.push(...(await periodsIn(repo, path, all, needle)));
  }
  return found;
}

async function periodsIn(repo: Repo, path: string, versions: readonly Version<Oid | null>[], needle: Needle): Promise<readonly Held[]> {
  const spaces = await spacesIn(repo, path, versions);
  const first = spaces.find(({ value }) => value !== null && value !== 'broken')?.value;
  if (first === undefined || first === null || first === 'broken') return [];
  const isPool = 'pool' in first;
  const held = lasting(spaces, needle);
  return periodsOfEach(held).map(period => ({ ...period, space: isPool ? first.pool : first.network, isPool }));
}

// What a hand lost or broke is said again as it was, so it held all the time; a file that netloom takes away holds only tombstones.
function lasting(spaces: readonly Version<SpaceThen>[], needle: Needle): readonly Version<readonly Holding[]>[] {
  const told: Version<readonly Holding[]>[] = [];
  for (const { at, commit, value } of spaces) {
    if (value !== null && value !== 'broken') told.push({ at, commit, value: holdingsIn(value, needle) });
    else if (told.length === 0) told.push({ at, commit, value: [] });
  }
  return told;
}

function periodsOfEach(versions: readonly Version<readonly Holding[]>[]): readonly Period<Holding>[] {
  const ids = new Set(versions.flatMap(({ value }) => value.map(idOf)));
  return [...ids].flatMap(id => {
    const one = versions.map(({ at, commit, value }) => ({ at, commit, value: value.find(holding => idOf(holding) === id) ?? null }));
    const periods = periodsOf(one, (a, b) => (a === null) === (b === null));
    return periods.flatMap(period => (period.value === null ? [] : [{ ...period, value: { ...period.value, place: lastPlace(one, period) } }]));
  });
}

function lastPlace(versions: readonly Version<Holding | null>[], { from, until }: Period<unknown>): string {
  return versions.findLast(({ at, value }) => value !== null && at >= from && (until === null || at < until))?.value?.place ?? '';
}

// When it was given and where its definition stands may change, and it is the same tenure.
function idOf({ object, type, address, mac, node }: Holding): string {
  return JSON.stringify([object, type, address, mac, node]);
}
