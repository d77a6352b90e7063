/**
 * Whose commits this node takes: the signatures of what a revision brings, judged by keys of the node's own before anything of it
 * is read. A verdict counts for one commit and one set of keys: when the keys change, what is enforced is judged again.
 */
import { join } from 'node:path';
import { ensureFolder, readTextIfThere, writeAtomic } from '../host/files.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { judge } from '../repo/judge.ts';
import type { Judgement } from '../repo/judgement.ts';
import { type Oid, RepoError } from '../repo/repo.ts';
import { readTrustedKeys, type TrustedKeys } from '../repo/trusted-keys.ts';
import type { Remote } from './remote.ts';

export type VerifyConfig = NonNullable<NodeConfig['repo']['verify']>;

/** What the condition SourceVerified says. */
export interface SourceVerdict {
  readonly isVerified: boolean;
  /** CamelCase, stable: `Signed`, or why not. */
  readonly reason: string;
  readonly message: string;
}

export interface VerifyArgs {
  readonly remote: Pick<Remote, 'definitions' | 'branch' | 'verify'>;
  readonly stateDir: string;
  readonly tip: Oid;
  /** The commit from which everything on must be signed; null: the tip alone. */
  readonly since: Oid | null;
  /** The revision that is enforced: keys with a time are judged as of its date at the earliest. */
  readonly enforced: Oid | null;
}

type Good = Judgement & { readonly isGood: true };
type Bad = Judgement & { readonly isGood: false };

/** Commits whose verdicts are kept. */
const MOST_KEPT = 2000;
const FORMAT = 1;

/** Verdicts that were a yes, by commit, for one set of keys. */
interface Kept {
  readonly format: typeof FORMAT;
  readonly keys: string;
  readonly good: Readonly<Record<Oid, Good>>;
}

/** The verdict on a revision; null while no signatures are asked for. Throws RepoError for what the clone or the remote says, HostError for this machine. */
export async function verifySource(args: VerifyArgs): Promise<SourceVerdict | null> {
  const { verify } = args.remote;
  if (verify === undefined || verify.mode === 'none') return null;
  let keys: TrustedKeys;
  try {
    keys = await readTrustedKeys(verify);
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    return { isVerified: false, reason: 'KeysUnreadable', message: error.message };
  }
  return verdict(args, verify.mode, keys);
}

async function verdict(args: VerifyArgs, mode: 'head' | 'strict', keys: TrustedKeys): Promise<SourceVerdict> {
  const { remote, stateDir, tip, since } = args;
  const commits = mode === 'strict' && since !== null ? await remote.definitions.brings(tip, since) : [];
  if (commits === null)
    return { isVerified: false, reason: 'HistoryUnknown', message: `the remote's history is cut: what ${short(tip)} brings cannot be told, so not verified` };
  const kept = await load(stateDir);
  const good: Record<Oid, Good> = kept?.keys === keys.hash ? { ...kept.good } : {};
  const judged = await judgeAll([...new Set([tip, ...commits])], good, args, keys);
  await save(stateDir, keys, good);
  if ('bad' in judged) return doubted(judged.oid, judged.bad, args, mode);
  const { by, key } = judged.tip;
  return { isVerified: true, reason: 'Signed', message: `${mode}: ${by} with ${key}` };
}

// Stops at the first that is not good: the next pass asks again, and one is enough to refuse.
async function judgeAll(
  commits: readonly Oid[],
  good: Record<Oid, Good>,
  args: VerifyArgs,
  keys: TrustedKeys,
): Promise<{ readonly tip: Good } | { readonly oid: Oid; readonly bad: Bad }> {
  const notBefore = await earliest(args);
  await ensureFolder(args.stateDir);
  for (const oid of commits) {
    if (good[oid] !== undefined) continue;
    const found = await judge({ commit: await args.remote.definitions.bytes(oid), keys, notBefore, dir: args.stateDir });
    if (!found.isGood) return { oid, bad: found };
    good[oid] = found;
  }
  return { tip: good[args.tip] as Good };
}

// A key that has expired may not come back by a commit that dates itself before what is enforced; a date of the future is none.
async function earliest({ remote, enforced, tip }: VerifyArgs): Promise<number> {
  if (enforced === null || enforced === tip) return 0;
  try {
    return Math.min((await remote.definitions.info(enforced)).at, Date.now());
  } catch (error) {
    if (error instanceof RepoError) return 0; // accepted history of another origin: what was enforced is not here
    throw error;
  }
}

async function doubted(oid: Oid, { reason, words }: Bad, { remote, tip, since }: VerifyArgs, mode: 'head' | 'strict'): Promise<SourceVerdict> {
  const { author, subject } = await remote.definitions.info(oid);
  const which = oid === tip ? '' : `, which comes with ${short(tip)},`;
  const rule = mode === 'head' || since === null ? 'the newest commit' : `every commit since ${short(since)}`;
  const message = `commit ${short(oid)} (${author}: ${JSON.stringify(subject.slice(0, 60))})${which} ${words}; ${mode}: ${rule} must be signed by a key that this node trusts`;
  return { isVerified: false, reason, message };
}

function short(oid: Oid): string {
  return oid.slice(0, 10);
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'verified.json');
}

async function load(stateDir: string): Promise<Kept | null> {
  try {
    const kept = JSON.parse((await readTextIfThere(fileIn(stateDir))) ?? 'null') as Kept | null;
    return kept?.format === FORMAT && typeof kept.good === 'object' && kept.good !== null ? kept : null;
  } catch {
    return null;
  }
}

async function save(stateDir: string, keys: TrustedKeys, good: Readonly<Record<Oid, Good>>): Promise<void> {
  const kept: Kept = { format: FORMAT, keys: keys.hash, good: Object.fromEntries(Object.entries(good).slice(-MOST_KEPT)) };
  const text = JSON.stringify(kept);
  if ((await readTextIfThere(fileIn(stateDir)).catch(() => null)) !== text) await writeAtomic(fileIn(stateDir), text);
}
