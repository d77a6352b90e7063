/** Two revisions of a checkout against each other: read from git, loaded, and compared with what the status branch says. */
import { parseLedger } from '../allocate/ledger-files.ts';
import { HostError } from '../host/errors.ts';
import { inStage } from '../host/stage.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import type { NodeReport } from '../report/node-report.ts';
import type { Point, Remark, Review } from '../review/review.ts';
import { type Checkout, commitOf, filesOf, forkPoint, openCheckout, textsOf } from './checkout-revisions.ts';
import { livePlansIn } from './live-agreement.ts';
import { loadFolder } from './local.ts';
import { loadCached } from './parsed-cache.ts';
import { reviewOf, type StatusSeen } from './review.ts';
import { reportsIn } from './view.ts';

export interface CompareArgs {
  /** A folder of definitions in a checkout. */
  readonly dir: string;
  /** Default: where head left the default branch. */
  readonly base?: string | undefined;
  /** Default: the work tree, as it is on disk. */
  readonly head?: string | undefined;
  /** The revision that holds the status branch. Default: the branch of that name, as fetched, else as it is here. */
  readonly status?: string | undefined;
  readonly statusBranch: string;
  /** Only this node. */
  readonly node?: string | undefined;
  readonly now: Date;
}

/** What merging head would do to what runs base. Throws HostError for revisions that are not there. */
export async function compareRevisions(args: CompareArgs): Promise<Review> {
  const checkout = await openCheckout(args.dir);
  const head = await headPoint(checkout, args.head);
  const base = await basePoint(checkout, args.base, head);
  const loaded = await inStage('reading definitions', () => loadHead(checkout, args.head === undefined ? '' : head.commit, base.commit));
  const root = checkout.prefix.replace(/\/$/, '');
  const status = await readStatus(checkout, args, await commitsOf(checkout, args.head ?? 'HEAD'));
  const isValid = loaded.catalog !== null;
  const before = isValid ? await goodBase(checkout, base, status.reports) : { point: base, catalog: null, remarks: [] };
  const review = reviewOf({ base: before, head: { point: head, ...loaded }, root, status, only: args.node, now: args.now });
  if (isValid && args.node !== undefined && review.nodes.length === 0) throw new HostError('no-entry', `neither revision defines a Node ${args.node}`);
  return review;
}

async function headPoint(checkout: Checkout, asked: string | undefined): Promise<Point> {
  const commit = await commitOf(checkout, asked ?? 'HEAD');
  if (asked === undefined) return { name: 'work tree', commit: '' };
  if (commit === null) throw missing(asked, '--head');
  return { name: asked, commit };
}

async function basePoint(checkout: Checkout, asked: string | undefined, head: Point): Promise<Point> {
  if (asked !== undefined) {
    const commit = await commitOf(checkout, asked);
    if (commit === null) throw missing(asked, '--base');
    return { name: asked, commit };
  }
  const from = head.commit === '' ? await commitOf(checkout, 'HEAD') : head.commit;
  const fork = from === null ? null : await forkPoint(checkout, from);
  if (fork !== null) return { name: fork.branch, commit: fork.commit };
  const why = 'where this branch left the default branch cannot be told: no branch main or master is here, or the history is cut';
  throw new HostError('no-entry', `${why}; name what is merged into with --base REV, or fetch more of the history`);
}

function missing(revision: string, option: string): HostError {
  const advice = 'fetch it first; a shallow clone (fetch-depth in CI) has the newest commits only';
  return new HostError('no-entry', `${option} ${JSON.stringify(revision)} names no commit here: ${advice}`);
}

interface LoadedAt {
  readonly catalog: Catalog | null;
  readonly diagnostics: readonly Diagnostic[];
}

async function loadAt(checkout: Checkout, commit: string): Promise<LoadedAt> {
  const { files, entries } = await filesOf(checkout, commit);
  return loadCached(null, files, entries);
}

/** Head, by its commit; '' is the work tree. Where something in it is too many, what base has not is blamed, so base is read for that. */
async function loadHead(checkout: Checkout, commit: string, base: string): Promise<LoadedAt> {
  const load = async (before?: Catalog): Promise<LoadedAt> => {
    if (commit === '') return loadFolder(checkout.dir, null, before);
    const { files, entries } = await filesOf(checkout, commit);
    return loadCached(null, files, entries, before);
  };
  const loaded = await load();
  if (!loaded.diagnostics.some(({ code }) => code === 'quota-exceeded')) return loaded;
  const { catalog } = await loadAt(checkout, base);
  return catalog === null ? loaded : load(catalog);
}

interface GoodBase {
  readonly point: Point;
  readonly catalog: Catalog;
  readonly remarks: readonly Remark[];
}

// A base with errors is enforced nowhere: nodes stay with what they applied before it.
async function goodBase(checkout: Checkout, base: Point, reports: ReadonlyMap<string, NodeReport>): Promise<GoodBase> {
  const { catalog } = await loadAt(checkout, base.commit);
  if (catalog !== null) return { point: base, catalog, remarks: [] };
  for (const applied of new Set([...reports.values()].map(({ revision }) => revision.applied))) {
    const commit = /^[0-9a-f]{40}$/.test(applied) ? await commitOf(checkout, applied) : null;
    const earlier = commit === null ? null : (await loadAt(checkout, commit)).catalog;
    if (earlier === null || commit === null) continue;
    const message = `${base.name} (${base.commit.slice(0, 10)}) is invalid or empty, so no node enforces it; compared with ${commit.slice(0, 10)}, which nodes applied last`;
    return { point: { name: `${base.name} as applied`, commit }, catalog: earlier, remarks: [{ reason: 'BaseInvalid', message }] };
  }
  throw new HostError('invalid', `${base.name} (${base.commit.slice(0, 10)}) has errors itself, or no definitions: name the last good revision with --base`);
}

// A forge asks for the merge of a branch: its second parent is what the nodes have seen.
async function commitsOf(checkout: Checkout, head: string): Promise<readonly string[]> {
  const found = [await commitOf(checkout, head), await commitOf(checkout, `${head}^2`)];
  return found.filter(commit => commit !== null);
}

async function readStatus(checkout: Checkout, { status, statusBranch }: CompareArgs, heads: readonly string[]): Promise<StatusSeen> {
  const names = status === undefined ? [`refs/remotes/origin/${statusBranch}`, `refs/heads/${statusBranch}`] : [status];
  for (const name of names) {
    const commit = await commitOf(checkout, name);
    if (commit === null) continue;
    const texts = await textsOf(checkout, commit);
    const { ledger, problems } = parseLedger(texts);
    const unreadable = problems.map(({ about }) => about).filter(about => about !== '');
    const remarks = problems.map(({ path, message }) => ({ reason: 'LedgerUnreadable', message: `${path}: ${message}` }));
    return { isHere: true, ledger, unreadable, reports: reportsIn(texts), live: livePlansIn(texts, heads), remarks };
  }
  if (status !== undefined) throw missing(status, '--status');
  const message = `the branch ${statusBranch} is not here (git fetch origin ${statusBranch}): what is allocated, and what the nodes have, is not known`;
  return { isHere: false, ledger: EMPTY_LEDGER, unreadable: [], reports: new Map(), live: new Map(), remarks: [{ reason: 'StatusMissing', message }] };
}
