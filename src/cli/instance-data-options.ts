/** Name, options and help of `netloom instance-data`. */
import { type Command, Option } from 'commander';
import { configOption } from './config-option.ts';
import { runs } from './runs.ts';

const FORMATS = ['network-data', 'netplan', 'networkd', 'ifupdown', 'libvirt', 'firecracker', 'qemu'];

export function addInstanceData(root: Command): void {
  root
    .command('instance-data')
    .argument('<instance>', "name or namespace/name: an Interface's `instance`, or the Interface itself where it has none")
    .addOption(new Option('-f, --format <format>', 'in whose words').choices(FORMATS).default('network-data'))
    .option('--iso <file>', 'write the image of a config drive instead (OpenStack, label config-2)')
    .option('--nocloud', "with --iso: cloud-init's NoCloud (label cidata)")
    .option('--user-data <file>', 'with --iso: put this file in as user data')
    .option('-n, --namespace <name>', 'the tenant', 'default')
    .addOption(configOption())
    .option('--repo <url>', 'read this repository instead of what the node keeps')
    .option('--status-branch <name>', 'with --repo: the branch that netloom writes', 'netloom-status')
    .description("a guest's network cards, for what starts it or sets it up: config drive, netplan, libvirt, QEMU ...")
    .addHelpText(
      'after',
      '\nExamples:\n  netloom instance-data acme/web-1\n  netloom instance-data acme/web-1 --format qemu\n  netloom instance-data acme/web-1 --iso /var/lib/vms/web-1.iso\n\nExits 75 while something of it is not allocated yet.',
    )
    .action(runs(async () => (await import('./instance-data-command.ts')).instanceDataCommand));
}
