/** `--wait`: what was pushed is awaited on every node, and shown as it is then, uuid and vxid filled in. */
import type { About, Change } from '../edit/draft.ts';
import { headOf, originOf } from '../pass/commit-edits.ts';
import { loadConfig } from './config.ts';
import type { WaitOptions } from './edit-options.ts';
import { type Desk, MAIN } from './edit-source.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { describeCommand } from './view-command.ts';
import { hereIn, type ViewOptions } from './view-source.ts';
import { waitCommand } from './wait-command.ts';

/** Throws CommandError where nobody could ever answer: before anything is done. */
export async function checkWait({ about }: Change, options: WaitOptions, { at }: Desk): Promise<void> {
  const { push, branch, commit } = options;
  const stateless = about.find(({ kind }) => kind === 'Node' || kind === 'Namespace' || kind === 'Cluster');
  if (stateless !== undefined) throw new CommandError(`a ${stateless.kind} has no state to wait for`, { hint: 'leave --wait out' });
  if (push === undefined) throw new CommandError('--wait waits for nodes, which take up only what is pushed', { hint: 'add --push' });
  const followed = followedBranch(options);
  const pushed = branch ?? (commit && 'dir' in at ? (await headOf(at.dir)).branch : undefined);
  if (pushed === followed) return;
  const how = 'dir' in at ? `add --commit in a checkout that is on ${followed}` : `add --branch ${followed}`;
  throw new CommandError(`--wait waits for nodes, which follow ${followed}`, { hint: `${how}; or leave --wait out, and \`netloom wait\` after the merge` });
}

function followedBranch(options: WaitOptions): string {
  return hereIn(options) === null ? MAIN : loadConfig(options.config).repo.branch;
}

/** Until every node that carries it has it, or lost it; then its record. */
export async function awaitNodes({ about }: Change, options: WaitOptions, { at }: Desk): Promise<ExitCode> {
  const view = await viewOf(options, at);
  for (const each of about) {
    const goal = each.is === 'gone' ? 'deleted' : 'created';
    const code = await waitCommand(each.kind.toLowerCase(), each.key, { ...view, for: goal, timeout: options.timeout });
    if (code !== EXIT.fine) return code;
  }
  const last = about.at(-1);
  return last === undefined ? EXIT.fine : described(last, view, options);
}

async function described({ kind, key }: About, view: ViewOptions, { output }: WaitOptions): Promise<ExitCode> {
  return describeCommand(kind.toLowerCase(), key, { ...view, output: output === 'json' ? 'json' : 'table' });
}

/** What is looked at: what is named, else the node's configuration, else where the checkout came from. */
export async function viewOf({ config, repo, statusBranch, namespace }: WaitOptions, at: Desk['at']): Promise<ViewOptions> {
  const known = { config, statusBranch, namespace };
  if (repo !== undefined) return { ...known, repo };
  if (hereIn({ config }) !== null || !('dir' in at)) return known;
  const origin = await originOf(at.dir);
  if (origin === null)
    throw new CommandError('nobody says where the status branch is', {
      hint: 'name a configuration with --config, or give the checkout a remote: git remote add origin URL',
    });
  return { ...known, repo: origin };
}
