/** `netloom diff A..B`: what changed between two revisions of the definitions, in network words. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { differenceInCheckout, differenceOfRemote } from '../pass/difference.ts';
import { differenceJson, printDifference } from '../trace/difference.ts';
import { loadConfig } from './config.ts';
import { DEFAULT_CONFIG_PATH } from './defaults.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { isInCheckout } from './in-checkout.ts';
import { print } from './terminal.ts';
import { adHoc } from './view-source.ts';

interface Options {
  readonly config: string;
  readonly repo?: string;
  readonly statusBranch: string;
  readonly repoDir?: string;
  readonly output: 'text' | 'json';
  readonly detailedExitcode?: true;
}

/** Exit 0; 3 where one of the two revisions is invalid; with --detailed-exitcode 2 when something differs. */
export async function diffCommand(range: string | undefined, options: Options): Promise<ExitCode> {
  const dir = checkoutOf(options);
  const asked = rangeOf(range, dir !== null);
  const difference = await (dir === null ? differenceOfRemote(sourceOf(options), asked) : differenceInCheckout(dir, asked));
  const { invalid, diagnostics, items } = difference;
  if (invalid !== null) {
    const where = invalid.commit === '' ? `the ${invalid.name}` : `${invalid.name} at ${invalid.commit.slice(0, 10)}`;
    throw new CommandError(`${formatDiagnostics(diagnostics)}\n${where} is not valid, so nothing can be compared with it`, {
      exitCode: EXIT.invalid,
      hint: 'name another revision, or mend this one: netloom validate tells all that is wrong',
    });
  }
  print(options.output === 'json' ? JSON.stringify(differenceJson(difference), null, 2) : printDifference(difference));
  return options.detailedExitcode && items.length > 0 ? EXIT.changes : EXIT.fine;
}

function sourceOf({ repo, config, statusBranch }: Options): Parameters<typeof differenceOfRemote>[0] {
  return repo === undefined ? loadConfig(config) : adHoc(repo, statusBranch);
}

// What is named wins; else the checkout that one stands in, else the node's configuration.
function checkoutOf({ repo, repoDir, config }: Options): string | null {
  if (repo !== undefined && repoDir !== undefined) throw new CommandError('--repo and --repo-dir exclude each other', { hint: 'leave one of them out' });
  if (repoDir !== undefined) {
    if (!existsSync(repoDir)) throw new CommandError(`there is no folder ${repoDir}`, { hint: 'name a checkout of the definitions' });
    return repoDir;
  }
  if (repo !== undefined || config !== DEFAULT_CONFIG_PATH) return null;
  return isInCheckout(resolve('.')) || !existsSync(config) ? '.' : null;
}

/** `A..B`, `A..`, `A`, `..B`; nothing in a checkout is what is not committed yet. */
function rangeOf(text: string | undefined, isCheckout: boolean): { readonly base: string; readonly head: string | undefined } {
  if (text === undefined && !isCheckout)
    throw new CommandError('which revision is compared with the newest?', { hint: 'netloom diff main~1, or netloom diff A..B' });
  const [base = '', head, ...more] = (text ?? '').split('..');
  if (more.length > 0 || head?.startsWith('.'))
    throw new CommandError(`${JSON.stringify(text)} is no range of revisions`, { hint: 'A..B, or A alone for A with the newest' });
  return { base: base === '' ? 'HEAD' : base, head: head === '' ? undefined : head };
}
