/** `--config`, `--repo`, `--status-branch`: which repository a command looks at. */
import { type Command, Option } from 'commander';
import { DEFAULT_CONFIG_PATH } from './defaults.ts';

export function remoteOptions(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', "the node's configuration").default(DEFAULT_CONFIG_PATH).env('NETLOOM_CONFIG'))
    .option('--repo <url>', 'read this repository instead of the configured one')
    .option('--status-branch <name>', 'with --repo: the branch that netloom writes', 'netloom-status');
}
