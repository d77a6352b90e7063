/** Names, options and help of the commands by which a machine becomes a node, and stops being one. */
import type { Command } from 'commander';
import { runs } from './runs.ts';

/** Adds init, join and leave. */
export function addLifeCommands(root: Command): void {
  addInit(root);
}

function addInit(root: Command): void {
  root
    .command('init')
    .argument('[dir]', 'a folder that is empty, or not there yet', '.')
    .description('a new repository of definitions, from what this machine is: asks on a terminal what no option says')
    .option('--cluster <name>', "name of the cluster (default: the folder's)")
    .option('--node <name>', "name of this node (default: the machine's)")
    .option('--to <address>', 'another node: the way to it says which device and address are the underlay (default: the default route)')
    .option('--pool <name=cidr>', 'addresses of the outside; makes this node a gateway node')
    .option('--egress <device>', 'network card by which they leave (default: that of the default route)')
    .option('--network <namespace/name=cidr>', 'a first network; may be given several times', (text: string, all: readonly string[]) => [...all, text], [])
    .option('--remote <url>', 'where the repository will be: becomes the remote origin')
    .option('--example <name>', 'copy an example instead: cluster')
    .option('--no-tools', 'without the program that CI runs, and the schemas (tools/netloom)')
    .option('-y, --yes', 'ask nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom init definitions\n  netloom init definitions --cluster harbour --to 10.2.1.12 --pool quay=198.51.100.0/24 --egress eth1 \\\n    --network bakery/shop=192.168.7.0/24 --remote https://git.example.com/net/definitions.git\n  netloom init try --example cluster\n\nExits 3 when what was asked for makes no valid definitions; nothing is written then.',
    )
    .action(runs(async () => (await import('./init-command.ts')).initCommand));
}
