/**
 * A revision that this node does not follow although its branch leads there: it was taken back here, or a person went back to an
 * earlier one. What is enforced instead runs with the ledger that it ran with, and nothing is allocated or released meanwhile: other
 * nodes may well follow the branch.
 */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { readTextIfThere, remove, writeAtomic } from '../host/files.ts';
import { EMPTY_LEDGER } from '../model/ledger.ts';
import type { Problem } from '../report/condition.ts';
import { type Asked, askedText } from './control.ts';
import type { Guarded } from './guard.ts';
import type { KeptLedger } from './kept.ts';
import type { Pulled, Refusal } from './pull.ts';
import type { Settled } from './settle.ts';

export interface HeldBack {
  readonly format: 1;
  readonly reason: 'Reverted' | 'RolledBack';
  /** Commit that is not followed, until the branch leads elsewhere. */
  readonly revision: string;
  /** Commit that is enforced instead; '' for none. */
  readonly instead: string;
  /** One sentence: why, and what remains to be done. */
  readonly message: string;
}

const FILE = 'control/held-back.json';

/** null: this node follows its branch. A file that cannot be understood is no reason to follow. */
export async function loadHeldBack(stateDir: string): Promise<HeldBack | null> {
  const path = join(stateDir, FILE);
  const text = await readTextIfThere(path);
  if (text === null) return null;
  try {
    const held = JSON.parse(text) as HeldBack;
    if (held.format === 1) return held;
  } catch {
    // Told below.
  }
  throw new HostError('invalid', `${path} is not of this version of netloom: remove it to follow the branch again`);
}

/** Replaces what is held back. */
export async function saveHeldBack(stateDir: string, held: HeldBack): Promise<void> {
  await writeAtomic(join(stateDir, FILE), JSON.stringify(held));
}

/** Follows the branch again; absent is fine. */
export async function forgetHeldBack(stateDir: string): Promise<void> {
  await remove(join(stateDir, FILE));
}

/** Why the tip of the branch is not taken; null when it may be. */
export function refusalFor(held: HeldBack | null, tip: string | null): Refusal | null {
  if (held === null || tip !== held.revision) return null;
  return { condition: 'Stalled', reason: held.reason, message: held.message, diagnostics: [] };
}

/**
 * What is held back, after a look at the branch: null once that led on, or when something else is enforced anyway. While it is not,
 * nothing is decided that other nodes would have to follow.
 */
export function stillHeld(held: HeldBack | null, { tips, refusal, good }: Pick<Pulled, 'tips' | 'refusal' | 'good'>): HeldBack | null {
  const isFollowing = tips !== null && tips.main !== null && refusal === null;
  return held !== null && !isFollowing && (good?.revision ?? '') === held.instead ? held : null;
}

/** Why a node is not Ready although its kernel is as it should be now; null when it may be. */
export function wrongWith(guarded: Pick<Guarded, 'fate'> & { readonly asked?: Asked }, held: HeldBack | null): Problem | null {
  const { fate, asked } = guarded;
  if (asked !== undefined) return { reason: 'NeedsApproval', message: askedText(asked) };
  if (fate === 'waiting')
    return { reason: 'AwaitingConfirmation', message: 'what was changed waits for netloom confirm on the node, or the previous state comes back' };
  return held?.reason === 'Reverted' ? { reason: held.reason, message: held.message } : null;
}

/** What is allocated, as it was; `tip` is where the status branch is now. */
export function frozen(kept: KeptLedger | null, tip: string | null | undefined): Settled {
  const ledger = kept?.ledger ?? EMPTY_LEDGER;
  return {
    ledger,
    tip: tip ?? kept?.tip ?? null,
    changes: [],
    pending: [],
    notes: [],
    problem: null,
    at: new Date().toISOString(),
    isKnown: kept !== null,
    because: null,
  };
}
