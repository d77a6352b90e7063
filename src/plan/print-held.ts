/** What a plan holds back, why, and what a person can do about it. */
import { OURS } from '../kinds/marks.ts';
import { harmless } from '../model/text.ts';
import type { Held } from './plan.ts';
import { labelOf } from './summary.ts';

/** Why one thing is held, in one sentence without its name. */
export function heldReason(held: Held): string {
  const on = harmless(labelOf(held.on));
  const other = `${harmless(held.holder?.kind ?? '')} ${on}`.trim();
  switch (held.why) {
    case 'conflict':
      if (held.holder?.kept !== undefined) return `conflict: ${other} is not taken over: ${harmless(held.holder.kept)}`;
      return held.claim === undefined
        ? `conflict: ${other} is there and is not ours`
        : `conflict: ${harmless(held.claim)} is taken by ${other}, which is not ours`;
    case 'waiting':
      return `waiting for ${roomOf(held.on)} ${on}, which is not there`;
    case 'depends':
      return `depends on ${on}, which is held`;
    case 'in-use':
      return `in use: ${other} is not ours and would be cut off`;
    case 'unread':
      return `${other} ${harmless(held.holder?.unread ?? 'could not be read')}`;
  }
}

/** What to do about it; undefined where it is said at what it depends on. */
export function heldAdvice(held: Held): string | undefined {
  const on = harmless(labelOf(held.on));
  switch (held.why) {
    case 'conflict':
      if (held.holder?.kept !== undefined) return 'until then nothing of it is touched, and what needs it waits';
      return markAdvice(held) ?? `remove or rename ${on}, or change the definition; until then it is left alone`;
    case 'waiting':
      return 'nothing: the next pass after it appears goes on';
    case 'in-use':
      return `detach ${on}; the next pass then goes on`;
    case 'unread':
      return `nothing is changed in it, and all else is; the next pass looks again: find out what is going on in ${on}`;
    case 'depends':
      return undefined;
  }
}

// A link that someone put into another group is not ours any more, whatever else it looks like.
function markAdvice({ holder, ref, on }: Held): string | undefined {
  const spec = holder?.spec as { readonly netns?: unknown; readonly name?: unknown; readonly group?: unknown; readonly alias?: unknown } | undefined;
  if (ref !== on || typeof spec?.name !== 'string' || typeof spec.group !== 'number' || spec.group === OURS.group) return undefined;
  const inside = typeof spec.netns === 'string' && spec.netns !== '' ? `-n ${spec.netns} ` : '';
  const command = harmless(`ip ${inside}link set dev ${spec.name} group ${OURS.group}`);
  const isMarked = typeof spec.alias === 'string' && spec.alias.startsWith('netloom:');
  return isMarked
    ? `it lost its mark: \`${command}\` gives it back`
    : `if it is ours and lost its mark, \`${command}\` gives it back; if it is to be taken over, \`netloom adopt\` says how; else remove or rename it`;
}

function roomOf(ref: string): string {
  return harmless(ref.slice(0, ref.indexOf(':')));
}
