/** What commands that only look see: definitions, ledger and the nodes' reports, as the two branches have them now. */
import { join } from 'node:path';
import { type ParsedLedger, parseLedger } from '../allocate/ledger-files.ts';
import { HostError } from '../host/errors.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { type Oid, type Repo, RepoError, type RepoErrorCode, type TreeEntry } from '../repo/repo.ts';
import { type NetEvent, parseEvents } from '../report/events.ts';
import { type NodeReport, parseStatusFile } from '../report/node-report.ts';
import { linesHolding } from '../report/select-events.ts';
import type { View } from '../report/state.ts';
import { type Good, loadGood } from './kept.ts';
import { knownDigests } from './known-digests.ts';
import { pull } from './pull.ts';
import { openRemote, type Patience, type Remote, readTips, type Sides, type Tips } from './remote.ts';
import { checkStatusTree } from './status-tree.ts';
import { cached, keepCached, keyOfContent, madeOfBlobs } from './view-cache.ts';
import { viewDir } from './view-dir.ts';

export interface Seen extends View {
  /** What happened, as the nodes tell it, in no order; read when it is asked for. */
  readonly events: (wanted?: WantedEvents) => Promise<readonly NetEvent[]>;
  /** What nodes found altered and put right, as far back as they tell. */
  readonly repairs: () => Promise<readonly NetEvent[]>;
  /** Sentences about what is not as it should be with the branches themselves. */
  readonly remarks: readonly string[];
  /** Keeps what was worked out for the next look; to be called once at the end. */
  readonly keep: () => Promise<void>;
}

export interface WantedEvents {
  /** Only those in whose line of JSON this text is: there may be a quarter of a million, and few are wanted. */
  readonly holding?: string;
}

type Config = Sides & Pick<NodeConfig, 'stateDir'>;

/** Looks at a repository, again and again if need be. */
export interface Lookout {
  /** Where the branches are now: one request. Throws RepoError. */
  readonly tips: () => Promise<Tips>;
  /** One look: at these tips, else where the branches are now. Throws HostError or RepoError when there is nothing to look at. */
  readonly see: (tips?: Tips) => Promise<Seen>;
}

/** One look: two branches, one listing. Throws HostError or RepoError when there is nothing to look at. */
export async function see(config: Config, patience: Patience = {}): Promise<Seen> {
  return (await lookout(config, patience)).see();
}

/** Makes no request yet. */
export async function lookout(config: Config, patience: Patience = {}): Promise<Lookout> {
  const dir = viewDir(config);
  const remote = await openRemote(config, join(dir, 'clone'), patience);
  const good = await goodOf(config);
  return { tips: () => readTips(remote), see: tips => seeWith({ config, dir, good, remote: tips === undefined ? remote : pinned(remote, tips) }) };
}

interface Look {
  readonly config: Config;
  readonly dir: string;
  readonly good: Good | null;
  readonly remote: Remote;
}

// What was listed a moment ago is not asked for again.
function pinned(remote: Remote, { main, status }: Tips): Remote {
  const known = new Map([
    [remote.branch, main],
    [remote.statusBranch, status],
  ]);
  const tips = (): Promise<ReadonlyMap<string, string | null>> => Promise.resolve(known);
  return { ...remote, definitions: { ...remote.definitions, tips }, status: { ...remote.status, tips } };
}

