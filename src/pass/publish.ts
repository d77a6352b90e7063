/** publish: this node's status and events on the status branch, pushed only when they say something new. */

import { type Oid, RepoError } from '../repo/repo.ts';
import type { NetEvent } from '../report/events.ts';
import { appendEvents, canWait } from '../report/events.ts';
import { isNews, type NodeReport, parseStatusFile, statusFile, statusPath } from '../report/node-report.ts';
import { isSilent } from '../report/state.ts';
import { archiveOrSay } from './archive.ts';
import { type Fleet, heartbeatMs, waitMs } from './budget.ts';
import { type Remote, readTips } from './remote.ts';
import { backOff, jitter } from './retry.ts';
import { author, commitMessage } from './signature.ts';
import { checkStatusTree } from './status-tree.ts';
import type { Sample } from './usage.ts';

const TRIES = 30;
const MOST_EVENTS = 500;
const MOST_USAGE = 2000;
/** A first push waits up to this for each node of the cluster: nodes that start together do not push together. */
const SPREAD_MS_PER_NODE = 300;
const LONGEST_SPREAD_MS = 20_000;

/** What of this node is on the status branch now. */
export interface Published {
  readonly report: NodeReport | null;
  readonly events: string;
}

export interface PublishArgs {
  readonly remote: Remote;
  /** Tip of the status branch as this pass last saw or made it. */
  readonly tip: Oid | null;
  readonly node: string;
  readonly fleet: Fleet;
  readonly report: NodeReport;
  readonly events: readonly NetEvent[];
  /** How many commits the status branch may have. */
  readonly archiveAfter?: number;
  /** True: to be said also when the report is the same, because other nodes go by the revision that it names. */
  readonly isUrgent?: boolean;
  /** Nodes of the newest revision; absent where this node does not enforce that. Reports of others that are silent go with its push. */
  readonly defined?: ReadonlySet<string>;
  /** Asked for only when something is pushed; kept only when that was done. */
  readonly sample?: () => Promise<Sample>;
}

/** `news`: pushed. `silent`: nothing to say. `later`: the fleet has pushed enough for now. `failed`, `later`: a next pass says it. */
export type PublishResult =
  | { readonly result: 'news'; readonly tip: Oid | null; readonly remark?: string | null }
  | { readonly result: 'silent'; readonly tip: Oid | null }
  | { readonly result: 'later'; readonly waitMs: number }
  | { readonly result: 'failed'; readonly message: string };

/** Reads what this node published last; nothing where the branch or the files are not there. Throws RepoError, `not-ours` for a branch of people. */
export async function readPublished(remote: Remote, tip: Oid | null, node: string): Promise<Published> {
  if (tip === null) return { report: null, events: '' };
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  const [report, events] = await Promise.all([statusPath(node), eventsPath(node)].map(path => textAt(remote, tip, path)));
  const parsed = report === undefined || report === '' ? null : parseStatusFile(report);
  return { report: parsed !== null && 'report' in parsed ? parsed.report : null, events: events ?? '' };
}

/** Pushes report and events when there is news, or when this node was not heard of for long. Never throws for the remote. */
export async function publish(args: PublishArgs, before: Published): Promise<PublishResult> {
  const isSilent = args.isUrgent !== true && args.events.every(canWait) && !isNews(before.report, args.report) && !isOverdue(before.report, args);
  if (isSilent) return { result: 'silent', tip: args.tip };
  const heard = before.report === null ? null : Date.parse(before.report.heard);
  try {
    const early = await mayPush(args, args.tip, heard);
    if (early > 0) return { result: 'later', waitMs: early };
    // A larger fleet is spread by its budget.
    if (args.fleet.nodes <= args.fleet.pushesPerMinute)
      await jitter(Math.min(LONGEST_SPREAD_MS, SPREAD_MS_PER_NODE * (args.fleet.nodes - 1)), args.remote.stop);
    const sample = await args.sample?.();
    const published = await pushAll({ ...args, events: [...args.events, ...(sample?.events ?? [])] }, heard);
    if (published.result !== 'news' || published.tip === null) return published;
    await sample?.keep();
    const { remote, node, archiveAfter } = args;
    return { ...published, remark: archiveAfter === undefined ? null : await archiveOrSay({ remote, node, tip: published.tip, archiveAfter }) };
  } catch (error) {
    if (error instanceof RepoError) return { result: 'failed', message: error.message };
    throw error;
  }
}

