/** Names, options and help of the lab: a cluster made of namespaces on this machine. */
import { type Command, Option } from 'commander';
import { runs } from './runs.ts';

/** Adds lab up, down, exec and status. */
export function addLabCommands(root: Command): void {
  const lab = root.command('lab').description('a cluster made of namespaces on this machine: try a repository before it meets real nodes (needs root)');
  named(lab.command('up'))
    .option('--nodes <n>', 'made-up nodes, without --repo', '3')
    .option('--repo <dir>', 'one node for each Node definition of this folder, which is pushed to a git server of the lab')
    .description('make the nodes, their underlay, a git server and a configuration for each node')
    .addHelpText('after', '\nExamples:\n  netloom lab up --repo example-repo\n  netloom lab exec n1 -- netloom reconcile\n  netloom lab down')
    .action(runs(async () => (await import('./lab-command.ts')).labUpCommand));
  named(lab.command('exec'))
    .argument('<node>')
    .argument('<command...>', 'after --')
    .description('run a command inside a node of the lab')
    .addHelpText('after', '\nExamples:\n  netloom lab exec n1 -- ip link\n  netloom lab exec n2 -- netloom plan')
    .action(runs(async () => (await import('./lab-command.ts')).labExecCommand));
  named(lab.command('status'))
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['table', 'json']).default('table'))
    .description('nodes, addresses and the git server of the lab')
    .action(runs(async () => (await import('./lab-command.ts')).labStatusCommand));
  lab
    .command('demo')
    .description('play the main job on the example repository: plan, apply, status, packets, drift, revert; leaves nothing')
    .action(runs(async () => (await import('./demo-command.ts')).demoCommand));
  named(lab.command('down'))
    .description('remove all of it')
    .action(runs(async () => (await import('./lab-command.ts')).labDownCommand));
}

function named(command: Command): Command {
  return command.option('--name <name>', 'several labs can live side by side', 'default');
}
