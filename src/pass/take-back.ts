/**
 * Takes an armed change back: a whole pass toward the definitions and the ledger that were enforced before, read back like any
 * other, and without git. It may be cut anywhere and is begun again then; the journal goes last.
 */
import type { Outcome } from '../kinds/step.ts';
import { heldReason } from '../plan/print-held.ts';
import type { NetEvent } from '../report/events.ts';
import { noteEvent } from './control.ts';
import { type Enforced, enforce, type Prepared, prepare, prepareNothing } from './enforce.ts';
import { type GivenBack, giveBack } from './give-back.ts';
import { type HeldBack, saveHeldBack } from './held-back.ts';
import { disarm, type Journal, stateBefore, turnPage } from './journal.ts';
import { restoreKept } from './kept.ts';
import type { KeptState } from './last-enforced.ts';
import { loadCached } from './parsed-cache.ts';
import { type Lost, lostText, whatIsLost } from './probes.ts';
import type { Remote } from './remote.ts';
import { forgetTakenOver } from './taken-over.ts';

/** How long what is back may take until it answers again. */
const ANSWER_MS = 5_000;

/**
 * Needs the node's lock.
 *
 * @param why     for people: what became of the change; what the journal says already counts more
 * @param remote  to ask whether git is back; without it only whether its server takes connections
 * @returns what is told about it. Throws HostError, and leaves the journal, where the previous state could not even be tried.
 */
export async function takeBack(stateDir: string, journal: Journal, why: string, remote: Remote | null): Promise<HeldBack> {
  const startedAt = performance.now();
  const page = journal.phase === 'undoing' ? journal : await turnPage(stateDir, journal, { phase: 'undoing', why });
  const state = await stateBefore(stateDir);
  await restoreKept(stateDir, state.good, state.ledger);
  const cause = page.why ?? why;
  const told = (message: string): HeldBack => ({
    format: 1,
    reason: 'Reverted',
    revision: page.revision,
    instead: state.good?.revision ?? '',
    message,
  });
  await keepHeld(stateDir, page, told(`${titleOf(page)} is being taken back: ${cause}`));
  // First, so that what was somebody else's is not swept as ours.
  const given = await giveBack(stateDir);
  const enforced = await enforce(await preparedFor(stateDir, page, state), { before: async () => undefined });
  const lost = await whatIsLost(page.probes, remote, ANSWER_MS);
  const held = told([`${titleOf(page)} was taken back: ${cause}`, instead(state), ...givenTexts(given), ...remains(enforced, lost)].join('; '));
  await keepHeld(stateDir, page, held);
  await noteEvent(stateDir, eventOf(page, held.message, performance.now() - startedAt));
  await forgetTakenOver(stateDir);
  await disarm(stateDir, page);
  return held;
}

// A folder has no revision that could be tried again.
async function keepHeld(stateDir: string, { revision }: Journal, held: HeldBack): Promise<void> {
  if (revision !== '') await saveHeldBack(stateDir, held);
}

async function preparedFor(stateDir: string, { node: name, runtimeDir, settings }: Journal, { good, ledger }: KeptState): Promise<Prepared> {
  const catalog = good === null ? null : (await loadCached(stateDir, good.files)).catalog;
  const node = catalog?.nodes.get(name);
  if (catalog === null || node === undefined || ledger === null) return prepareNothing(settings, runtimeDir);
  return prepare({ catalog, ledger: ledger.ledger, node, also: settings }, runtimeDir);
}

function eventOf({ revision, node }: Journal, message: string, durationMs: number): NetEvent {
  return {
    at: new Date().toISOString(),
    node,
    object: `Node ${node}`,
    type: 'change',
    operation: 'take back revision',
    phase: 'finish',
    durationMs: Math.round(durationMs),
    message,
    revision,
  };
}

function titleOf({ revision }: Journal): string {
  return revision === '' ? 'the change' : `revision ${revision.slice(0, 10)}`;
}

function instead({ good }: KeptState): string {
  return good === null ? 'nothing was enforced before, so nothing is' : `${good.revision.slice(0, 10) || 'the state before'} is enforced again`;
}

function givenTexts({ links, failed }: GivenBack): readonly string[] {
  if (links.length === 0) return [];
  const wrong = failed.length === 0 ? '' : `, not all of it as it was: ${some(failed.map(failedText))}`;
  return [`what it took over is its maker's again: ${some(links)}${wrong}`];
}

/** What the way back left undone: failed steps with the kernel's words, what still differs, what is still out of reach. */
function remains({ outcomes, remaining }: Enforced, lost: readonly Lost[]): readonly string[] {
  const failed = outcomes.filter(({ status }) => status === 'failed').map(failedText);
  const left = remaining.steps.map(({ verb, title, ref }) => `${verb} ${title} ${ref}`);
  const held = remaining.held.filter(({ why }) => why === 'conflict' || why === 'in-use' || why === 'unread').map(one => `${one.ref}: ${heldReason(one)}`);
  return [
    ...(failed.length === 0 ? [] : [`failed on the way back: ${some(failed)}`]),
    ...(left.length === 0 ? [] : [`still to be done: ${some(left)}`]),
    ...(held.length === 0 ? [] : [`left as it is: ${some(held)}`]),
    ...(lost.length === 0 ? [] : [`still out of reach: ${lostText(lost)}`]),
  ];
}

/** `make route /254/10.0.0.0/8: file exists`. */
export function failedText({ step, error }: Outcome): string {
  return `${step.verb} ${step.title} ${step.ref}: ${error ?? 'no reason given'}`;
}

const SHOWN = 5;

function some(texts: readonly string[]): string {
  return texts.length <= SHOWN ? texts.join(', ') : `${texts.slice(0, SHOWN).join(', ')} and ${texts.length - SHOWN} more`;
}
