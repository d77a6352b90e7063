/** What commands that only look see: definitions, ledger and the nodes' reports, as the two branches have them now. */
import { join } from 'node:path';
import { parseLedger } from '../allocate/ledger-files.ts';
import { HostError } from '../host/errors.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { RepoError, type RepoErrorCode } from '../repo/repo.ts';
import { type NetEvent, parseEvents } from '../report/events.ts';
import { type NodeReport, parseStatusFile } from '../report/node-report.ts';
import type { View } from '../report/state.ts';
import { wantedDigests } from './digests.ts';
import { loadGood } from './kept.ts';
import { pull } from './pull.ts';
import { openRemote, type Remote, readTexts, type Sides } from './remote.ts';
import { checkStatusTree } from './status-tree.ts';
import { viewDir } from './view-dir.ts';

export interface Seen extends View {
  readonly events: readonly NetEvent[];
  /** Sentences about what is not as it should be with the branches themselves. */
  readonly remarks: readonly string[];
}

/** One look: two branches, one listing. Throws HostError or RepoError when there is nothing to look at. */
export async function see(config: Sides & Pick<NodeConfig, 'stateDir'>): Promise<Seen> {
  const dir = viewDir(config);
  const remote = await openRemote(config, join(dir, 'clone'));
  const pulled = await pull({ remote, stateDir: dir, good: await goodOf(config), node: null, keep: false });
  const { catalog, tips, refusal } = pulled;
  if (catalog === null) throw new HostError('no-entry', refusal?.message ?? 'there are no definitions');
  // Without the status branch everything would look unallocated and unheard of.
  if (tips === null && refusal !== null) throw new RepoError(codeOf(refusal.reason), refusal.message, config.repo.url);
  const texts = tips === null || tips.status === null ? new Map<string, string>() : await statusTexts(remote, tips.status);
  const { ledger, problems } = parseLedger(texts);
  const reports = reportsIn(texts);
  const remarks = [...(refusal === null ? [] : [`${refusal.reason}: ${refusal.message}`]), ...problems.map(problem => `${problem.path}: ${problem.message}`)];
  return {
    catalog,
    ledger: texts.size === 0 ? EMPTY_LEDGER : ledger,
    reports,
    wanted: wantedDigests(catalog, ledger, node => reports.get(node)?.facts),
    revision: pulled.good?.revision ?? '',
    now: `${new Date().toISOString().slice(0, 19)}Z`,
    events: [...texts].flatMap(([path, text]) => (path.startsWith('events/') ? parseEvents(text) : [])),
    remarks,
  };
}

// `RateLimited` is how a condition says `rate-limited`.
function codeOf(reason: string): RepoErrorCode {
  return reason.replace(/(?<=.)[A-Z]/g, letter => `-${letter}`).toLowerCase() as RepoErrorCode;
}

async function statusTexts(remote: Remote, tip: string): Promise<ReadonlyMap<string, string>> {
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  return readTexts(remote.status, tip, '');
}

/** The reports of nodes among the texts of the status branch; what is none is passed over. */
export function reportsIn(texts: ReadonlyMap<string, string>): ReadonlyMap<string, NodeReport> {
  const found = [...texts].flatMap(([path, text]) => {
    const parsed = path.startsWith('nodes/') ? parseStatusFile(text) : null;
    return parsed !== null && 'report' in parsed ? [[parsed.report.node, parsed.report] as const] : [];
  });
  return new Map(found);
}

async function goodOf(config: Pick<NodeConfig, 'stateDir'>) {
  try {
    return await loadGood(config.stateDir);
  } catch {
    return null; // not ours to read: a look from a person's account
  }
}
