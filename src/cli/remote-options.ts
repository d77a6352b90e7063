/** `--config`, `--repo`, `--status-branch`: which repository a command looks at. */
import type { Command } from 'commander';
import { configOption } from './config-option.ts';

export function remoteOptions(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--repo <url>', 'read this repository instead of the configured one')
    .option('--status-branch <name>', 'with --repo: the branch that netloom writes', 'netloom-status');
}
