/** Names, options and help of the commands that add definitions. */
import { type Command, Option } from 'commander';
import { DEFAULT_IS_PRINTING, editOptions, pushedOptions, tenantOption } from './edit-options.ts';
import { runs } from './runs.ts';

/** Adds create. */
export function addCreateCommands(root: Command): void {
  const create = root.command('create').description('edit definitions: a new network, interface, floating-ip or routed-ip, in the file that fits');
  addNetwork(create);
  addInterface(create);
  addHolders(create);
}

function creating(command: Command): Command {
  const named = tenantOption(command).option('-l, --label <key=value>', 'a label; may be given several times', collected, []);
  return pushedOptions(editOptions(named.option('--file <path>', 'the file that it goes into (default: beside its like, which the command says)')));
}

function collected(text: string, all: readonly string[]): readonly string[] {
  return [...all, text];
}

function addNetwork(create: Command): void {
  creating(
    create
      .command('network')
      .argument('<name>', 'its name')
      .argument('[cidr]', 'its prefix; left out: pure layer 2')
      .option('--no-dhcp', 'no DHCP server')
      .option('--no-nat', 'no way out through an address of a pool')
      .option('--dns', 'the router answers for names of guests')
      .addOption(new Option('--egress <way>', 'how guests get out').choices(['nat', 'routed', 'none']))
      .option('--pool <name>', 'the AddressPool of its way out')
      .option('--mtu <bytes>', 'its own mtu')
      .option('--vxid <n>', 'pinned, decimal or hexadecimal'),
  )
    .description('a new Network')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom create network demonet 192.168.0.0/24 --no-dhcp --no-nat\n  netloom create network -n acme front 10.0.0.0/24 --dns -l team=edge --push\n  netloom create network demo 172.16.0.0/24 --commit --push --wait     on main: ends with uuid and vxid\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./create-command.ts')).createNetworkCommand));
}

function addInterface(create: Command): void {
  creating(
    create
      .command('interface')
      .argument('<name>', 'its name')
      .requiredOption('--network <name>', 'the Network, of the same tenant')
      .option('--node <name>', 'where it is (default: nowhere yet, all is allocated)')
      .option('--address <address>', 'an address of the network, auto or none')
      .option('--mac <mac>', 'pinned')
      .option('--attach <how>', 'tap, netns:NAME, bridge or host; tap:IFNAME, bridge:PORT and host:IFNAME name the device')
      .option('--instance <name>', 'the guest that it belongs to')
      .option('--order <n>', 'which interface of the guest it is')
      .option('--float [pool]', 'with a FloatingIP that leads to it, of this pool'),
  )
    .description('a new Interface, and with --float its FloatingIP')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom create interface inst-on-sf-2 --network demonet --node sf-2\n  netloom create interface -n acme web-1 --network front --node n2 --attach netns:web-1 --float --push\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./create-command.ts')).createInterfaceCommand));
}

function addHolders(create: Command): void {
  creating(
    create
      .command('floating-ip')
      .argument('<name>', 'its name')
      .option('--interface <name>', 'where it leads to (default: held for later)')
      .option('--pool <name>', 'the AddressPool')
      .option('--address <address>', 'pinned'),
  )
    .description('a new FloatingIP')
    .addHelpText('after', `\nExamples:\n  netloom create floating-ip -n acme web --interface web-1 --address 192.0.2.10 --push\n${DEFAULT_IS_PRINTING}`)
    .action(runs(async () => (await import('./create-command.ts')).createFloatingCommand));
  creating(
    create
      .command('routed-ip')
      .argument('<name>', 'its name')
      .requiredOption('--network <name>', 'the Network that it is routed into')
      .option('--pool <name>', 'the AddressPool')
      .option('--address <address>', 'pinned'),
  )
    .description('a new RoutedIP; `route` also names it at interfaces')
    .addHelpText('after', `\nExamples:\n  netloom create routed-ip -n acme lb --network front --push\n${DEFAULT_IS_PRINTING}`)
    .action(runs(async () => (await import('./create-command.ts')).createRoutedCommand));
}
