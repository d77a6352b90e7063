/** `netloom plan`: what a pass would change on this node. */
import { prepare } from '../pass/enforce.ts';
import { preview } from '../pass/preview.ts';
import { printCommands } from '../plan/print-commands.ts';
import { printText } from '../plan/print-text.ts';
import { toJson } from '../plan/to-json.ts';
import { loadConfig } from './config.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { checkNodeOption, localContext, type NodeContext, type NodeOptions, nodeOf } from './node-context.ts';
import { paintPlan, print, say } from './terminal.ts';

interface Options extends NodeOptions {
  readonly output: 'text' | 'json' | 'commands';
  readonly detailedExitcode?: true;
}

/** Exit 0; with --detailed-exitcode 2 when there is something to change. */
export async function planCommand(options: Options): Promise<ExitCode> {
  const context = options.local === undefined ? await remoteContext(options) : await localContext(options, false);
  const { plan, compiled } = await prepare(context.target, context.runtimeDir);
  for (const line of context.pending) say(`waits: ${line}`);
  for (const trouble of compiled.troubles) say(`${trouble.definition}: ${trouble.reason}: ${trouble.message}`);
  if (options.output === 'json') print(JSON.stringify(toJson(plan), null, 2));
  else if (options.output === 'commands') print(printCommands(plan));
  else print(printText(plan, { paint: paintPlan }));
  return options.detailedExitcode && plan.steps.length > 0 ? EXIT.changes : EXIT.fine;
}

// What the next pass would take: the newest revision when it is good, with allocations that are decided but not published.
async function remoteContext(options: Options): Promise<NodeContext> {
  checkNodeOption(options);
  const config = loadConfig(options.config);
  const seen = await preview(config);
  for (const line of seen.remarks) say(line);
  const { catalog, ledger } = seen;
  return { target: { catalog, ledger, node: nodeOf(catalog, config.node) }, stateDir: config.stateDir, runtimeDir: config.runtimeDir, pending: seen.pending };
}
