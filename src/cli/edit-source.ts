/** Where edits begin: the definitions of a checkout, or of a repository in a clone that is thrown away. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Definitions } from '../edit/draft.ts';
import { remove } from '../host/files.ts';
import { personsAuth } from '../join/credential.ts';
import type { Linked } from '../load/link.ts';
import { load } from '../load/load.ts';
import type { SourceFile } from '../load/source.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { loadFolder } from '../pass/local.ts';
import { editableText } from '../pass/push-edit.ts';
import { readFiles } from '../pass/revision.ts';
import type { Auth } from '../repo/auth.ts';
import { openRepo } from '../repo/open.ts';
import { formatDiagnostics } from './diagnostics.ts';
import type { EditOptions } from './edit-options.ts';
import { CommandError, EXIT } from './exit.ts';
import { isInCheckout } from './in-checkout.ts';
import { persons } from './join-options.ts';

/** The branch of a repository that is named by --repo. */
export const MAIN = 'main';

export interface Desk {
  readonly files: readonly SourceFile[];
  readonly definitions: Definitions;
  /** What is wrong with them already, though it is no error. */
  readonly warnings: readonly Diagnostic[];
  readonly at: { readonly dir: string } | { readonly url: string; readonly auth: Auth | undefined; readonly scratch: string };
}

/** Does something with them; a clone is gone after. Throws CommandError where there are none, or where they are invalid. */
export async function atDesk<T>(options: EditOptions, act: (desk: Desk) => Promise<T>): Promise<T> {
  if (options.repo === undefined) return act(await checkoutDesk(options));
  const scratch = mkdtempSync(join(tmpdir(), 'netloom-edit-'));
  const stay = leavingNothing(scratch);
  try {
    return await act(await remoteDesk(options.repo, options, scratch));
  } finally {
    stay();
    await remove(scratch);
  }
}

// A person's key may be in it, so a Ctrl-C takes it along too; the signal then does what it does. What is returned ends that.
function leavingNothing(folder: string): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: NodeJS.Signals): void => {
    stay();
    rmSync(folder, { recursive: true, force: true });
    process.kill(process.pid, signal);
  };
  const stay = (): void => {
    for (const signal of signals) process.off(signal, end);
  };
  for (const signal of signals) process.on(signal, end);
  return stay;
}

async function checkoutDesk({ repoDir }: EditOptions): Promise<Desk> {
  if (!existsSync(repoDir)) throw new CommandError(`there is no folder ${repoDir}`, { hint: WHERE });
  const dir = resolve(repoDir);
  // A folder that nobody named may be a whole home, or `/`.
  if (repoDir === '.' && !isInCheckout(dir)) throw new CommandError('this folder is no checkout of a git repository', { hint: WHERE });
  const { files, ...loaded } = await loadFolder(dir, null);
  return { files, ...valid(loaded, files), at: { dir } };
}

async function remoteDesk(url: string, options: EditOptions, scratch: string): Promise<Desk> {
  const auth = await personsAuth(persons(options), join(scratch, 'auth'));
  const repo = openRepo({ url, dir: join(scratch, 'read'), ...(auth === undefined ? {} : { auth }) });
  const tip = (await repo.tips([MAIN])).get(MAIN) ?? null;
  if (tip === null) throw new CommandError(`${url} has no branch ${MAIN}`, { hint: 'clone it, switch to the branch of the definitions, and edit there' });
  await repo.sync(MAIN, tip);
  const { files, entries } = await readFiles(repo, tip, '');
  const contents = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const loaded = load({ entries, bytesOf: path => contents.get(path) ?? null });
  return { files, ...valid(loaded, files), at: { url, auth, scratch } };
}

const WHERE = 'name a checkout of the definitions with --dir, or a repository with --repo';

function valid({ catalog, diagnostics }: Pick<Linked, 'catalog' | 'diagnostics'>, files: readonly SourceFile[]): Omit<Desk, 'files' | 'at'> {
  if (catalog === null || diagnostics.some(({ severity }) => severity === 'error'))
    throw new CommandError(`${formatDiagnostics(diagnostics)}\nthe definitions are invalid already, so they are not edited`, {
      exitCode: EXIT.invalid,
      hint: files.length === 0 ? WHERE : 'mend them first: netloom validate tells all that is wrong',
    });
  const texts = new Map(files.map(({ path, bytes }) => [path, editableText(bytes)]));
  return { definitions: { catalog, texts }, warnings: diagnostics };
}
