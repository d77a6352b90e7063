/** Periods of the ledger to rows: what floating and routed addresses led to meanwhile, and the commits that caused each. */
import type { Definition } from '../objects/object.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import type { Aim, BlameRow } from '../trace/blame.ts';
import type { Holding, Space } from '../trace/holding.ts';
import { cutAt, meets, type Period, type Version, valueAt } from '../trace/tenure.ts';
import { causeOf, type Defined, type DefinitionsPast, isWrittenIn, versionsNewestFirst } from './blame-cause.ts';
import { newestOf } from './find-revision.ts';
import type { Remote } from './remote.ts';
import { definitionsIn } from './signature.ts';
import { pathsOf, spacesIn, versionsOf } from './status-past.ts';
import { type Walked, walkBack } from './walk-back.ts';

/** A period in which a space of the ledger said so. */
export type Held = Period<Holding> & {
  /** Key of the network, or name of the pool. */
  readonly space: string;
  readonly isPool: boolean;
};

export interface RowsArgs {
  readonly remote: Remote;
  /** Of the status branch. */
  readonly past: Walked;
  readonly held: readonly Held[];
  readonly when: readonly [number, number] | null;
  readonly tell?: ((commits: number, back: Date) => void) | undefined;
}

/** Oldest first. Throws RepoError for the status branch; without definitions a remark says what is not known. */
export async function blameRows(args: RowsArgs): Promise<{ readonly rows: readonly BlameRow[]; readonly remarks: readonly string[] }> {
  const { held, when } = args;
  const asked = held.map(sinceNoted).filter(period => when === null || meets(period, when));
  const [definitions, remarks] = asked.length === 0 ? [null, []] : await definitionsPast(args, asked);
  const rows: (BlameRow & { readonly order: number })[] = [];
  for (const period of asked) {
    const parts = (await partsOf(args, definitions, period)).filter(part => when === null || meets(part, when));
    for (const part of parts) rows.push({ ...(await rowOf(args, definitions, part)), order: part.from });
  }
  rows.sort((a, b) => a.order - b.order || (whereOf(a) < whereOf(b) ? -1 : 1));
  return { rows: rows.map(({ order: _, ...row }) => row), remarks };
}

// What stood there when history begins stands there since the ledger says so.
function sinceNoted(period: Held): Held {
  const noted = Date.parse(period.value.since);
  return period.commit !== '' || Number.isNaN(noted) ? period : { ...period, from: Math.min(period.from, noted) };
}

function whereOf({ network, pool }: BlameRow): string {
  return `${network} ${pool}`;
}

async function definitionsPast({ remote, tell }: RowsArgs, asked: readonly Held[]): Promise<readonly [DefinitionsPast | null, readonly string[]]> {
  const since = Math.min(...asked.map(({ from }) => from));
  const folder = remote.path;
  try {
    const { repo, branch, tip } = await newestOf(remote.definitions, remote.branch);
    const isEnough = async (walked: Walked): Promise<boolean> => walked.last.at <= since && (await areWritten({ repo, walked }, asked));
    const told = (so: Walked): void => tell?.(so.walked, new Date(so.last.at));
    return [{ repo, branch, folder, walked: await walkBack({ repo, branch, from: tip, folder, mayFetch: true, isEnough, tell: told }) }, []];
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    return [null, [`the definitions cannot be read, so authors, and what floating and routed addresses led to, are not known: ${error.message}`]];
  }
}

async function areWritten(past: Pick<DefinitionsPast, 'repo' | 'walked'>, asked: readonly Held[]): Promise<boolean> {
  for (const { value, commit, from } of asked) {
    if (commit !== '' && value.object !== '' && !(await isWrittenIn(past, value, from))) return false;
  }
  return true;
}

interface Part extends Held {
  readonly aim: Aim | null;
  /** Where its definition stood; '' where it has none that is known. */
  readonly aimPlace: string;
  readonly isByDefinition: boolean;
}

// One after another only where something that is shown changed.
async function partsOf(args: RowsArgs, definitions: DefinitionsPast | null, period: Held): Promise<readonly Part[]> {
  const aims = await aimsOf(args, definitions, period);
  if (aims === null) return [{ ...period, aim: null, aimPlace: '', isByDefinition: false }];
  const parts: Part[] = [];
  for (const cut of cutAt<Holding>(period, aims.changes)) {
    const { aim, node, place } = aims.at(cut.from);
    const isByDefinition = cut.commit !== period.commit && aims.ofDefinition.has(cut.commit);
    const part: Part = { ...period, ...cut, value: { ...period.value, node }, aim, aimPlace: place, isByDefinition };
    const last = parts.at(-1);
    const isSame = last !== undefined && JSON.stringify([last.aim, last.value.node]) === JSON.stringify([aim, node]);
    if (isSame) parts[parts.length - 1] = { ...last, until: part.until, endedBy: part.endedBy };
    else parts.push(part);
  }
  return parts;
}

