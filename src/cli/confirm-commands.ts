/** Names, options and help of what ends an armed change, and of what goes back to an earlier revision. */
import type { Command } from 'commander';
import { configOption } from './config-option.ts';
import { runs } from './runs.ts';

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
    .command('undo', { hidden: true })
    .argument('<state-dir>')
    .argument('<id>')
    .description('the watcher of an armed change: netloom starts it by itself')
    .action(runs(async () => (await import('./confirm-command.ts')).undoCommand));
}
