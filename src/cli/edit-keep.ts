/** What becomes of a change: nothing, files, a commit in the checkout, or one that is pushed. */
import { HostError } from '../host/errors.ts';
import { holdSignals } from '../host/interruption.ts';
import { shellText } from '../model/shell.ts';
import { authorHere } from '../pass/checkout.ts';
import { commitEdits, type Head, hasBranch, headOf, pushHead, uncommitted, writeEdits } from '../pass/commit-edits.ts';
import { pushEdit } from '../pass/push-edit.ts';
import type { EditOptions } from './edit-options.ts';
import type { Ready } from './edit-ready.ts';
import { type Desk, MAIN } from './edit-source.ts';
import { CommandError, explain } from './exit.ts';
import { say } from './terminal.ts';

export interface Done {
  readonly as: 'printed' | 'written' | 'committed' | 'pushed';
  /** '' where nothing was committed. */
  readonly branch: string;
  readonly commit: string;
  /** Where the forge says that a pull request is opened. */
  readonly link: string | null;
  /** The branch that it goes into by a pull request; '' where it is there by itself, or nobody knows. */
  readonly into: string;
}

const NOT_COMMITTED = { branch: '', commit: '', link: null, into: '' } as const;

/** Keeps a change as the options say. Throws CommandError, HostError, RepoError; nothing is half done then. */
export async function keep(ready: Ready, options: EditOptions, { at }: Desk): Promise<Done> {
  const { write, commit, branch, push } = options;
  if (!('dir' in at)) return push === undefined ? { as: 'printed', ...NOT_COMMITTED } : pushed(ready, options, at);
  if (write) {
    await writeEdits(at.dir, ready.edits);
    return { as: 'written', ...NOT_COMMITTED };
  }
  if (commit === undefined && branch === undefined && push === undefined) return { as: 'printed', ...NOT_COMMITTED };
  return committed(ready, options, at.dir);
}

async function pushed({ edits, message, change }: Ready, { branch: named }: EditOptions, at: Exclude<Desk['at'], { dir: string }>): Promise<Done> {
  const branch = named ?? branchFor(change.subject);
  const found = await pushEdit({ ...at, main: MAIN, branch, edits, message, author: await authorHere() });
  return { as: 'pushed', branch, commit: found.commit.slice(0, 10), link: found.link, into: branch === MAIN ? '' : MAIN };
}

async function committed({ edits, message, change }: Ready, options: EditOptions, dir: string): Promise<Done> {
  const { ours, others } = await uncommitted(dir, [...edits.keys()]);
  if (ours.length > 0)
    throw new CommandError(`${ours.join(', ')} has changes that are not committed`, {
      hint: 'commit or undo them first, or change the files alone with --write',
    });
  if (others > 0) say(`${others} other files here have changes that are not committed: they count in the validation, and are no part of this commit.`);
  const head = await headOf(dir);
  const branch = await branchOf(dir, head.branch, options, change.subject);
  const isNew = branch !== null && branch !== head.branch;
  return endingWhole(async interrupt => {
    const commit = await commitEdits(dir, edits, { branch: isNew ? branch : null, message, interrupt });
    const done = { branch: branch ?? '', commit, into: isNew ? (head.branch ?? '') : '' };
    if (options.push === undefined) return { as: 'committed', ...done, link: null };
    if (branch === null)
      throw new CommandError(`committed ${commit}, and no branch is checked out to push`, { hint: 'git switch --create NAME, then git push' });
    const link = await pushHead(dir, branch, interrupt).catch(error => {
      throw notPushed(error, commit, branch, isNew ? head : null);
    });
    return { as: 'pushed', ...done, link };
  });
}

// The commit is good, and its author decides what becomes of it; `from` is where a new branch was begun.
function notPushed(error: Error, commit: string, branch: string, from: Head | null): CommandError {
  const back = shellText(['git', 'switch', ...(from?.branch ? [from.branch] : ['--detach', from?.commit ?? ''])]);
  const undo = from === null ? 'git reset --keep HEAD~1' : `${back} && ${shellText(['git', 'branch', '-D', branch])}`;
  return new CommandError(`committed ${commit} on ${branch} here, but not pushed: ${error.message}`, {
    hint: `${shellText(['git', 'push', '-u', 'origin', branch])}\n  or to take it back: ${undo}`,
  });
}

// A signal lets git end by itself, and what is half done is taken back before we end by it too. A second one ends us at once.
async function endingWhole<T>(act: (interrupt: AbortSignal) => Promise<T>): Promise<T> {
  const held = holdSignals();
  try {
    return await act(held.stop);
  } catch (error) {
    const signal = held.signal();
    if (signal === null) throw error;
    const isTakenBack = error instanceof HostError && error.code === 'interrupted';
    say(isTakenBack ? `stopped by ${signal}: nothing was committed, and files and branch are what they were` : explain(error).text);
    process.kill(process.pid, signal);
    throw error;
  } finally {
    held.release();
  }
}

// null: a commit is checked out by itself, and stays so.
async function branchOf(dir: string, current: string | null, { branch, commit }: EditOptions, subject: string): Promise<string | null> {
  if (commit) return current;
  if (branch === undefined) return freeBranch(dir, branchFor(subject));
  if (branch === current || !(await hasBranch(dir, branch))) return branch;
  throw new CommandError(`there is a branch ${branch} here already`, { hint: `name another one, or switch to it first: git switch ${branch}` });
}

async function freeBranch(dir: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name}-${n}`;
    if (!(await hasBranch(dir, free))) return free;
  }
}

/** `create-network-bakery-shop`. */
function branchFor(subject: string): string {
  const words = subject.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return words.replace(/^-/, '').slice(0, 60).replace(/-$/, '');
}