async function seeWith({ config, dir, good, remote }: Look): Promise<Seen> {
  const pulled = await pull({ remote, stateDir: dir, good, node: null, keep: false });
  const { catalog, tips, refusal } = pulled;
  if (catalog === null) throw new HostError('no-entry', refusal?.message ?? 'there are no definitions');
  // Without the status branch everything would look unallocated and unheard of.
  if (tips === null && refusal !== null) throw new RepoError(codeOf(refusal.reason), refusal.message, config.repo.url);
  const entries = tips === null || tips.status === null ? [] : await statusEntries(remote, tips.status);
  const { ledger, problems, key } = await ledgerOf(dir, remote.status, entries);
  const reports = await reportsOf(dir, remote.status, entries);
  const ids = (pulled.good?.files ?? []).map(({ path, id }) => `${id} ${path}`);
  const digests = await knownDigests({ dir, key: keyOfContent([key, ...ids]), catalog, ledger, reports });
  const remarks = [...(refusal === null ? [] : [`${refusal.reason}: ${refusal.message}`]), ...problems.map(problem => `${problem.path}: ${problem.message}`)];
  const told = entries.filter(({ path }) => path.startsWith('events/'));
  return {
    catalog,
    ledger,
    reports,
    wanted: digests.wanted,
    revision: pulled.good?.revision ?? '',
    revisionAt: pulled.commit === null ? null : new Date(pulled.commit.at).toISOString(),
    statusTip: tips === null || tips.status === null ? null : await tipOf(remote.status, tips.status),
    now: `${new Date().toISOString().slice(0, 19)}Z`,
    events: ({ holding = '' } = {}) => eventsIn(remote.status, told, holding),
    repairs: async () => [...(await madeOfBlobs(dir, 'repairs', remote.status, told, repairsIn)).values()].flat(),
    remarks,
    keep: digests.keep,
  };
}

// `RateLimited` is how a condition says `rate-limited`.
function codeOf(reason: string): RepoErrorCode {
  return reason.replace(/(?<=.)[A-Z]/g, letter => `-${letter}`).toLowerCase() as RepoErrorCode;
}

async function statusEntries(remote: Remote, tip: Oid): Promise<readonly TreeEntry[]> {
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  return (await remote.status.list(tip, '')).filter(entry => entry.mode.startsWith('100'));
}

async function tipOf(status: Repo, commit: Oid): Promise<NonNullable<View['statusTip']>> {
  return { commit, at: new Date((await status.info(commit)).at).toISOString() };
}

async function ledgerOf(dir: string, status: Repo, entries: readonly TreeEntry[]): Promise<ParsedLedger & { readonly key: string }> {
  const own = entries.filter(({ path }) => path.startsWith('allocations/'));
  const key = keyOfContent(own.map(({ path, oid }) => `${oid} ${path}`));
  if (own.length === 0) return { ledger: EMPTY_LEDGER, problems: [], key };
  const known = await cached<ParsedLedger>(dir, 'ledger', key);
  if (known !== null) return { ...known, key };
  const blobs = await status.read(own.map(entry => entry.oid));
  const decoder = new TextDecoder();
  const parsed = parseLedger(new Map(own.map(({ path, oid }) => [path, decoder.decode(blobs.get(oid))])));
  await keepCached(dir, 'ledger', key, parsed);
  return { ...parsed, key };
}

async function reportsOf(dir: string, status: Repo, entries: readonly TreeEntry[]): Promise<ReadonlyMap<string, NodeReport>> {
  const own = entries.filter(({ path }) => path.startsWith('nodes/'));
  const found = await madeOfBlobs(dir, 'reports', status, own, reportIn);
  return new Map([...found.values()].flatMap(report => (report === null ? [] : [[report.node, report] as const])));
}

function reportIn(text: string): NodeReport | null {
  const parsed = parseStatusFile(text);
  return 'report' in parsed ? parsed.report : null;
}

async function eventsIn(status: Repo, entries: readonly TreeEntry[], holding: string): Promise<readonly NetEvent[]> {
  const decoder = new TextDecoder();
  return [...(await status.read(entries.map(entry => entry.oid))).values()].flatMap(bytes => parseEvents(linesHolding(decoder.decode(bytes), holding)));
}

function repairsIn(text: string): readonly NetEvent[] {
  return parseEvents(linesHolding(text, '"type":"drift"')).filter(({ type, phase }) => type === 'drift' && phase === 'finish');
}

/** The reports of nodes among the texts of the status branch; what is none is passed over. */
export function reportsIn(texts: ReadonlyMap<string, string>): ReadonlyMap<string, NodeReport> {
  const found = [...texts].flatMap(([path, text]) => (path.startsWith('nodes/') ? (reportIn(text) ?? []) : []));
  return new Map(found.map(report => [report.node, report]));
}

async function goodOf(config: Pick<NodeConfig, 'stateDir'>): Promise<Good | null> {
  try {
    return await loadGood(config.stateDir);
  } catch {
    return null; // not ours to read: a look from a person's account
  }
}
