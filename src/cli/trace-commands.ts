/** Names, options and help of the commands that tell where things come from. */
import { type Command, Option } from 'commander';
import { remoteOptions } from './remote-options.ts';
import { runs } from './runs.ts';

/** Adds trace, capture, blame and diff. */
export function addTraceCommands(root: Command): void {
  addHere(root);
  addPast(root);
}

function addHere(root: Command): void {
  remoteOptions(root.command('trace'))
    .argument('<device|ref>', 'a device (or netns/device), address, MAC, uuid, vxid, nft, dnsmasq, pid:NUMBER, or a ref of a plan')
    .option('--fetch', 'ask the remote for history that is not here; without it nobody is asked')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .description('from a thing of the kernel to its definition, the commit that wrote it, and what this node made of it')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom trace flt-c000020a-o\n  netloom trace 10.0.0.9\n  netloom trace 02:00:00:5e:10:01 -o json\n  netloom trace 0xe2300f --fetch\n  netloom trace 203.0.113.10 --repo https://git.example.com/net.git   what the branches alone tell\n\nExits 1 for what nobody knows.',
    )
    .action(runs(async () => (await import('./trace-command.ts')).traceCommand));
  remoteOptions(root.command('capture'))
    .argument('<ref>', 'a network, interface or floating address: a name, namespace/name, address, MAC, uuid, vxid or device')
    .argument('[filter...]', 'words of pcap-filter(7): tcp port 80')
    .option('-n, --namespace <name>', 'the tenant', 'default')
    .option('-A, --all-namespaces', 'all tenants')
    .addOption(new Option('--on <place>', 'of a network').choices(['bridge', 'router', 'egress', 'underlay']).default('bridge'))
    .addOption(new Option('--kind <kind>', 'where several have that name').choices(['Network', 'Interface', 'FloatingIP']))
    .option('-w, --write <file>', 'packets into a file for wireshark; - is stdout')
    .option('-c, --count <n>', 'end after so many packets')
    .option('--ssh <node>', 'run it on this node, by ssh (user@node works too)')
    .addOption(new Option('--stop-at-eof', 'end when stdin ends: what --ssh asks of the other side').hideHelp())
    .description('tcpdump in the right place: the near end of an interface, a bridge, router, way out or underlay of a network, a floating address')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom capture -n bakery web-1\n  netloom capture bakery/shop -c 20 arp or icmp\n  netloom capture bakery/shop --on underlay -w shop.pcap\n  netloom capture bakery/shop-front --ssh n1 -w - tcp port 443 | wireshark -k -i -\n\nCtrl-C ends it, and the file is whole.',
    )
    .action(runs(async () => (await import('./capture-command.ts')).captureCommand));
}

function addPast(root: Command): void {
  remoteOptions(root.command('blame'))
    .argument('<address>', 'an address of a network or pool, or a MAC')
    .option('--at <time>', 'who had it then: a day (2026-11-20, in UTC), an instant, or 2h ago')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['table', 'json', 'csv']).default('table'))
    .description('who had an address or a MAC when, from the history of the status branch')
    .addHelpText(
      'after',
      "\nExamples:\n  netloom blame 203.0.113.10\n  netloom blame 203.0.113.10 --at '2026-11-20T14:03Z'\n  netloom blame 02:00:00:5e:10:01 -o csv\n  netloom blame 10.0.0.9 --at '2h ago' --repo https://git.example.com/net.git",
    )
    .action(runs(async () => (await import('./blame-command.ts')).blameCommand));
  remoteOptions(root.command('diff'))
    .argument('[range]', 'A..B, or A: with the newest revision, in a checkout with the work tree')
    .option('--repo-dir <dir>', 'a checkout of the definitions (default: the one that you are in)')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('--detailed-exitcode', 'exit 2 when something differs')
    .description('what changed between two revisions of the definitions, in network words')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom diff                      in a checkout: what is not committed yet\n  netloom diff main~3..main\n  netloom diff 3f2a9c1d..main -o json\n  netloom diff main~1 --repo https://git.example.com/net.git\n\nExits 3 when one of the two is invalid.',
    )
    .action(runs(async () => (await import('./diff-command.ts')).diffCommand));
}
