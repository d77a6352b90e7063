/** What all commands that edit definitions are told, and how their options read. */
import { type Command, Option } from 'commander';
import { configOption } from './config-option.ts';

export interface EditOptions {
  readonly repoDir: string;
  readonly repo?: string;
  readonly namespace: string;
  readonly write?: true;
  readonly commit?: true;
  readonly branch?: string;
  readonly push?: true;
  readonly file?: string;
  readonly output: 'text' | 'json';
  readonly pushTokenFile?: string;
  readonly pushUsername?: string;
  readonly pushSshKey?: string;
}

/** Those of commands that can wait for nodes. */
export interface WaitOptions extends EditOptions {
  readonly config: string;
  readonly statusBranch: string;
  readonly wait?: true;
  readonly timeout: string;
}

/** Where the definitions are, and what becomes of the change. */
export function editOptions(command: Command): Command {
  return command
    .option('--dir, --repo-dir <dir>', 'a checkout of the definitions', '.')
    .option('--repo <url>', 'the definitions of this repository instead, in a clone that is thrown away; changed by --push alone')
    .option('--write', 'change the files, and commit nothing')
    .option('--commit', 'commit on the branch that the checkout is on')
    .option('--branch <name>', 'commit on a new branch, which the checkout is on then')
    .option('--push', 'commit, on a branch of its own where none is named, and push it: ready for a pull request')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'));
}

/** The tenant, where a bare name is looked up. */
export function tenantOption(command: Command): Command {
  return command.option('-n, --namespace <name>', 'the tenant', 'default');
}

/** The credential of a person for --repo. */
export function credentialOptions(command: Command): Command {
  return command
    .option('--push-token-file <file>', "with --repo: a person's token for that one push; it is not kept")
    .option('--push-username <name>', 'with --repo: where the server wants a name beside it')
    .option('--push-ssh-key <file>', "with --repo: a person's key for that one push; it is not kept");
}

/** The same, and waiting for nodes. */
export function pushedOptions(command: Command): Command {
  return credentialOptions(
    command
      .option('--wait', 'with --push to the branch that nodes follow: until every node has it, then the record of `describe`')
      .option('--timeout <duration>', 'with --wait: how long', '60s')
      .addOption(configOption())
      .option('--status-branch <name>', 'with --wait: the branch that netloom writes', 'netloom-status'),
  );
}

/** Ends the help of each of these commands. */
export const DEFAULT_IS_PRINTING = `
Without --write, --commit, --branch and --push it prints the change as a patch and writes nothing. The definitions as they would be are
validated whole; what is wrong is refused with its place, exit 3. Comments, order and all other bytes of the files stay as they are.`;
