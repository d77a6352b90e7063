/** Names, options and help of every command; the pages of the manual are made of it too. Each command's own code is loaded only when it runs. */
import { Command, Option } from 'commander';
import { version } from '../pass/program.ts';
import { addAdoptCommand } from './adopt-commands.ts';
import { addCompletionCommands } from './completion-commands.ts';
import { configOption } from './config-option.ts';
import { addConfirmCommands, confirmTimeoutOption } from './confirm-commands.ts';
import { addControlCommands } from './control-commands.ts';
import { addCordonCommands } from './cordon-commands.ts';
import { addCreateCommands } from './create-commands.ts';
import { addDoctor } from './doctor-commands.ts';
import { addEditCommands } from './edit-commands.ts';
import { EXIT_MEANINGS } from './exit.ts';
import { addGraphCommand } from './graph-commands.ts';
import { addInstanceData } from './instance-data-options.ts';
import { addLabCommands } from './lab-commands.ts';
import { addLifeCommands } from './life-commands.ts';
import { runs } from './runs.ts';
import { addTraceCommands } from './trace-commands.ts';
import { addViewCommands } from './view-commands.ts';

/** The whole tree of commands; a group is what `--help` and the manual put under one heading: say it before commands that begin another. */
export function program(): Command {
  const root = new Command('netloom');
  root
    .description("GitOps for virtual networks on Linux: networks, addresses and guests' ports from a git repository.")
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--no-color', 'no colour, also on a terminal')
    .showHelpAfterError('(netloom --help lists the commands)')
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', EXAMPLES);
  root.commandsGroup('Definitions and passes:');
  addValidate(root);
  addPassCommands(root);
  addConfirmCommands(root);
  root.commandsGroup('Looking:');
  addViewCommands(root);
  addTraceCommands(root);
  addGraphCommand(root);
  addDoctor(root);
  addInstanceData(root);
  root.commandsGroup('Changing definitions:');
  addCreateCommands(root);
  addEditCommands(root);
  addCordonCommands(root);
  root.commandsGroup('A word for this node:');
  addControlCommands(root);
  root.commandsGroup('Becoming a node, and leaving:');
  addLifeCommands(root);
  addAdoptCommand(root);
  root.commandsGroup('Besides:');
  addLabCommands(root);
  addCompletionCommands(root);
  root.helpCommand(true);
  for (const command of root.commands) pointToHelp(command, root.name());
  return root;
}

/** A word too many, or an option that is not there: the help of that very command says what it takes. */
function pointToHelp(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.showHelpAfterError(`(${name} --help ${command.commands.length > 0 ? 'lists its commands' : 'says what it takes'})`);
  for (const below of command.commands) pointToHelp(below, name);
}

const EXAMPLES = `
Examples:
  netloom validate example-repo            everything wrong in a folder of definitions, at once
  netloom lab up --repo example-repo       its cluster, made of namespaces on this machine
  netloom plan                             what a pass would change on this node, nothing is changed
  netloom reconcile                        one pass: pull, validate, plan, apply, verify, publish

Exit codes: ${Object.entries(EXIT_MEANINGS)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join(', ')
  .replace(', 75', ',\n75')}.`;

function localOptions(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--local <dir>', 'definitions from this folder instead of the remote; allocations stay in the state directory')
    .option('--node <name>', 'with --local: which Node definition this machine is')
    .option('--state-dir <dir>', 'with --local: where the ledger is kept', '/var/lib/netloom')
    .option('--runtime-dir <dir>', 'with --local: where the lock is', '/run/netloom');
}

function addValidate(root: Command): void {
  root
    .command('validate')
    .argument('[path]', 'folder of definitions, or one file', '.')
    .description('say everything that is wrong with definitions, at once')
    .addOption(new Option('-o, --output <form>', 'how to say it').choices(['text', 'json', 'github', 'sarif']).default('text'))
    .option('--schemas <dir>', "also hold the definitions to a site's own, stricter schemas")
    .option('--no-cache', 'parse every file anew')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom validate\n  netloom validate networks/blue.yaml\n  netloom validate -o github .      in CI: annotations on the changed lines\n\nExits 3 when something is wrong.',
    )
    .action(runs(async () => (await import('./validate-command.ts')).validateCommand));
}

