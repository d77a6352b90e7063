/** Names, options and help of the commands that only look. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

const KINDS = 'networks, interfaces, nodes, namespaces, pools, floatingips or routedips';

/** Adds status, get, describe, events, addresses and wait. */
export function addViewCommands(root: Command): void {
  addObjectCommands(root);
  addListCommands(root);
}

function addObjectCommands(root: Command): void {
  remoteOptions(root.command('status'))
    .description('one screen: nodes, what is not Ready and why')
    .addOption(output(['table', 'json', 'yaml']))
    .addHelpText('after', '\nExamples:\n  netloom status\n  netloom status --repo https://git.example.com/net.git\n\nExits 2 when something is not Ready.')
    .action(runs(async () => (await import('./view-command.ts')).statusCommand));
  source(root.command('get'))
    .argument('<kind>', KINDS)
    .argument('[ref]', 'name, namespace/name, uuid or its start, vxid, address, MAC or device')
    .option('--network <ref>', 'only interfaces of this network')
    .description('list objects with their state')
    .addOption(output(['table', 'wide', 'json', 'yaml', 'name']))
    .addHelpText(
      'after',
      '\nExamples:\n  netloom get networks -A\n  netloom get interfaces -n acme -o wide\n  netloom get interfaces --network acme/front\n  netloom get floatingips -A\n  netloom get network 0xe2300f -o yaml',
    )
    .action(runs(async () => (await import('./view-command.ts')).getCommand));
  source(root.command('describe'))
    .argument('<kind>', KINDS)
    .argument('<ref>', 'which one')
    .description('everything about one object')
    .addOption(output(['table', 'json', 'yaml']))
    .addHelpText('after', '\nExamples:\n  netloom describe network -n acme front\n  netloom describe interface 02:00:00:5e:10:01')
    .action(runs(async () => (await import('./view-command.ts')).describeCommand));
}

function addListCommands(root: Command): void {
  source(root.command('events'))
    .argument('<kind>', KINDS)
    .argument('<ref>', 'which one')
    .option('--limit <n>', 'how many, newest first', '100')
    .option('-t, --type <type>', 'only audit, change, status, usage or drift')
    .description('what happened to one object, newest first')
    .addOption(output(['table', 'json']))
    .addHelpText(
      'after',
      '\nExamples:\n  netloom events network -n acme front\n  netloom events network acme/front --type change -o json\n  netloom events network acme/front -t usage',
    )
    .action(runs(async () => (await import('./view-command.ts')).eventsCommand));
  source(root.command('addresses'))
    .argument('<network|pool>', 'which network, or which pool')
    .description('every address of a network or pool that is not free: type, user, where it comes from')
    .addOption(output(['table', 'csv', 'json', 'yaml']))
    .addHelpText('after', '\nExamples:\n  netloom addresses -n acme front\n  netloom addresses acme/front -o csv')
    .action(runs(async () => (await import('./view-command.ts')).addressesCommand));
  source(root.command('ping'))
    .argument('<network>', 'which network')
    .argument('<address>', 'an address of it')
    .option('-c, --count <n>', 'how many times it is asked', '10')
    .option('--interval <seconds>', 'time between two', '1')
    .option('--timeout <seconds>', 'how long an answer is waited for', '2')
    .option('--ssh <node>', 'run it on this node, by ssh (user@node works too)')
    .addOption(new Option('--stop-at-eof', 'end when stdin ends: what --ssh asks of the other side').hideHelp())
    .addOption(output(['text', 'json']))
    .description('ask an address from inside its network, on the node that carries the router')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom ping -n acme front 10.0.0.2\n  netloom ping acme/front 10.0.0.2 -c 3 --interval 0.2\n  netloom ping acme/front 10.0.0.2 --ssh n1 -o json\n\nExits 1 when nothing answers.',
    )
    .action(runs(async () => (await import('./ping-command.ts')).pingCommand));
  source(root.command('wait'))
    .argument('<kind>', 'network, interface, pool, floatingip or routedip')
    .argument('<ref>', 'which one')
    .addOption(new Option('--for <state>', 'what to wait for').choices(['created', 'ready', 'deleted']).default('created'))
    .option('--timeout <duration>', 'how long', '60s')
    .description('wait until an object is created on every node, or gone from every node')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom wait network -n acme front\n  netloom wait network acme/front --for deleted --timeout 2m\n\nExits 1 with the reason of every node that is missing.',
    )
    .action(runs(async () => (await import('./wait-command.ts')).waitCommand));
}

function source(command: Command): Command {
  return remoteOptions(command).option('-n, --namespace <name>', 'the tenant', 'default').option('-A, --all-namespaces', 'all tenants');
}

function output(forms: readonly string[]): Option {
  return new Option('-o, --output <form>', 'how to print it').choices(forms).default(forms[0]);
}
