/** `netloom leave`: shows what goes, asks, removes everything that netloom made on this machine, and proves that nothing is left. */
import { existsSync } from 'node:fs';
import { checkPrivileges } from '../host/features.ts';
import { takeLockInTime } from '../host/lock.ts';
import { passersNow, settingsNow } from '../host/marks-now.ts';
import { isRunBySystemd, reloadUnits, stopUnits } from '../host/systemd.ts';
import { type Place, prepareLeaving, proof, proofText, removeConfiguration, removeKernelState, removeState } from '../join/leave.ts';
import { sayLeft } from '../join/say-left.ts';
import { withScratch } from '../join/scratch.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { loadGood } from '../pass/kept.ts';
import { whoAndWhen } from '../pass/word.ts';
import { heldReason } from '../plan/print-held.ts';
import { printText } from '../plan/print-text.ts';
import { agrees, isAnybodyThere } from './ask.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import type { PushOptions } from './join-options.ts';
import { handCredential } from './join-setup.ts';
import { type Departure, departureOf, pushDeparture, tellDeparture } from './leave-definition.ts';
import { outcomeText } from './outcome-text.ts';
import { paintPlan, print, say } from './terminal.ts';

interface Options extends PushOptions {
  readonly config: string;
  readonly yes?: true;
  readonly keep?: true;
  readonly force?: true;
  readonly stateDir: string;
  readonly runtimeDir: string;
}

/** Exit 0 when nothing is left, 4 with the names of what is; 1 when nobody agreed, 5 when others' things stand in the way: nothing is removed then. */
export async function leaveCommand(options: Options): Promise<ExitCode> {
  checkPrivileges();
  const config = existsSync(options.config) ? loadConfig(options.config) : null;
  handCredential(options.config, config?.repo.auth);
  const { stateDir, runtimeDir } = config ?? options;
  const place: Place = { node: config?.node ?? null, configPath: options.config, stateDir, runtimeDir, textfile: config?.metrics?.textfile ?? null };
  if (config === null) say(`there is no ${options.config}: what is left of a node is looked for below ${stateDir} and ${runtimeDir}, and in the kernel`);
  if (options.keep === true) print('Kept: the kernel as it is, with the services of networks and their files.');
  else await showPlan(place, options);
  const departure = await withScratch(runtimeDir, scratch => departureOf(config, scratch));
  tellDeparture(departure, options);
  const folders = [stateDir, ...(options.keep === true ? [] : [runtimeDir]), ...(place.textfile === null ? [] : [place.textfile])];
  print(`With it go ${folders.join(', ')}, ${options.config} and what netloom join wrote beside it; the units are stopped and disabled.`);
  await agreed(options);
  if (config !== null && options.push !== undefined) await withScratch(runtimeDir, scratch => pushDeparture(config, options, departure, scratch));
  return remove(place, config, departure, options);
}

async function showPlan({ runtimeDir }: Place, { force }: Options): Promise<void> {
  const { plan } = await prepareLeaving(runtimeDir, force === true);
  const isClean = plan.steps.length === 0 && plan.held.length === 0;
  print(isClean ? "Nothing in the kernel of this machine is netloom's." : printText(plan, { paint: paintPlan }));
  const held = plan.held.filter(({ why }) => why !== 'depends');
  if (held.length === 0) return;
  throw new CommandError(held.map(each => `${each.ref} stays: ${heldReason(each)}`).join('\n'), {
    exitCode: EXIT.needsApproval,
    hint: 'nothing was removed: take these out first, or say --force, by which they lose their network',
  });
}

async function agreed({ yes }: Options): Promise<void> {
  if (yes === true) return;
  if (!isAnybodyThere()) throw new CommandError('nothing was removed: nobody is here to be asked', { hint: '--yes removes what stands above' });
  if (!(await agrees('Remove all of this from this machine?'))) throw new CommandError('nothing was removed', { hint: null });
}

async function remove(place: Place, config: NodeConfig | null, departure: Departure, options: Options): Promise<ExitCode> {
  const keep = options.keep === true;
  const isOfSystemd = isRunBySystemd(place.runtimeDir);
  for (const unit of isOfSystemd ? await stopUnits() : []) print(`stopped and disabled ${unit}`);
  const others = passersNow().filter(each => each.endsWith(' watch'));
  if (others.length > 0)
    throw new CommandError(`a watch still runs, and would make everything anew: ${others.join(', ')}`, {
      hint: 'end it (kill its process), then do this again',
    });
  const lock = await takeLockInTime(place.runtimeDir, 'netloom leave', LONGEST_PASS_MS);
  try {
    if (!keep) {
      const enforced = await removeKernelState(place, options.force === true);
      if (enforced.outcomes.length > 0 || enforced.remaining.held.length > 0) print(outcomeText(enforced));
      if (enforced.remaining.steps.length > 0 || enforced.remaining.held.length > 0) return await unfinished(place, keep);
    }
    if (config !== null) await lastWord(config, departure);
    for (const path of await removeState(place, keep)) print(`removed ${path}`);
  } finally {
    lock.release();
  }
  const { removed, kept } = await removeConfiguration(place);
  for (const path of removed) print(`removed ${path}`);
  for (const path of kept) print(`${path} stays: netloom join did not write it; remove it by hand, or a unit that is enabled again would begin anew`);
  if (isOfSystemd) await reloadUnits();
  if (!keep) tellSettings();
  return told(place, keep, kept);
}

// State and configuration stay, so that it can be done again.
async function unfinished(place: Place, keep: boolean): Promise<ExitCode> {
  const { text } = proofText(await proof(place, keep, []));
  print(`\nLeft on this machine:\n${text}`);
  say('not all could be removed; what netloom keeps is still there, so `netloom leave` again goes on');
  return EXIT.partly;
}

async function told(place: Place, keep: boolean, kept: readonly string[]): Promise<ExitCode> {
  const { text, isClean } = proofText(await proof(place, keep, kept));
  print(`\nLeft on this machine, read anew:\n${text}`);
  if (isClean) print(keep ? 'This machine is no node any more; its kernel is as it was.' : 'Nothing of netloom is left on this machine.');
  else say('not all is gone: remove what stands there by hand, or do this again');
  return isClean ? EXIT.fine : EXIT.partly;
}

function tellSettings(): void {
  const set = settingsNow().filter(({ key, value }) => (key.endsWith('ip_forward') ? value !== '0' : value === '0'));
  if (set.length > 0) print(`Settings stay as they are, since others may count on them: ${set.map(({ key, value }) => `${key} = ${value}`).join(', ')}`);
}

async function lastWord(config: NodeConfig, { nodes }: Departure): Promise<void> {
  if ((await loadGood(config.stateDir)) === null) return;
  const published = await sayLeft(config, nodes, whoAndWhen().by);
  if (published.result === 'news') print(`published that ${config.node} has left`);
  if (published.result === 'failed') say(`that ${config.node} has left could not be published: ${published.message}; others see it silent in an hour`);
}

/** Longer than a pass takes. */
const LONGEST_PASS_MS = 120_000;