function addWatch(root: Command): void {
  localOptions(root.command('watch'))
    .description('passes at new commits, at changes of the kernel and of files, and after an interval, until it is told to stop')
    .option('--poll <duration>', 'how often the remote is asked for new commits (default: watch.poll of the configuration, or 15s)')
    .option('--interval <duration>', 'how often a pass runs without news (default: watch.interval of the configuration, or 5m)')
    .option('--plan-branches <pattern>', "also plan branches such as 'pr/*' against this kernel, and publish the plans")
    .addHelpText(
      'after',
      "\nExamples:\n  netloom watch\n  netloom watch --poll 5s --plan-branches 'pr/*'\n  netloom watch --local . --node n1  a folder, applied whenever a file of it changes",
    )
    .action(runs(async () => (await import('./watch-command.ts')).watchCommand));
}

function addPassCommands(root: Command): void {
  localOptions(root.command('plan'))
    .description('what a pass would change on this node, or merging on all of them; changes nothing')
    .option('--all-nodes', 'what merging would do on every node: from a checkout and the status branch, without any kernel')
    .option('--base <rev>', 'with --all-nodes or --node: what is merged into (default: where head left the default branch)')
    .option('--head <rev>', 'with --all-nodes or --node: what would be merged (default: the work tree)')
    .option('--status <rev>', 'the revision that holds the status branch (default: origin/netloom-status)')
    .option('--status-branch <name>', 'its name, where it has another one', 'netloom-status')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json', 'commands', 'markdown', 'github']).default('text'))
    .option('--out <file>', 'also save it: netloom apply FILE does exactly this, or refuses')
    .option('--detailed-exitcode', 'exit 2 when there is something to change, 5 when the newest revision needs approval')
    .option('--show-ignored', 'also what differs in fields that Cluster.spec.ignoreDrift leaves alone')
    .addHelpText(
      'after',
      '\nExamples:\n  netloom plan\n  netloom plan -o commands          the lines that an operator could paste\n  netloom plan --local . --node n1  a folder, before it is committed\n  netloom plan --all-nodes          in a checkout: what merging it would do, on all nodes\n  netloom plan --all-nodes --base origin/main --head HEAD -o markdown',
    )
    .action(runs(async () => (await import('./plan-command.ts')).planCommand));
  localOptions(root.command('apply'))
    .argument('[planfile]', 'a plan that `netloom plan --out` saved: exactly that, or it is refused as stale')
    .description('plan, apply and verify on this node: the last good definitions, a folder, or a saved plan')
    .addOption(confirmTimeoutOption())
    .option('--approve <hash>', 'with --local: the many links may go that this hash stands for (a refusal names it), or `all`')
    .addHelpText('after', '\nExamples:\n  netloom apply\n  netloom apply --local . --node n1\n  netloom plan --out change.plan && netloom apply change.plan')
    .action(runs(async () => (await import('./saved-plan-command.ts')).applyCommand));
  root
    .command('reconcile')
    .addOption(configOption())
    .description('one pass: pull, validate, allocate, plan, apply, verify, publish (what the timer runs)')
    .option('--accept <commit>', 'follow the branch to this commit although it does not descend from the one that is enforced, or was taken back here')
    .addOption(confirmTimeoutOption())
    .addHelpText('after', '\nExamples:\n  netloom reconcile\n  netloom reconcile --config /etc/netloom/n2.yaml')
    .action(runs(async () => (await import('./reconcile-command.ts')).reconcileCommand));
  addWatch(root);
  root
    .command('ensure')
    .argument('<interface>', 'name, namespace/name, uuid, MAC, address or device')
    .addOption(configOption())
    .option('-n, --namespace <name>', 'the tenant', 'default')
    .option('--timeout <duration>', 'how long to wait', '10s')
    .addOption(new Option('-o, --output <form>', 'how to print it').choices(['text', 'json']).default('text'))
    .description('what starts a guest calls: makes what this node lacks, then prints device, bridge, MAC and mtu')
    .addHelpText('after', '\nExamples:\n  netloom ensure -n acme web-1\n  netloom ensure acme/web-1 -o json\n\nExits 75 when it is not possible yet.')
    .action(runs(async () => (await import('./ensure-command.ts')).ensureCommand));
}
