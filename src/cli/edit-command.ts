/** What every edit of definitions has in common: built, validated whole, told in network words, and then printed, written, committed or pushed. */
import type { Change, Definitions } from '../edit/draft.ts';
import { Refusal } from '../edit/refusal.ts';
import { harmless } from '../model/text.ts';
import { isBranchName } from '../repo/edits.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { type Done, keep } from './edit-keep.ts';
import type { EditOptions, WaitOptions } from './edit-options.ts';
import { type Ready, readyOf } from './edit-ready.ts';
import { atDesk, type Desk } from './edit-source.ts';
import { awaitNodes, checkWait } from './edit-wait.ts';
import { editJson, tellEdit } from './edit-words.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print, say } from './terminal.ts';

/** Exit 0, 3 where the definitions are or would be invalid. Throws CommandError for everything that is refused. */
export async function carryOut(
  options: EditOptions | WaitOptions,
  build: (definitions: Definitions, desk: Desk) => Change | Promise<Change>,
): Promise<ExitCode> {
  checkOptions(options);
  return atDesk(options, async desk => {
    const ready = readyOf(desk, await refusing(() => build(desk.definitions, desk)));
    const waits = 'wait' in options && options.wait === true;
    if (waits) await checkWait(ready.change, options, desk);
    if (ready.edits.size === 0) {
      if (options.output === 'json') print(editJson(ready, null));
      else print(`Nothing to do: the definitions say so already (${ready.message.split('\n')[0]}).`);
      return EXIT.fine;
    }
    if (ready.warnings.length > 0) say(formatDiagnostics(ready.warnings));
    const done = await keep(ready, options, desk);
    if (!waits) return told(ready, done, options);
    if (options.output === 'text') tellEdit(ready, done, say);
    return awaitNodes(ready.change, options, desk);
  });
}

function told(ready: Ready, done: Done, { output }: EditOptions): ExitCode {
  if (output === 'json') print(editJson(ready, done));
  else tellEdit(ready, done, print);
  return EXIT.fine;
}

/** Runs what may refuse, as commands refuse. */
export async function refusing<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) throw new CommandError(error.message, { hint: error.hint });
    throw error;
  }
}

function checkOptions({ repo, repoDir, write, commit, branch, push, file }: EditOptions): void {
  if (write && (commit || push || branch !== undefined))
    throw new CommandError('--write commits nothing, and --commit, --branch and --push do', { hint: 'leave one of them out' });
  if (commit && branch !== undefined) throw new CommandError('--commit is for the branch that the checkout is on', { hint: 'leave it out: --branch commits' });
  if (repo !== undefined && repoDir !== '.') throw new CommandError('--repo and --dir exclude each other', { hint: 'leave one of them out' });
  if (repo !== undefined && push === undefined && (write || commit || branch !== undefined))
    throw new CommandError('with --repo the clone is thrown away, and the change with it', { hint: 'add --push, or do it in a checkout' });
  if (branch !== undefined && !isBranchName(branch))
    throw new CommandError(`${JSON.stringify(branch)} is no name of a branch`, { hint: 'such as add-shop-network' });
  if (file !== undefined && !/^(?!\.{0,2}\/)(?!.*\/\.{0,2}(\/|$))[^\0\n\\]+\.ya?ml$/.test(file))
    throw new CommandError(`--file ${harmless(file)} is no file of definitions`, { hint: 'a path below the folder of the definitions that ends in .yaml' });
}
