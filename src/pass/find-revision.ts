/** Revisions of a remote by the names that people give them: a branch, a commit or the beginning of one, and `~2` or `^` behind it. */
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import type { Point } from '../review/review.ts';
import { walkBack } from './walk-back.ts';

/** A side of a remote that was listed and synced. */
export interface Line {
  readonly repo: Repo;
  readonly branch: string;
  /** Its tip, which is here. */
  readonly tip: Oid;
}

/** The newest commit of a branch, brought here. Throws RepoError. */
export async function newestOf(repo: Repo, branch: string): Promise<Line> {
  const tip = (await repo.tips([branch])).get(branch) ?? null;
  if (tip === null) throw new RepoError('no-branch', `there is no branch ${branch}`, '');
  await repo.sync(branch, tip);
  return { repo, branch, tip };
}

/** The commit that a word names, brought here with what comes after it. `''`, `HEAD` and `newest` are the branch's tip. Throws RepoError. */
export async function findRevision(line: Line, word: string): Promise<Point> {
  const cut = word.search(/[~^]/);
  const [name, steps] = cut < 0 ? [word, ''] : [word.slice(0, cut), word.slice(cut)];
  const start = /^(?:~\d*|\^)*$/.test(steps) ? await startOf(line, name) : null;
  if (start === null) throw unknown(word, line);
  let commit = start;
  for (let left = generations(steps); left > 0; left -= 1) {
    const parent: Oid | undefined = (await line.repo.info(commit)).parents[0];
    if (parent === undefined || !(await bring(line, parent))) throw unknown(word, line);
    commit = parent;
  }
  return { name: word === '' ? line.branch : word, commit };
}

function generations(steps: string): number {
  return [...steps.matchAll(/~(\d*)|\^/g)].reduce((sum, [step, digits]) => sum + (step === '^' || digits === '' ? 1 : Number(digits)), 0);
}

async function startOf(line: Line, name: string): Promise<Oid | null> {
  const { repo, branch, tip } = line;
  if (['', 'HEAD', 'newest', branch, `origin/${branch}`].includes(name)) return tip;
  if (/^[0-9a-f]{40}$/.test(name)) return (await bring(line, name)) ? name : null;
  const isWhole = /^[A-Za-z0-9][\w./-]*$/.test(name);
  const other = isWhole ? (await repo.branches([name])).get(name) : undefined;
  if (other !== undefined) {
    await repo.sync(name, other);
    return other;
  }
  return /^[0-9a-f]{4,39}$/.test(name) ? beginningWith(line, name) : null;
}

async function bring({ repo, branch }: Line, oid: Oid): Promise<boolean> {
  for (;;) {
    if ((await repo.here([oid])).has(oid)) return true;
    if (!(await repo.deepen(branch))) return false;
  }
}

async function beginningWith({ repo, branch, tip }: Line, start: string): Promise<Oid | null> {
  const found = (walked: { readonly changes: readonly { readonly oid: Oid }[]; readonly last: { readonly oid: Oid } }): readonly Oid[] =>
    [...walked.changes, walked.last].map(({ oid }) => oid).filter(oid => oid.startsWith(start));
  const walked = await walkBack({ repo, branch, from: tip, folder: '', mayFetch: true, isEnough: so => found(so).length > 0 });
  const [only, ...more] = found(walked);
  if (more.length > 0) throw new RepoError('other', `${start} is the beginning of ${more.length + 1} commits: give more of it`, '');
  return only ?? null;
}

function unknown(word: string, { branch }: Line): RepoError {
  const what = `${JSON.stringify(word)} names no commit of the repository`;
  return new RepoError('other', `${what}: give a branch, a commit of ${branch} (of a merged branch all 40 digits), and ~2 or ^ behind it`, '');
}
