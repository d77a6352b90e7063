/** Name, options and help of the command that writes definitions of what somebody else made on this node. */
import { type Command, Option } from 'commander';
import { runs } from './runs.ts';

/** Adds adopt. */
export function addAdoptCommand(root: Command): void {
  root
    .command('adopt')
    .description('write definitions of the VXLAN networks that Shaken Fist, or somebody by hand, made on this node; changes nothing on it')
    .option('-n, --namespace <name>', 'the tenant that new networks belong to', 'default')
    .option('--node <name>', 'name of this Node (default: that of the host)')
    .option('--dir <dir>', 'a folder of definitions: what it has is not written again, and none of its files is touched')
    .option('--write', 'write the files into --dir; without it they are printed')
    .option('--only <names>', 'only these: vxids, or names of devices, with commas between')
    .option('--cidr <vxid=prefix>', 'the prefix of a network that no address here tells (again for another)', collected)
    .addOption(
      new Option('--routers <how>', 'keep: a router of somebody else goes on as a guest; replace: write what netloom needs to make it anew')
        .choices(['keep', 'replace'])
        .default('keep'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  netloom adopt\n  netloom adopt --dir ~/net --write     on each node, then commit\n  netloom adopt --only 100,br200 --cidr 100=10.0.0.0/24\n  netloom plan --local ~/net --node n1  what a pass would take over\n\nExits 3 when what it would write is not valid.',
    )
    .action(runs(async () => (await import('./adopt-command.ts')).adoptCommand));
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
