/**
 * Branches that people want to merge, planned by this node against its live kernel and published for their review. Nothing of them
 * is ever applied or kept, and what they may cost is bounded: how many, how often, how large.
 */
import { join } from 'node:path';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { formatPlace } from '../model/place.ts';
import { placesOf } from '../objects/index.ts';
import { printText } from '../plan/print-text.ts';
import { toJson } from '../plan/to-json.ts';
import { type Oid, RepoError } from '../repo/repo.ts';
import { isLiveNews, type LivePlan, livePlanFile, livePlanPath, PLANS, parseLivePlan } from '../report/live-plan.ts';
import { decide } from './decide.ts';
import { prepare } from './enforce.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { loadCached } from './parsed-cache.ts';
import { version } from './program.ts';
import { openRemote, type Remote, readTexts, readTips } from './remote.ts';
import { backOff } from './retry.ts';
import { readFiles } from './revision.ts';
import { author, commitMessage } from './signature.ts';
import { checkStatusTree } from './status-tree.ts';

/** Of all that match; the first by name. */
const MOST_BRANCHES = 10;
/** New plans at one look: others wait for the next. */
const MOST_AT_ONCE = 4;
const LONGEST_NAME = 200;
const TRIES = 10;

/** No branch: the first look tidies away what an earlier process left. */
const LOOKED = '';

/** Branch to what it was planned for last: its tip on top of which base. */
export type PlannedBranches = Map<string, string>;

/** A remote with a clone of its own, apart from what passes use. */
export function openForBranches(config: NodeConfig, stop?: AbortSignal): Promise<Remote> {
  return openRemote(config, join(config.stateDir, 'branches', 'clone'), { stop });
}

/**
 * One look.
 *
 * @param listed  branches of the definitions' repository with their tips, these among them
 * @returns       what it did, as sentences. Throws RepoError and HostError, after which the next look begins anew.
 */
export async function planBranches(
  config: NodeConfig,
  remote: Remote,
  { prefix, listed }: { readonly prefix: string; readonly listed: ReadonlyMap<string, Oid> },
  planned: PlannedBranches,
): Promise<readonly string[]> {
  const found = [...listed].filter(([name]) => name.startsWith(prefix) && isPlannable(name, remote)).sort(([a], [b]) => (a < b ? -1 : 1));
  const branches = found.slice(0, MOST_BRANCHES);
  const base = (await loadGood(config.stateDir))?.revision ?? '';
  const moved = branches.filter(([name, tip]) => planned.get(name) !== `${tip} ${base}`).slice(0, MOST_AT_ONCE);
  const plans: LivePlan[] = [];
  for (const [branch, tip] of moved) if (remote.stop?.aborted !== true) plans.push(await planOne(config, remote, { branch, tip, base }));
  const gone = [...planned.keys()].filter(name => name !== LOOKED && !branches.some(([branch]) => branch === name));
  if (plans.length + gone.length === 0 && planned.has(LOOKED)) return [];
  await publishPlans(config, remote, plans, new Set(branches.map(([name]) => name)));
  planned.set(LOOKED, '');
  for (const name of gone) planned.delete(name);
  for (const { branch, commit } of plans) planned.set(branch, `${commit} ${base}`);
  return plans.map(({ branch, commit }) => `planned ${branch} at ${commit.slice(0, 10)}`);
}

function isPlannable(name: string, remote: Remote): boolean {
  return name.length <= LONGEST_NAME && name !== remote.branch && name !== remote.statusBranch;
}

interface Tip {
  readonly branch: string;
  readonly tip: Oid;
  readonly base: string;
}