// 0 = now. The tip is synced already.
async function mayPush({ remote, node, fleet, isUrgent }: PublishArgs, tip: Oid | null, heard: number | null): Promise<number> {
  if (isUrgent === true) return 0;
  const at = tip === null ? null : { oid: tip, at: (await remote.status.info(tip)).at };
  return waitMs({ ...fleet, node, now: Date.now(), heard, tip: at });
}

async function pushAll(args: PublishArgs, heard: number | null): Promise<PublishResult> {
  let tip = args.fleet.nodes > 1 ? (await readTips(args.remote)).status : args.tip;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const { events } = await readPublished(args.remote, tip, args.node);
    const later = await mayPush(args, tip, heard);
    if (later > 0) return { result: 'later', waitMs: later };
    const edits = new Map<string, string | null>([...(await leftBehind(args, tip)), [statusPath(args.node), statusFile(args.report)]]);
    if (args.events.length > 0) edits.set(eventsPath(args.node), appendEvents(events, args.events, MOST_EVENTS, MOST_USAGE));
    const { status, statusBranch } = args.remote;
    const oid = await status.commit({ parent: tip, edits, author: author(args.node), message: commitMessage(args.node, 'status'), at: Date.now() });
    if (oid === null || (await status.push({ oid, branch: statusBranch, expect: tip })) === 'ok') return { result: 'news', tip: oid ?? tip };
    await backOff(attempt, args.remote.stop);
    tip = (await readTips(args.remote)).status;
  }
  return { result: 'failed', message: `the status lost ${TRIES} races in a row` };
}

// What a node accepted counts for nodes that keep nothing, for ever: not that of one that is no node any more.
async function leftBehind({ remote: { status }, defined, report }: PublishArgs, tip: Oid | null): Promise<readonly (readonly [string, null])[]> {
  if (tip === null || defined === undefined) return [];
  const entries = (await status.list(tip, 'nodes')).filter(({ path }) => path.endsWith('.yaml') && !defined.has(path.slice(0, -'.yaml'.length)));
  const blobs = await status.read(entries.map(({ oid }) => oid));
  return entries.flatMap(({ path, oid }) => {
    const parsed = parseStatusFile(new TextDecoder().decode(blobs.get(oid)));
    return 'report' in parsed && statusPath(parsed.report.node) === `nodes/${path}` && isSilent(parsed.report, report.heard) ? [[`nodes/${path}`, null]] : [];
  });
}

/** Path of a node's events on the status branch. */
function eventsPath(node: string): string {
  return `events/${node}.jsonl`;
}

// The path says it all: a listing of one file.
async function textAt(remote: Remote, tip: Oid, path: string): Promise<string> {
  const slash = path.lastIndexOf('/');
  const entries = await remote.status.list(tip, path.slice(0, slash));
  const entry = entries.find(found => found.path === path.slice(slash + 1));
  if (entry === undefined) return '';
  const blobs = await remote.status.read([entry.oid]);
  return new TextDecoder().decode(blobs.get(entry.oid));
}

// A fifth more or less, so that nodes spread.
function isOverdue(before: NodeReport | null, { report, fleet }: PublishArgs): boolean {
  if (before === null) return true;
  const spread = 0.8 + 0.4 * Math.random();
  const age = Date.parse(report.heard) - Date.parse(before.heard);
  // A word from the future was said by a clock that was wrong: nobody would miss this node for years.
  return age < 0 || age > heartbeatMs(fleet) * spread;
}
