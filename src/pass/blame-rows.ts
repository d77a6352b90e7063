/** Periods of the ledger to rows: what floating and routed addresses led to meanwhile, and the commits that caused each. */
import type { Definition } from '../objects/object.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import type { Aim, BlameRow, Cause } from '../trace/blame.ts';
import type { Holding, Space } from '../trace/holding.ts';
import { cutAt, meets, type Period, type Version, valueAt } from '../trace/tenure.ts';
import { followDefinition } from './definition-past.ts';
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
  const [definitions, remarks] = asked.length === 0 ? [null, []] : await definitionsPast(args, Math.min(...asked.map(({ from }) => from)));
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

interface DefinitionsPast {
  readonly repo: Repo;
  readonly walked: Walked;
}

async function definitionsPast({ remote, tell }: RowsArgs, since: number): Promise<readonly [DefinitionsPast | null, readonly string[]]> {
  try {
    const { repo, branch, tip } = await newestOf(remote.definitions, remote.branch);
    const isEnough = ({ last }: Walked): boolean => last.at <= since;
    const told = (so: Walked): void => tell?.(so.walked, new Date(so.last.at));
    return [{ repo, walked: await walkBack({ repo, branch, from: tip, folder: remote.path, mayFetch: true, isEnough, tell: told }) }, []];
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    return [null, [`the definitions cannot be read, so authors, and what floating and routed addresses led to, are not known: ${error.message}`]];
  }
}

interface Part extends Held {
  readonly aim: Aim | null;
  readonly isByDefinition: boolean;
}

// One after another only where something that is shown changed.
async function partsOf(args: RowsArgs, definitions: DefinitionsPast | null, period: Held): Promise<readonly Part[]> {
  const aims = await aimsOf(args, definitions, period);
  if (aims === null) return [{ ...period, aim: null, isByDefinition: false }];
  const parts: Part[] = [];
  for (const cut of cutAt<Holding>(period, aims.changes)) {
    const { aim, node } = aims.at(cut.from);
    const isByDefinition = cut.commit !== period.commit && aims.ofDefinition.has(cut.commit);
    const part: Part = { ...period, ...cut, value: { ...period.value, node }, aim, isByDefinition };
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
  at(instant: number): { readonly aim: Aim | null; readonly node: string | null };
}

async function aimsOf(args: RowsArgs, definitions: DefinitionsPast | null, { value, isPool }: Held): Promise<Aims | null> {
  const [kind = '', key = ''] = value.object.split(' ');
  if (!isPool || key === '') return null;
  const [namespace = ''] = key.split('/');
  if (kind === 'Network') {
    const network = await spacesAt(args, `networks/${key}.yaml`);
    return { changes: [network], ofDefinition: new Set(), at: instant => wayOut(key, valueAt(network, instant) ?? null) };
  }
  const versions = definitions === null ? [] : await definitionVersions(definitions, kind, key, value.place);
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
      return target === undefined ? { aim: null, node: null } : aimAt(kind, `${namespace}/${target}`, now);
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
    return { aim, node: space.entry.gateway?.node ?? null };
  }
  return { aim: { object: `Interface ${key}`, address: null, mac: null, node: null }, node: null };
}

function wayOut(key: string, space: Space | null): ReturnType<Aims['at']> {
  const gateway = space !== null && 'network' in space ? space.entry.gateway : undefined;
  const node = gateway?.node ?? null;
  return { aim: { object: `Network ${key}`, address: null, mac: null, node }, node };
}

async function definitionVersions({ repo, walked }: DefinitionsPast, kind: string, key: string, place: string): Promise<readonly Version<Definition | null>[]> {
  const path = place.replace(/:\d+$/, '');
  const found: Version<Definition | null>[] = [];
  for await (const version of followDefinition({ repo, walked, kind, key, path })) found.push(version);
  return found.reverse();
}

async function spacesAt({ remote, past }: RowsArgs, path: string): Promise<readonly Version<Space | null>[]> {
  const spaces = await spacesIn(remote.status, path, versionsOf(past, path));
  return spaces.flatMap(({ value, ...when }) => (value === 'broken' ? [] : [{ ...when, value }]));
}

async function rowOf(args: RowsArgs, definitions: DefinitionsPast | null, part: Part): Promise<BlameRow> {
  const { value, from, until, commit, endedBy, space, isPool, aim, isByDefinition } = part;
  const fromLedger = commit === '';
  const status = fromLedger || isByDefinition ? null : commit;
  const revision = isByDefinition ? commit : status === null ? null : await revisionOf(args.remote.status, status);
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
    definitions: revision === null ? null : await causeOf(definitions, revision),
  };
}

async function revisionOf(status: Repo, commit: Oid): Promise<Oid | null> {
  return definitionsIn(Buffer.from(await status.bytes(commit)).toString());
}

async function causeOf(definitions: DefinitionsPast | null, commit: Oid): Promise<Cause> {
  const isHere = definitions !== null && (await definitions.repo.here([commit])).has(commit);
  if (!isHere) return { commit, author: null, subject: null, at: null };
  const { author, subject, at } = await definitions.repo.info(commit);
  return { commit, author, subject, at: new Date(at).toISOString() };
}