async function planOne(config: NodeConfig, remote: Remote, { branch, tip, base }: Tip): Promise<LivePlan> {
  const made = `${new Date().toISOString().slice(0, 19)}Z`;
  const head = { node: config.node, version: version(), branch, commit: tip, base, made, cut: false };
  const refused = (reason: string, message: string, diagnostics: readonly string[] = []): LivePlan => {
    return { ...head, contains_base: null, refusal: { reason, message, diagnostics }, notes: [], summary: null, text: [], plan: null };
  };
  try {
    await remote.definitions.sync(branch, tip);
  } catch (error) {
    // One branch that cannot be had keeps no other one back.
    if (error instanceof RepoError) return refused('FetchFailed', error.message);
    throw error;
  }
  const contains = base === '' ? null : await remote.definitions.descends(tip, base).catch(() => null);
  const { files, entries } = await readFiles(remote.definitions, tip, remote.path);
  const { catalog, diagnostics } = await loadCached(null, files, entries);
  const words = diagnostics.map(({ at, severity, code, message }) => `${formatPlace(at)} ${severity} ${code}: ${message}`);
  if (catalog === null) return refused('InvalidDefinitions', `${branch} has errors`, words);
  const node = catalog.nodes.get(config.node);
  if (node === undefined) return refused('NodeMissing', `${branch} has no Node ${config.node}`);
  const kept = (await loadKeptLedger(config.stateDir))?.ledger ?? EMPTY_LEDGER;
  const decided = decide(catalog, kept, new Date());
  const { plan, compiled } = await prepare({ catalog, ledger: decided.ledger, node }, config.runtimeDir);
  const json = toJson(plan) as LivePlan['plan'] & { readonly summary: LivePlan['summary'] };
  const notes = [
    ...decided.changes.map(({ change, definition, message }) => `would ${change} for ${definition}: ${message}`),
    ...decided.pending.map(({ definition, message }) => `waits: ${definition}: ${message}`),
    ...compiled.troubles.map(({ definition, reason, message }) => `${definition}: ${reason}: ${message}`),
  ];
  const text = printText(plan, { placeOf: placesOf(catalog) })
    .trimEnd()
    .split('\n');
  return { ...head, contains_base: contains, refusal: null, notes, summary: json.summary, text, plan: json };
}

async function publishPlans(config: NodeConfig, remote: Remote, plans: readonly LivePlan[], alive: ReadonlySet<string>): Promise<void> {
  const { status, statusBranch } = remote;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const tip = (await readTips(remote)).status;
    // A branch that nobody has made yet is made by a pass.
    if (tip === null) throw new RepoError('no-branch', `there is no branch ${statusBranch} yet: netloom reconcile makes it`, config.repo.url);
    await status.sync(statusBranch, tip);
    await checkStatusTree(remote, tip);
    const edits = await editsOf(config.node, remote, tip, plans, alive);
    if (edits.size === 0) return;
    const message = commitMessage(config.node, `plans of ${edits.size} ${edits.size === 1 ? 'branch' : 'branches'}`);
    const oid = await status.commit({ parent: tip, edits, author: author(config.node), message, at: Date.now() });
    if (oid === null || (await status.push({ oid, branch: statusBranch, expect: tip })) === 'ok') return;
    await backOff(attempt, remote.stop);
  }
  throw new RepoError('other', `the plans lost ${TRIES} races in a row`, config.repo.url);
}

// What is new, and this node's own of branches that are gone.
async function editsOf(node: string, remote: Remote, tip: Oid, plans: readonly LivePlan[], alive: ReadonlySet<string>): Promise<Map<string, string | null>> {
  const texts = new Map([...(await readTexts(remote.status, tip, PLANS))].map(([path, text]) => [`${PLANS}/${path}`, text]));
  const edits = new Map<string, string | null>();
  const kept = new Set([...alive].map(branch => livePlanPath(branch, node)));
  for (const path of texts.keys()) if (path.endsWith(`/${node}.json`) && !kept.has(path)) edits.set(path, null);
  for (const live of plans) {
    const path = livePlanPath(live.branch, node);
    const before = parseLivePlan(path, texts.get(path) ?? '');
    if (isLiveNews(before, live)) edits.set(path, livePlanFile(live));
  }
  return edits;
}