interface Aims {
  readonly changes: readonly (readonly Version<unknown>[])[];
  /** Commits among them that are the definitions'. */
  readonly ofDefinition: ReadonlySet<Oid>;
  at(instant: number): { readonly aim: Aim | null; readonly node: string | null; readonly place: string };
}

async function aimsOf(args: RowsArgs, definitions: DefinitionsPast | null, { value, isPool }: Held): Promise<Aims | null> {
  const [kind = '', key = ''] = value.object.split(' ');
  if (!isPool || key === '') return null;
  const [namespace = ''] = key.split('/');
  if (kind === 'Network') {
    const network = await spacesAt(args, `networks/${key}.yaml`);
    return { changes: [network], ofDefinition: new Set(), at: instant => wayOut(key, valueAt(network, instant) ?? null) };
  }
  const versions = definitions === null ? [] : await definitionVersions(definitions, value);
  const spaces = new Map<string, readonly Version<Space | null>[]>();
  const aimedAt = new Set(versions.flatMap(({ value: def }) => targetIn(def) ?? []));
  for (const path of pathsOf(args.past).filter(each => each.startsWith(`networks/${namespace}/`))) {
    if (kind === 'RoutedIP' ? ![...aimedAt].some(name => path === `networks/${namespace}/${name}.yaml`) : aimedAt.size === 0) continue;
    spaces.set(path, await spacesAt(args, path));
  }
  return {
    changes: [versions, ...spaces.values()],
    ofDefinition: new Set(versions.map(({ commit }) => commit)),
    at: instant => {
      const target = targetIn(valueAt(versions, instant) ?? null);
      const now = [...spaces.values()].flatMap(each => valueAt(each, instant) ?? []);
      return target === undefined ? { aim: null, node: null, place: '' } : aimAt(kind, `${namespace}/${target}`, now);
    },
  };
}

function targetIn(def: Definition | null): string | undefined {
  const { interface: iface, network } = (def?.spec ?? {}) as { readonly interface?: string; readonly network?: string };
  return def?.kind === 'FloatingIP' ? iface : network;
}

function aimAt(kind: string, key: string, spaces: readonly Space[]): ReturnType<Aims['at']> {
  if (kind === 'RoutedIP') return wayOut(key, spaces.find(space => 'network' in space && space.network === key) ?? null);
  for (const space of spaces) {
    const guest = 'network' in space ? space.entry.interfaces[key] : undefined;
    if (!('network' in space) || guest === undefined || guest.removed !== undefined) continue;
    const aim = { object: `Interface ${key}`, address: guest.address ?? null, mac: guest.mac, node: guest.node ?? null };
    return { aim, node: space.entry.gateway?.node ?? null, place: guest.from };
  }
  return { aim: { object: `Interface ${key}`, address: null, mac: null, node: null }, node: null, place: '' };
}

function wayOut(key: string, space: Space | null): ReturnType<Aims['at']> {
  const entry = space !== null && 'network' in space ? space.entry : undefined;
  const node = entry?.gateway?.node ?? null;
  return { aim: { object: `Network ${key}`, address: null, mac: null, node }, node, place: entry?.from ?? '' };
}

async function definitionVersions(past: DefinitionsPast, defined: Defined): Promise<readonly Version<Definition | null>[]> {
  const found: Version<Definition | null>[] = [];
  for await (const version of versionsNewestFirst(past, defined)) found.push(version);
  return found.reverse();
}

async function spacesAt({ remote, past }: RowsArgs, path: string): Promise<readonly Version<Space | null>[]> {
  const spaces = await spacesIn(remote.status, path, versionsOf(past, path));
  return spaces.flatMap(({ value, ...when }) => (value === 'broken' ? [] : [{ ...when, value }]));
}

async function rowOf(args: RowsArgs, definitions: DefinitionsPast | null, part: Part): Promise<BlameRow> {
  const { value, from, until, commit, endedBy, space, isPool, aim, aimPlace, isByDefinition } = part;
  const fromLedger = commit === '';
  const status = fromLedger || isByDefinition ? null : commit;
  const revision = isByDefinition ? commit : status === null ? null : await revisionOf(args.remote.status, status);
  const defined = isByDefinition ? [] : [value, ...(aim === null ? [] : [{ object: aim.object, place: aimPlace }])].filter(({ object }) => object !== '');
  return {
    from: fromLedger ? value.since : new Date(from).toISOString(),
    fromLedger,
    until: until === null ? null : new Date(until).toISOString(),
    address: value.address,
    network: isPool ? null : space,
    pool: isPool ? space : null,
    type: value.type,
    object: value.object,
    mac: value.mac,
    node: value.node,
    leadsTo: aim,
    status,
    endedBy: endedBy === '' ? null : endedBy,
    definitions: revision === null ? null : await causeOf(definitions, revision, defined),
  };
}

async function revisionOf(status: Repo, commit: Oid): Promise<Oid | null> {
  return definitionsIn(Buffer.from(await status.bytes(commit)).toString());
}
