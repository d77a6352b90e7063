/** Names, options and help of the commands that tell where things come from. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds diff. */
export function addTraceCommands(root: Command): void {
  remoteOptions(root.command('diff'))
    .argument('[range]', 'A..B, or A: with the newest revision, in a checkout with the work tree')
    .option('--repo-dir <dir>', 'a checkout of the definitions (default: the one that you are in)')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('--detailed-exitcode', 'exit 2 when something differs')
    .description('what changed between two revisions of the definitions, in network words')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom diff                      in a checkout: what is not committed yet\n  netloom diff main~3..main\n  netloom diff 3f2a9c1d..main -o json\n  netloom diff main~1 --repo https://git.example.com/net.git\n\nExits 3 when one of the two is invalid.',
    )
    .action(runs(async () => (await import('./diff-command.ts')).diffCommand));
}
