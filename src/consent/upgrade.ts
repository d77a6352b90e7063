/**
 * Whether the first plan of another version of netloom may be carried out without a word. A new version may see the same kernel otherwise,
 * and then no definition says that something is about to change.
 */
import { createHash } from 'node:crypto';
import type { Step } from '../kinds/step.ts';

export interface UpgradeVerdict {
  /** What `netloom approve` takes: names this very plan of this very version. */
  readonly hash: string;
  /** One clause: how much, and why it is asked. */
  readonly text: string;
  /** What is not only added, a line each, and how many more. */
  readonly lines: readonly string[];
}

/** So many are named one by one; netloom plan has them all. */
const SHOWN = 100;

/** A plan in the parts that count here. */
export interface UpgradePlan {
  readonly steps: readonly Step[];
  readonly swept: readonly { readonly ref: string; readonly title: string }[];
}

/**
 * @param from  the version that enforced last; null where that is not known
 * @returns     null where nobody is asked: the same version, or a plan that is empty or only adds
 */
export function judgeUpgrade({ steps, swept }: UpgradePlan, from: string | null, to: string): UpgradeVerdict | null {
  if (from === null || from === to) return null;
  const changed = steps.filter(isMoreThanAdded);
  if (changed.length + swept.length === 0) return null;
  const lines = [...changed.map(stepText), ...swept.map(({ ref, title }) => `delete ${title} ${ref}`)];
  const count = `${lines.length} ${lines.length === 1 ? 'thing' : 'things'}`;
  const text = `netloom ${to} is about to enforce here for the first time, after ${from}, and would change or delete ${count}; what it sees otherwise than ${from}, what a commit brings and what is to be repaired cannot be told apart`;
  return { hash: hashOf(steps, swept, from, to), text, lines: lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : lines };
}

// What is only said again, because something beside it is made, is as it was.
function isMoreThanAdded({ verb, replacing, changes, because }: Step): boolean {
  if (verb === 'update') return changes.length > 0 || because === undefined;
  return verb === 'delete' || verb === 'adopt' || replacing;
}

function stepText({ verb, replacing, title, ref, changes, from }: Step): string {
  const what = `${replacing ? 'replace' : { adopt: 'adopt', make: 'create', update: 'change', delete: 'delete' }[verb]} ${title} ${ref}`;
  const fields = verb === 'update' && changes.length > 0 ? ` (${changes.map(({ field }) => field).join(', ')})` : '';
  return `${from[0] === undefined ? '' : `${from[0].definition}: `}${what}${fields}`;
}

function hashOf(steps: readonly Step[], swept: UpgradePlan['swept'], from: string, to: string): string {
  const all = steps.map(({ verb, ref, changes }) => `${verb} ${ref} ${JSON.stringify(changes)}`);
  return createHash('sha256')
    .update(['netloom upgrade 1', from, to, ...all, ...swept.map(({ ref }) => `sweep ${ref}`)].join('\n'))
    .digest('hex')
    .slice(0, 16);
}
