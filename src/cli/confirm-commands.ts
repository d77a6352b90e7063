/** Names, options and help of what ends an armed change, and of what goes back to an earlier revision. */
import { type Command, Option } from 'commander';
import { configOption } from './config-option.ts';
import { runs } from './runs.ts';

/** `--confirm-timeout DURATION`, for what changes the kernel. */
export function confirmTimeoutOption(): Option {
  return new Option('--confirm-timeout <duration>', 'the previous state comes back after this time, unless `netloom confirm` says that all is well');
}

/** Adds confirm, rollback and the watcher's own undo. */
export function addConfirmCommands(root: Command): void {
  root
    .command('confirm')
    .addOption(configOption())
    .description('what `--confirm-timeout` left armed stays as it is')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom reconcile --confirm-timeout 2m && ping -c 3 192.0.2.1 && netloom confirm\n\nExits 1 when nothing waits, or when it is too late.',
    )
    .action(runs(async () => (await import('./confirm-command.ts')).confirmCommand));
  root
    .command('rollback')
    .argument('[commit]', 'in the history of the branch, 7 digits or more; left out: the revision that was enforced before')
    .addOption(configOption())
    .addOption(confirmTimeoutOption())
    .description('enforce an earlier revision on this node, until `netloom resume` or a newer commit')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom rollback                  what was enforced before the newest revision; git may be out of reach\n  netloom rollback 1f3c5aa',
    )
    .action(runs(async () => (await import('./rollback-command.ts')).rollbackCommand));
  root
    .command('undo', { hidden: true })
    .argument('<state-dir>')
    .argument('<id>')
    .description('the watcher of an armed change: netloom starts it by itself')
    .action(runs(async () => (await import('./confirm-command.ts')).undoCommand));
}
