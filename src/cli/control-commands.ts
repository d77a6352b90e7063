/** Names, options and help of the commands by which people hold a node back, and let it go. */
import type { Command } from 'commander';
import { configOption } from './config-option.ts';
import { runs } from './runs.ts';

/** Adds approve, suspend and resume. */
export function addControlCommands(root: Command): void {
  root
    .command('approve')
    .argument('[hash]', 'of the deletions, as reconcile and plan show it; left out: show what waits')
    .addOption(configOption())
    .option('--ahead', 'also where no pass has asked for it yet')
    .description('let a revision delete many definitions, or the last of a kind: exactly those, on this node, once')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom approve                   what waits, and its hash; exits 5 when something does\n  netloom approve 5b1f0c9a7e2d4406',
    )
    .action(runs(async () => (await import('./approve-command.ts')).approveCommand));
  root
    .command('suspend')
    .addOption(configOption())
    .option('--reason <text>', 'why, for those who look at the status', '')
    .description('apply nothing on this node, and repair no drift, until resume; passes still plan and publish')
    .addHelpText('after', "\nExamples:\n  netloom suspend --reason 'the card is replaced'")
    .action(runs(async () => (await import('./suspend-command.ts')).suspendCommand));
  root
    .command('resume')
    .addOption(configOption())
    .description('enforce the definitions again after suspend, follow the branch again after rollback; the next pass catches up')
    .addHelpText('after', '\nExamples:\n  netloom resume && netloom reconcile')
    .action(runs(async () => (await import('./suspend-command.ts')).resumeCommand));
}
