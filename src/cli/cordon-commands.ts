/** Names, options and help of the commands that take a gateway node out of service and back. */
import type { Command } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds cordon and uncordon. */
export function addCordonCommands(root: Command): void {
  editing(root.command('cordon'))
    .description('edit definitions so that all routers leave a gateway node; says which goes where')
    .addHelpText('after', '\nExamples:\n  netloom cordon n1\n  netloom cordon n1 --repo-dir ~/net --commit && git -C ~/net push')
    .action(runs(async () => (await import('./cordon-command.ts')).cordonCommand));
  editing(root.command('uncordon'))
    .description('the way back: the gateway node may carry routers again; nothing moves by it')
    .addHelpText('after', '\nExamples:\n  netloom uncordon n1 --commit')
    .action(runs(async () => (await import('./cordon-command.ts')).uncordonCommand));
}

function editing(command: Command): Command {
  return remoteOptions(command)
    .argument('<node>', 'name of a Node with gateway: true')
    .option('--repo-dir <dir>', 'a checkout of the definitions', '.')
    .option('--commit', 'commit the edit with git');
}
