/** Names, options and help of the commands that edit definitions that are there. */
import { type Command, Option } from 'commander';
import { credentialOptions, DEFAULT_IS_PRINTING, editOptions, pushedOptions, tenantOption } from './edit-options.ts';
import { runs } from './runs.ts';

const KINDS = 'network, interface, floatingip, routedip, pool, node or namespace';

/** Adds delete, float, defloat, route, unroute and set. */
export function addEditCommands(root: Command): void {
  addDelete(root);
  addFloat(root);
  addRoute(root);
  addSet(root);
}

function editing(command: Command): Command {
  return pushedOptions(editOptions(tenantOption(command)));
}

function holder(command: Command, what: string): Command {
  return command
    .option('--name <name>', `name of the ${what}`)
    .option('--pool <name>', 'the AddressPool')
    .option('--address <address>', 'pinned')
    .option('--file <path>', 'the file that it goes into (default: beside its like, which the command says)');
}

function addDelete(root: Command): void {
  editing(
    root
      .command('delete')
      .argument('<kind>', KINDS)
      .argument('<name>', 'its whole name, or namespace/name')
      .option('--with-dependants', 'also what stands on it; without, that is named and nothing is deleted'),
  )
    .description('edit definitions: take one out, with the comments before it')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom delete interface inst-on-sf-2 --push\n  netloom delete network -n acme front --with-dependants\n  netloom delete network demonet --commit --push --wait     on main: until every node has let it go\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./edit-delete-command.ts')).deleteCommand));
}

function addFloat(root: Command): void {
  holder(editing(root.command('float').argument('<interface>', 'its name')), 'FloatingIP: a new one, or one that is there, which is moved')
    .description('edit definitions: a FloatingIP that leads to an interface, new or moved')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom float -n acme web-1 --push\n  netloom float -n acme web-2 --name web-1     moves the FloatingIP web-1 to the interface web-2\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./edit-holder-command.ts')).floatCommand));
  editing(root.command('defloat').argument('<interface>', 'its name').option('--keep', 'the FloatingIP stays, with its address, and leads nowhere'))
    .description('edit definitions: no FloatingIP leads to an interface any more')
    .addHelpText('after', `\nExamples:\n  netloom defloat -n acme web-1 --push\n  netloom defloat -n acme web-1 --keep\n${DEFAULT_IS_PRINTING}`)
    .action(runs(async () => (await import('./edit-holder-command.ts')).defloatCommand));
}

function addRoute(root: Command): void {
  holder(editing(root.command('route').argument('<network>', 'its name')), 'RoutedIP')
    .option('--interface <name>', 'one that may carry the address; may be given several times', (text: string, all: readonly string[]) => [...all, text], [])
    .description('edit definitions: a RoutedIP into a network; with --wait its address is shown')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom route -n acme front --interface lb-1 --interface lb-2 --push\n  netloom route demo --commit --push --wait\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./edit-holder-command.ts')).routeCommand));
  editing(root.command('unroute').argument('<address|routedip>', 'the address, or the name of the RoutedIP'))
    .description('edit definitions: a RoutedIP goes, and its name at interfaces')
    .addHelpText('after', `\nExamples:\n  netloom unroute 192.0.2.20 --push\n  netloom unroute -n acme front\n${DEFAULT_IS_PRINTING}`)
    .action(runs(async () => (await import('./edit-holder-command.ts')).unrouteCommand));
}

function addSet(root: Command): void {
  const set = root.command('set').description('edit definitions: labels and annotations of any kind, and where an interface is');
  const metadata = tenantOption(
    set
      .command('metadata')
      .argument('<kind>', `${KINDS}, or cluster`)
      .argument('<name>', 'its whole name, or namespace/name')
      .argument('<key=value...>', 'KEY=VALUE sets, KEY- removes; a key with an equals sign stands in double quotes, as JSON has them')
      .addOption(new Option('--annotation', 'annotations instead of labels')),
  );
  credentialOptions(editOptions(metadata))
    .description('set and remove labels, or annotations; keys are any text up to 253 bytes')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom set metadata network -n acme front team=edge ticket-\n  netloom set metadata node n1 --annotation rack=r12 --push\n  netloom set metadata network demo '"a=b"=c'\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./edit-set-command.ts')).setMetadataCommand));
  editing(
    set
      .command('node')
      .argument('<interface>', 'its name')
      .argument('<node>', 'where it is from now on; - for nowhere, all stays allocated')
      .option('--migrate', 'the guest is moved while it runs: both nodes have its port until it is placed there'),
  )
    .description('the node of an interface; also the end of a migration')
    .addHelpText(
      'after',
      `\nExamples:\n  netloom set node -n acme web-1 n3 --push\n  netloom set node -n acme web-1 n3 --migrate --commit --push --wait     then move the guest, then without --migrate\n  netloom set node -n acme web-1 -\n${DEFAULT_IS_PRINTING}`,
    )
    .action(runs(async () => (await import('./edit-set-command.ts')).setNodeCommand));
}
