/** Names, options and help of the commands that only look. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

const KINDS = 'networks, interfaces, nodes, namespaces, pools, floatingips or routedips, or any start that one alone has';
const REFS = 'name, namespace/name, uuid, vxid, address, MAC or device; also the start of a name or uuid that only one has';

/** Adds status, get, describe, events, addresses, ping and wait. */
export function addViewCommands(root: Command): void {
  addStatus(root);
  addGet(root);
  addDescribe(root);
  addEvents(root);
  addListCommands(root);
}

function addStatus(root: Command): void {
  remoteOptions(root.command('status'))
    .description('one screen: what is not Ready and why, nodes that are behind or silent, drift and repairs of the last day')
    .addOption(output(['table', 'json', 'yaml']))
    .option('-w, --watch', 'go on: a terminal shows one screen that is always new, a file gets what changed')
    .addOption(poll())
    .addHelpText(
      'after',
      '\nExamples:\n  netloom status\n  netloom status --watch\n  netloom status --repo https://git.example.com/net.git\n  netloom status -o json | jq .notReady\n\nExits 2 when something is not Ready; --watch ends with 0 at Ctrl-C.',
    )
    .action(runs(async () => (await import('./status-command.ts')).statusCommand));
}

function addGet(root: Command): void {
  source(root.command('get'))
    .argument('[kind]', `${KINDS}; several with commas between them; all`)
    .argument('[ref]', REFS)
    .option('--network <ref>', 'only interfaces of this network')
    .addOption(selector())
    .option('--show-labels', 'a column with all labels')
    .option('-L, --label-columns <keys>', 'a column for each of these labels; commas between them', keysIn)
    .option('--sort-by <column>', 'a column of -o wide, such as name, state (worst first), address; age (youngest first); or a path: .status.address')
    .option('--deleted', 'what was removed and is remembered: when, until when its addresses are quarantined, until when it would get everything back')
    .option('-w, --watch', 'go on, and print what comes, changes and goes: with -o json one object a line')
    .addOption(poll())
    .description('list objects with their state')
    .addOption(output(['table', 'wide', 'json', 'yaml', 'name']))
    .addHelpText('after', GET_HELP)
    .action(runs(async () => (await import('./get-command.ts')).getCommand));
}

const GET_HELP = `
Examples:
  netloom get networks -A
  netloom get if -n acme -l 'role in (web,db),!old' -L role
  netloom get interfaces --network acme/front --sort-by address
  netloom get fip -A -o wide --sort-by .status.since
  netloom get network 0xe2300f -o yaml
  netloom get net,if,fip -n acme
  netloom get all -A -o json
  netloom get --deleted -A
  netloom get nodes --watch
  netloom get networks -A -w -o json | jq -c .object.status.state

KIND may be short: net, if, no, ns, fip, rip.
--watch lists the remote's branches once each --poll, waits for a remote that is away, and ends at Ctrl-C with 0.`;

function addDescribe(root: Command): void {
  source(root.command('describe'))
    .argument('<kind>', KINDS)
    .argument('<ref>', REFS)
    .description('everything about one object')
    .addOption(output(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      '\nExamples:\n  netloom describe network -n acme front\n  netloom describe net fro -n acme\n  netloom describe interface 02:00:00:5e:10:01\n  netloom describe node n1 -o json',
    )
    .action(runs(async () => (await import('./view-command.ts')).describeCommand));
}

function addEvents(root: Command): void {
  remoteOptions(root.command('events'))
    .argument('[kind]', `${KINDS}; without it: of everything`)
    .argument('[ref]', REFS)
    .option('-n, --namespace <name>', 'only of this tenant; the tenant of REF (default: default)')
    .option('-A, --all-namespaces', 'all tenants')
    .addOption(selector())
    .option('--limit <n>', 'how many, newest first', '100')
    .option('--since <duration>', 'not older than this')
    .option('--node <name>', 'only what this node tells')
    .option('-t, --type <type>', 'only audit, change, status, usage or drift')
    .option('-w, --watch', 'go on, and print what happens: with -o json one event a line')
    .addOption(poll())
    .description('what happened to one object, or to all, newest first')
    .addOption(output(['table', 'json']))
    .addHelpText('after', EVENTS_HELP)
    .action(runs(async () => (await import('./events-command.ts')).eventsCommand));
}

const EVENTS_HELP = `
Examples:
  netloom events network -n acme front
  netloom events network acme/front --type change -o json
  netloom events --since 1h
  netloom events -n acme --type drift --limit 20
  netloom events node n1 --since 1d
  netloom events interfaces -l role=web
  netloom events --watch -o json`;

function addListCommands(root: Command): void {
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
    .argument('<ref>', 'name, namespace/name, uuid, vxid, address, MAC or device: whole')
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

function selector(): Option {
  return new Option(
    '-l, --selector <labels>',
    'only objects with these labels: role=web, role!=web, role in (a,b), role notin (a,b), role, !role; a comma is "and"',
  );
}

function poll(): Option {
  return new Option('--poll <duration>', 'with --watch: time between two looks at the remote').default('5s');
}

function keysIn(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter(key => key !== '')];
}

function output(forms: readonly string[]): Option {
  return new Option('-o, --output <form>', 'how to print it').choices(forms).default(forms[0]);
}
