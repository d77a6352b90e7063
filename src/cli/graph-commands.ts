/** Name, options and help of the command that draws. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds graph. */
export function addGraphCommand(root: Command): void {
  remoteOptions(root.command('graph'))
    .argument('[network|node|interface|floatingip]', 'what is drawn, by name, namespace/name, address, MAC or device; the whole cluster where nothing is said')
    .option('-n, --namespace <name>', 'the tenant', 'default')
    .option('-A, --all-namespaces', 'all tenants')
    .option('--local <dir>', 'definitions of this folder, with the addresses that they would get')
    .addOption(new Option('-o, --output <form>', 'how to draw it').choices(['mermaid', 'dot', 'svg']).default('mermaid'))
    .description('draw devices, addresses and peers: of a network, a node, an interface, a floating address, or the cluster')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom graph                              who is where, as Mermaid: paste it into an issue or a page\n  netloom graph acme/front -o svg > front.svg\n  netloom graph n1 -o dot | dot -Tpng > n1.png\n  netloom graph 198.51.100.4                 the way of a floating address to its guest\n  netloom graph --local . acme/front         before it is committed',
    )
    .action(runs(async () => (await import('./graph-command.ts')).graphCommand));
}
