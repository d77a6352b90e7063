/** `netloom plan`: what a pass would change on this node. */
import { resolve } from 'node:path';
import { writeAtomic } from '../host/files.ts';
import { placesOf } from '../objects/index.ts';
import { loadContests } from '../pass/contests.ts';
import type { Asked } from '../pass/control.ts';
import { type Prepared, prepare } from '../pass/enforce.ts';
import { preview } from '../pass/preview.ts';
import type { Refusal } from '../pass/pull.ts';
import { fileOfPlan, sourceOf } from '../pass/saved-plan.ts';
import { askedByUpgrade } from '../pass/upgrade-consent.ts';
import { contestText } from '../plan/contest.ts';
import { leftText } from '../plan/freeze.ts';
import { ignoredText } from '../plan/ignore.ts';
import { printCommands } from '../plan/print-commands.ts';
import { printText } from '../plan/print-text.ts';
import { toJson } from '../plan/to-json.ts';
import { loadConfig } from './config.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { checkNodeOption, localContext, type NodeContext, type NodeOptions, nodeOf } from './node-context.ts';
import { refusalExit } from './refusal-exit.ts';
import { asksForReview, type ReviewOptions, reviewCommand } from './review-command.ts';
import { paintPlan, print, say } from './terminal.ts';

type Options = NodeOptions & ReviewOptions & { readonly showIgnored?: true; readonly out?: string };

interface Planned extends NodeContext {
  /** Why the newest revision is not what is planned for. */
  readonly refusal?: Refusal | null;
}

/** Exit 0, 3 when the newest revision is invalid (planned for is the last good one); with --detailed-exitcode 2 and 5 as README says. */
export async function planCommand(options: Options): Promise<ExitCode> {
  if (asksForReview(options)) return reviewCommand(options);
  if (options.output === 'markdown' || options.output === 'github')
    throw new CommandError(`-o ${options.output} goes with --all-nodes`, { hint: 'add --all-nodes in a checkout, or -o text, json or commands here' });
  const context: Planned = options.local === undefined ? await remoteContext(options) : await localContext(options, false);
  const { contests } = await loadContests(context.stateDir);
  const prepared = await prepare({ ...context.target, contests }, context.runtimeDir);
  tell(options, context, prepared);
  const asked = options.local === undefined ? await askedByUpgrade(prepared.plan, { config: context, revision: context.source.revision }) : null;
  if (asked !== null) say(waitsText(asked));
  if (options.out !== undefined) await save(options.out, prepared, context);
  return options.detailedExitcode && asked !== null ? EXIT.needsApproval : planExit(options, context, prepared);
}

function tell(options: Options, context: Planned, { plan, compiled }: Prepared): void {
  for (const line of context.remarks) say(line);
  for (const line of context.pending) say(`waits: ${line}`);
  for (const trouble of compiled.troubles) say(`${trouble.definition}: ${trouble.reason}: ${trouble.message}`);
  if (options.output === 'json') print(JSON.stringify(toJson(plan), null, 2));
  else if (options.output === 'commands') print(printCommands(plan));
  else print(printText(plan, { paint: paintPlan, placeOf: placesOf(context.target.catalog) }));
  if (options.output === 'text') say(leftText(plan.left ?? []));
  for (const each of plan.contested ?? []) say(contestText(each));
  if (options.showIgnored && options.output === 'text') print(ignoredText(plan.ignored ?? []));
}

function planExit(options: Options, { refusal }: Planned, { plan }: Prepared): ExitCode {
  if (refusal != null && refusalExit(refusal) === EXIT.invalid) return EXIT.invalid;
  if (options.detailedExitcode && refusal?.reason === 'NeedsApproval') return EXIT.needsApproval;
  return options.detailedExitcode && plan.steps.length > 0 ? EXIT.changes : EXIT.fine;
}

// No pass has asked for it yet, so it cannot be approved yet; a saved plan that somebody applies is a word of its own.
function waitsText({ why }: Asked): string {
  return `${why}: the next pass does not do it, and netloom approve says how it goes ahead`;
}

async function save(path: string, prepared: Prepared, { target, source }: NodeContext): Promise<void> {
  await writeAtomic(resolve(path), fileOfPlan(prepared, { node: target.node.name, source, ledger: target.ledger }));
  say(`saved in ${path}: netloom apply ${path} does exactly this, or refuses`);
}

// What the next pass would take: the newest revision when it is good, with allocations that are decided but not published.
async function remoteContext(options: Options): Promise<Planned> {
  checkNodeOption(options);
  const config = loadConfig(options.config);
  const seen = await preview(config);
  if (seen.catalog === null) {
    for (const line of seen.remarks) say(line);
    throw new CommandError(`${refusalText(seen.refusal)}\nno revision is in force on ${config.node} yet: there is nothing to plan for`, {
      exitCode: refusalExit(seen.refusal),
      hint: 'correct that, or plan for a folder of definitions: --local DIR --node NAME',
    });
  }
  if (seen.refusal !== null) say(`${refusalText(seen.refusal)}\nin force, and planned for here, is ${seen.revision.slice(0, 10)}`);
  const { catalog, ledger, refusal, pending, remarks } = seen;
  return {
    refusal,
    target: { catalog, ledger, node: nodeOf(catalog, config.node) },
    stateDir: config.stateDir,
    runtimeDir: config.runtimeDir,
    pending,
    remarks,
    source: sourceOf(seen.revision, seen.files),
  };
}

function refusalText({ reason, message, diagnostics }: Refusal): string {
  return [...(diagnostics.length === 0 ? [] : [formatDiagnostics(diagnostics)]), `${reason}: ${message}`].join('\n');
}
