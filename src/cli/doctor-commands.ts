/** Name, options and help of `netloom doctor`. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds doctor. */
export function addDoctor(root: Command): void {
  remoteOptions(root.command('doctor'))
    .argument('[network|interface|floatingip]', 'what to look into (default: everything that this node takes part in)')
    .description('ask the whole path of a network by real probes, and say what is broken, where, and what to do; changes nothing')
    .option('-n, --namespace <name>', 'the tenant', 'default')
    .option('-A, --all-namespaces', 'find it in any tenant')
    .addOption(
      new Option('--ssh <node>', 'also ask this node, by ssh (user@node for another user): netloom doctor runs there; may be given several times')
        .argParser((text: string, all: readonly string[] = []) => [...all, text])
        .conflicts('all'),
    )
    .option('--all', 'also ask all other nodes that take part, by ssh')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExamples:\n  netloom doctor                       this node, its networks, and the way to the nodes that share them\n  netloom doctor -n bakery shop        one network\n  netloom doctor --ssh n2 --ssh n3     also what these nodes see: the other direction of each way\n  netloom doctor --all -o json\n\nA probe proves one direction, from the node that asks. Exits 2 when something is broken, 1 when it could not look (or one of the\nother nodes could not be asked), 0 when nothing is broken.',
    )
    .action(runs(async () => (await import('./doctor-command.ts')).doctorCommand));
}
