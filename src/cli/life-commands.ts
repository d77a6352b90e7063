/** Names, options and help of the commands by which a machine becomes a node, and stops being one. */
import { type Command, Option } from 'commander';
import { configOption } from './config-option.ts';
import { runs } from './runs.ts';

/** Adds init, join and leave. */
export function addLifeCommands(root: Command): void {
  addInit(root);
  addJoin(root);
  addLeave(root);
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

function addJoin(root: Command): void {
  pushOptions(
    root
      .command('join')
      .argument('<url>', 'the repository of definitions')
      .description('make this machine a node: checks, configuration, its Node definition, units, a first pass, and the way to its peers')
      .addOption(configOption())
      .option('--node <name>', "its name (default: the machine's)")
      .option('--token-file <file>', 'token that reads definitions and writes status; copied beside the configuration, mode 0600')
      .option('--username <name>', 'where the server wants a name beside the token')
      .addOption(new Option('--auth <type>', 'how the token is shown').choices(['token', 'basic', 'bearer']).default('token'))
      .option('--ssh-key <file>', 'private key, for repositories by ssh')
      .option('--known-hosts <file>', 'host keys that ssh may meet')
      .option('--credential', 'hand the secret to the units as a systemd credential (LoadCredential in drop-ins)')
      .option('--branch <name>', 'the branch that is enforced', 'main')
      .option('--path <folder>', 'folder of the definitions in the repository', '')
      .addOption(new Option('--mode <mode>', 'observe: plan and publish, change nothing').choices(['enforce', 'observe']).default('enforce'))
      .option('--pushes-per-minute <n>', 'how many pushes of status a git server of your own takes from all nodes together; the same on each', '6')
      .option('--address <address>', 'its underlay address (default: by the way to the other nodes)')
      .option('--mtu <bytes>', 'what its underlay device carries, where that is less than the Cluster says')
      .option('--gateway', 'it can carry routers of networks')
      .option(
        '--egress <pool=device>',
        'its network card for a pool; may be given several times',
        (text: string, all: readonly string[]) => [...all, text],
        [],
      ),
    'its Node definition: straight to that branch, or to one of its own (join-NAME) for a pull request',
  )
    .option('--wait <duration>', 'how long to wait until its Node is merged (default: the timer takes it up)')
    .option('--timeout <duration>', 'how long to wait for the other nodes', '2m')
    .option('--watch', 'run netloom-watch.service instead of netloom.timer')
    .option('--force', 'although the clock is wrong, the mtu too small, or another configuration is here')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('--state-dir <dir>', 'what the node keeps', '/var/lib/netloom')
    .option('--runtime-dir <dir>', 'lock and files of this boot', '/run/netloom')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom join https://git.example.com/net/definitions.git --node n2 --token-file /root/node-token\n  netloom join URL --token-file /root/node-token --push                  a branch join-NAME, for a pull request\n  netloom join URL --token-file /root/node-token --push main --push-token-file /root/my-token\n\nDoing it again is harmless: what is there already is said to be. Exits 75 when the remote or a peer does not answer.',
    )
    .action(runs(async () => (await import('./join-command.ts')).joinCommand));
}

function addLeave(root: Command): void {
  pushOptions(
    root
      .command('leave')
      .description('remove everything that netloom made on this machine, show it as a plan first, and prove that nothing is left')
      .addOption(configOption())
      .option('-y, --yes', 'ask nothing')
      .option('--keep', 'leave the kernel as it is: only units, configuration and state go')
      .option('--force', 'although things of others are in our bridges, or routers of networks are here: they are cut off'),
    'also remove its Node definition: straight from that branch, or by one of its own (leave-NAME) for a pull request',
  )
    .option('--state-dir <dir>', 'without a configuration: what the node kept', '/var/lib/netloom')
    .option('--runtime-dir <dir>', 'without a configuration: lock and files of this boot', '/run/netloom')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom leave\n  netloom leave --yes --push main --push-token-file /root/my-token\n  netloom leave --keep\n\nDoing it again finishes what was cut off. Exits 4 with the names of what could not be removed, 5 when things of others stand in the way.',
    )
    .action(runs(async () => (await import('./leave-command.ts')).leaveCommand));
}

function pushOptions(command: Command, what: string): Command {
  return command
    .option('--push [branch]', what)
    .option('--push-token-file <file>', "a person's token for that one push; it is not kept")
    .option('--push-username <name>', 'where the server wants a name beside it')
    .option('--push-ssh-key <file>', "a person's key for that one push; it is not kept")
    .option('--push-own', "push with the node's own credential");
}
