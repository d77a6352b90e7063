/**
 * The ledger as the status branch has it: read, mended where somebody broke or edited a file of it, and written by compare-and-swap.
 * What such a file said before is in the branch's own history; where it is not, this node's copy counts.
 */
import { type LedgerProblem, ledgerEdits, mergeLedger, parseLedger } from '../allocate/ledger-files.ts';
import { renumbered } from '../allocate/renumbered.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import type { Oid } from '../repo/repo.ts';
import { asksOf } from './decide.ts';
import type { KeptLedger } from './kept.ts';
import { type Remote, readTexts } from './remote.ts';
import { author, commitMessage } from './signature.ts';
import { checkStatusTree } from './status-tree.ts';

/** How many commits of the branch are looked through for what a file said before. */
const LOOK_BACK = 100;

export interface ReadArgs {
  readonly remote: Remote;
  readonly kept: KeptLedger | null;
  /** What this node enforces: with it, a live object that has other numbers than here, and that nobody asks for, is told. */
  readonly catalog?: Catalog | undefined;
}

/** The ledger as a tip of the status branch has it, and this node's copy. */
export interface Base {
  readonly ledger: Ledger;
  /** The ledger's own files as they are on the branch; null when they say what `ledger` says. */
  readonly files: ReadonlyMap<string, string> | null;
  /** Files that are not as netloom wrote them. */
  readonly problems: readonly LedgerProblem[];
  /** Networks and pools whose file cannot be read, and of which nobody here knows what it said, or that a newer version wrote. */
  readonly unreadable: readonly string[];
  /** True when the branch lost what is still known: it is to be said again. */
  readonly lost: boolean;
  /** True when live objects have other numbers there than here, which `catalog` does not ask for. */
  readonly isRenumbered?: boolean;
}

/** Reads the ledger at a tip; of what is lost, edited or cannot be read there the last good word counts. Throws RepoError. */
export async function readLedger(args: ReadArgs, tip: Oid | null): Promise<Base> {
  const local = args.kept?.ledger ?? EMPTY_LEDGER;
  if (tip !== null && tip === args.kept?.tip) return { ledger: local, files: null, problems: [], unreadable: [], lost: false };
  if (tip === null)
    return { ledger: local, files: new Map(), problems: [], unreadable: [], lost: Object.keys({ ...local.networks, ...local.pools }).length > 0 };
  const files = await filesAt(args.remote, tip);
  const told = judged(files, local, args.catalog);
  const mended = await mend(args, tip, files, told.problems);
  const { ledger, problems } = mended === files ? told : judged(mended, local, args.catalog);
  const broken = problems.map(problem => problem.about).filter(about => about !== '');
  const merged = mergeLedger(ledger, local, broken);
  const newer = new Set(problems.filter(({ isNewer }) => isNewer).map(({ about }) => about));
  const unreadable = broken.filter(about => newer.has(about) || (merged.networks[about] === undefined && merged.pools?.[about] === undefined));
  return { ledger: merged, files, problems: told.problems, unreadable, lost: lacks(told.ledger, merged, newer), isRenumbered: told.isRenumbered };
}

/** The ledger as the status branch has it, with what only this node still knows. Throws RepoError. */
export async function publishedLedger(args: ReadArgs, tip: Oid | null): Promise<Ledger> {
  return (await readLedger(args, tip)).ledger;
}

/** Pushes a ledger on top of `tip`, of which `base` was read: the new tip, or null when somebody else was first. Throws RepoError. */
export async function publishLedger(
  { remote, node, revision = null }: { readonly remote: Remote; readonly node: string; readonly revision?: Oid | null | undefined },
  base: Base,
  ledger: Ledger,
  tip: Oid | null,
): Promise<Oid | null> {
  const files = base.files ?? (tip === null ? new Map<string, string>() : await filesAt(remote, tip));
  const edits = ledgerEdits(files, ledger, base.problems);
  if (edits.size === 0) return tip;
  const { status, statusBranch } = remote;
  const message = commitMessage(node, `allocations in ${edits.size} ${edits.size === 1 ? 'file' : 'files'}`, revision);
  const oid = await status.commit({ parent: tip, edits, author: author(node), message, at: Date.now() });
  if (oid === null) return tip;
  return (await status.push({ oid, branch: statusBranch, expect: tip })) === 'ok' ? oid : null;
}

// What stands in a file of a newer version is not lost: it is there, and not for us to say.
function lacks(there: Ledger, merged: Ledger, newer: ReadonlySet<string>): boolean {
  if (merged === there) return false;
  const differs = <T>(ours: Readonly<Record<string, T>> = {}, theirs: Readonly<Record<string, T>> = {}): boolean =>
    Object.entries(ours).some(([key, entry]) => entry !== theirs[key] && !newer.has(key));
  return differs(merged.networks, there.networks) || differs(merged.pools, there.pools) || merged.incarnations !== there.incarnations;
}

interface Judged {
  /** Without the files that have problems. */
  readonly ledger: Ledger;
  readonly problems: readonly LedgerProblem[];
  readonly isRenumbered: boolean;
}

function judged(files: ReadonlyMap<string, string>, local: Ledger, catalog: Catalog | undefined): Judged {
  const parsed = parseLedger(files);
  const edited = catalog === undefined ? [] : renumbered(parsed.ledger, local, asksOf(catalog));
  if (edited.length === 0) return { ...parsed, isRenumbered: false };
  const about = new Map(edited.map(found => [found.about, found.message]));
  const problems = [...about].map(([key, message]) => ({ path: pathOf(key), about: key, line: 0, message: `it was edited by hand: ${message}` }));
  const without = <T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => !about.has(key)));
  const { networks, pools, ...rest } = parsed.ledger;
  const ledger = { ...rest, networks: without(networks), ...(pools === undefined ? {} : { pools: without(pools) }) };
  return { ledger, problems: [...parsed.problems, ...problems], isRenumbered: true };
}

function pathOf(about: string): string {
  return `allocations/${about.includes('/') ? 'networks' : 'pools'}/${about}.yaml`;
}

/** The files with the last version of each broken one that was none; the very `files` when there is none. */
async function mend({ remote, kept, catalog }: ReadArgs, tip: Oid, files: ReadonlyMap<string, string>, problems: readonly LedgerProblem[]) {
  const found = new Map<string, string>();
  for (const { path, isNewer } of problems) {
    if (isNewer) continue;
    const before = await remote.status.past(tip, path, LOOK_BACK);
    const text = before.map(bytes => new TextDecoder().decode(bytes)).find(version => isGood(version, path));
    if (text !== undefined) found.set(path, text);
  }
  return found.size === 0 ? files : new Map([...files, ...found]);

  function isGood(version: string, path: string): boolean {
    // With the others beside it, since a check is missed where others have one.
    return judged(new Map([...files, [path, version]]), kept?.ledger ?? EMPTY_LEDGER, catalog).problems.every(problem => problem.path !== path);
  }
}

async function filesAt(remote: Remote, tip: Oid): Promise<ReadonlyMap<string, string>> {
  await remote.status.sync(remote.statusBranch, tip);
  await checkStatusTree(remote, tip);
  const texts = await readTexts(remote.status, tip, 'allocations');
  return new Map([...texts].map(([path, text]) => [`allocations/${path}`, text]));
}
