/** `netloom apply FILE`: carries out a plan that was saved, exactly, or says what moved since. */
import { readTextIfThere } from '../host/files.ts';
import { prepare } from '../pass/enforce.ts';
import { preview } from '../pass/preview.ts';
import { gateOf, sourceOf } from '../pass/saved-plan.ts';
import { readSavedPlan, type SavedPlan } from '../plan/saved-plan.ts';
import { reconcile } from '../reconcile.ts';
import { applyNow, checkEnforcing, exactExit } from './apply-command.ts';
import { loadConfig } from './config.ts';
import { confirmOption, fateExit } from './confirm-words.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { type NodeOptions, nodeOf } from './node-context.ts';
import { outcomeText } from './outcome-text.ts';
import { say } from './terminal.ts';

type Options = NodeOptions & { readonly confirmTimeout?: string; readonly approve?: string };

/** `netloom apply [FILE]`. */
export function applyCommand(file: string | undefined, options: Options): Promise<ExitCode> {
  return file === undefined ? applyNow(options) : applySaved(file, options);
}

/** Exit 0 when all of it was done, 4 when something could not be; 1 and nothing is changed when it is stale, damaged or another node's. */
async function applySaved(file: string, options: Options): Promise<ExitCode> {
  const text = await readTextIfThere(file);
  if (text === null) throw new CommandError(`there is no file ${file}`, { hint: 'netloom plan --out FILE makes one' });
  if (options.local !== undefined || options.node !== undefined)
    throw new CommandError('a saved plan knows its folder and its node', { hint: 'leave --local and --node out' });
  const read = readSavedPlan(text, null);
  if ('problem' in read) throw new CommandError(`${file}: ${read.problem}`, { hint: 'netloom plan --out FILE makes a new one' });
  const { saved } = read;
  if (saved.source.local === null) return applyRemote(file, text, options);
  return applyNow({ ...options, local: saved.source.local, node: saved.node }, gateOf(saved));
}

async function applyRemote(file: string, text: string, options: Options): Promise<ExitCode> {
  const config = loadConfig(options.config);
  checkEnforcing(config);
  const read = readSavedPlan(text, config.node);
  if ('problem' in read) throw new CommandError(`${file}: ${read.problem}`, { hint: 'netloom plan --out FILE makes a new one' });
  await look(read.saved, config);
  // What may have moved since is looked at again, under the node's lock.
  const { enforced, guarded, suspended, stopped } = await reconcile(config, {
    command: `netloom apply ${file}`,
    gate: gateOf(read.saved),
    confirmMs: confirmOption(options.confirmTimeout),
  });
  if (suspended !== null) throw new CommandError(`${config.node} is suspended: nothing was applied`, { hint: 'netloom resume' });
  if (stopped !== null && enforced === null)
    throw new CommandError(`stopped by ${stopped}: nothing was changed`, { exitCode: EXIT.tryAgain, hint: 'do it again' });
  if (enforced === null || guarded === null) throw new CommandError('nothing was applied', { hint: 'netloom reconcile says why' });
  say(outcomeText(enforced));
  return fateExit(guarded) ?? exactExit(enforced);
}

// Before anything is allocated, published or kept.
async function look(saved: SavedPlan, config: ReturnType<typeof loadConfig>): Promise<void> {
  const gate = gateOf(saved);
  const seen = await preview(config);
  if (seen.catalog === null) throw new CommandError(`${seen.refusal.reason}: ${seen.refusal.message}`, { hint: 'correct that, and make the plan anew' });
  gate.source(sourceOf(seen.revision, seen.files));
  gate.plan(await prepare({ catalog: seen.catalog, ledger: seen.ledger, node: nodeOf(seen.catalog, config.node) }, config.runtimeDir), seen.ledger);
}
