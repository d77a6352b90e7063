/** The life of a node on paper: every revision of a history is brought into force, and at the end all of it is taken away. */
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import { decide } from '../../src/pass/decide.ts';
import type { Target } from '../../src/pass/enforce.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { shadowed, unserved } from './paper-node.ts';
import { passOnPaper, planOnPaper } from './paper-pass.ts';
import { freshPaper, picture } from './paper-rows.ts';
import type { Revision } from './revision.ts';
import { CARDS, THIS_NODE } from './ties.ts';

/** One revision with the ledger that it gets. */
export interface Stage extends Revision {
  readonly ledger: Ledger;
  /** What a pass on the node works for; null when it is not defined. */
  readonly target: Target | null;
}

/** When the first revision comes. */
export const BEGIN = Date.parse('2026-11-21T10:00:00Z');

/** Each revision a while after the one before: mostly within the quarantine, now and then after the ledger's memory. */
export function stages(history: readonly Revision[]): readonly Stage[] {
  let ledger: Ledger = EMPTY_LEDGER;
  let now = BEGIN;
  return history.map((revision, at) => {
    now += at % 3 === 2 ? 40 * 86_400_000 : 60_000;
    ledger = decide(revision.catalog, ledger, new Date(now)).ledger;
    const node = revision.catalog.nodes.get(THIS_NODE);
    return { ...revision, ledger, target: node === undefined ? null : { catalog: revision.catalog, ledger, node } };
  });
}

/** What is broken when a node lives through a history. */
export function lifeOnPaper(history: readonly Revision[]): readonly string[] {
  const node = freshPaper();
  const before = picture(node);
  const found: string[] = [];
  stages(history).forEach(({ target }, at) => {
    const { plan } = passOnPaper(node, target);
    const again = planOnPaper(node, target).plan;
    const after = [...leftToDo(again), ...touched(before, picture(node)), ...unserved(node), ...shadowed(node), ...newlyHeld(plan, again)];
    found.push(...after.map(words => `revision ${at + 1}: ${words}`));
  });
  passOnPaper(node, null);
  return [...found, ...differences(before, picture(node)).map(words => `after all was taken away: ${words}`)];
}

function leftToDo({ steps }: Plan): readonly string[] {
  return steps.map(({ verb, ref, changes, because }) => `still to do: ${verb} ${ref} ${because ?? ''} ${JSON.stringify(changes).slice(0, 400)}`);
}

function newlyHeld(plan: Plan, again: Plan): readonly string[] {
  const known = new Set(plan.held.map(({ ref, why }) => `${why} ${ref}`));
  return again.held.filter(({ ref, why }) => !known.has(`${why} ${ref}`)).map(({ ref, why, on }) => `held only now: ${why} ${ref} on ${on}`);
}

// A card may be a port of ours for a while.
function touched(before: readonly string[], after: readonly string[]): readonly string[] {
  const there = new Set(after);
  return before.filter(line => !there.has(line) && !CARDS.some(card => line.includes(`"name":"${card}"`))).map(line => `this was touched: ${line}`);
}

/** Lines that only one of two pictures has. */
function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  const [was, is] = [new Set(before), new Set(after)];
  return [...before.filter(line => !is.has(line)).map(line => `gone: ${line}`), ...after.filter(line => !was.has(line)).map(line => `left: ${line}`)];
}
