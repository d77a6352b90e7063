/** Lists of a comment: what would not work, what is not sure, what would be allocated. A few lines each, the rest folded or counted. */

import { harmless } from '../model/text.ts';
import { fold, type Part } from './fold.ts';
import { code, fence } from './markdown-words.ts';
import type { Review } from './review.ts';
import { someOf } from './sentences.ts';

/** What would not work, and what keeps the plans from being sure: at most so many lines each. */
export function doubts({ remarks, nodes, pending }: Review, most: number): readonly string[] {
  const obstacles = nodes.flatMap(({ node, obstacles: all }) =>
    all.map(({ definition, reason, message }) => part(node, `${definition}: ${reason}: ${message}`)),
  );
  const held = nodes.flatMap(({ node, plan }) => plan.held.map(({ title, ref, why }) => part(node, `${title} ${ref} is held back: ${why}`)));
  const taken = nodes.flatMap(({ node, plan }) => plan.bystanders.map(({ title, ref }) => part(node, `${title} ${ref} is not netloom's, and goes along`)));
  const caveats = nodes.flatMap(({ node, caveats: all }) => all.map(({ message }) => part(node, message)));
  const lacking = pending.map(({ definition, message }) => `- ${code(`${definition}: ${message}`)}`);
  return [
    ...list('Would not work, or not yet', [...lacking, ...lines([...obstacles, ...held, ...taken])], most),
    ...list('Not sure', [...remarks.map(({ message }) => `- ${code(message)}`), ...lines(caveats)], most),
  ];
}

/** What would be allocated and released, folded: at most so many lines. */
export function allocations({ allocations: all }: Review, most: number): readonly string[] {
  if (all.length === 0 || most === 0) return [];
  const given = all.filter(({ change }) => change !== 'release' && change !== 'forget').length;
  const released = all.length - given;
  const words = [...(given > 0 ? [`${given} would be allocated or changed`] : []), ...(released > 0 ? [`${released} released`] : [])];
  const shown = all.slice(0, most).map(({ definition, change, message }) => cut(harmless(`${SIGNS[change]} ${definition}: ${message}`)));
  const more = all.length > most ? [`and ${all.length - most} more`] : [];
  const about = 'By the first node that sees it merged; as long as nothing else is merged before.';
  return [`<details><summary>Allocations: ${words.join(', ')}</summary>\n\n${about}\n\n${fence([...shown, ...more], 'diff')}\n\n</details>`];
}

const SIGNS = { allocate: '+', restore: '+', change: '!', release: '-', forget: '-', repair: '!' } as const;

function part(node: string, text: string): Part {
  return { node, text, shape: text };
}

function lines(parts: readonly Part[]): readonly string[] {
  return fold(parts).map(({ nodes, text }) => `- ${someOf(nodes.map(code), 4)}: ${code(text)}`);
}

function list(title: string, all: readonly string[], most: number): readonly string[] {
  if (all.length === 0) return [];
  const more = all.length > most ? [`- and ${all.length - most} more`] : [];
  return [[`**${title}**`, '', ...all.slice(0, most), ...more].join('\n')];
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
