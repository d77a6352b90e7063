/** Name, options and help of the command that teaches shells, and the hidden one that they ask. */
import { Argument, type Command } from 'commander';
import { runs } from './runs.ts';

/** Adds completion and __complete. */
export function addCompletionCommands(root: Command): void {
  root
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .description('print what makes a shell complete commands, options and names of objects')
    .addHelpText(
      'after',
      '\nExamples:\n  . <(netloom completion bash)                                       in this shell, or in ~/.bashrc\n  netloom completion zsh > ~/.zfunc/_netloom          where fpath has ~/.zfunc\n  netloom completion fish > ~/.config/fish/completions/netloom.fish\n\nThe Debian package has installed all three. Names are those that this machine saw last.',
    )
    .action(runs(async () => (await import('./completion-command.ts')).completionCommand));
  root
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .action(runs(async () => (await import('./complete-command.ts')).completeCommand));
}
