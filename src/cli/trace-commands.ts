/** Names, options and help of the commands that tell where things come from. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds blame and diff. */
export function addTraceCommands(root: Command): void {
  remoteOptions(root.command('blame'))
    .argument('<address>', 'an address of a network or pool, or a MAC')
    .option('--at <time>', 'who had it then: a day (2026-11-20, in UTC), an instant, or 2h ago')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['table', 'json', 'csv']).default('table'))
    .description('who had an address or a MAC when, from the history of the status branch')
    .addHelpText(
      'after',
      "\nExamples:\n  netloom blame 203.0.113.10\n  netloom blame 203.0.113.10 --at '2026-11-20T14:03Z'\n  netloom blame 02:00:00:5e:10:01 -o csv\n  netloom blame 10.0.0.9 --at '2h ago' --repo https://git.example.com/net.git",
    )
    .action(runs(async () => (await import('./blame-command.ts')).blameCommand));
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
