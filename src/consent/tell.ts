/** What people are told of deletions: in a condition, at a terminal, on a pull request. */
import { APPROVE } from '../model/annotations.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { formatPlace, type Place } from '../model/place.ts';
import type { Deletion } from './deletions.ts';
import type { Verdict } from './judge.ts';

/** So many are named one by one; the count says the rest. */
const SHOWN = 50;

/** One sentence: what would be deleted, why that is asked, and how it is approved. */
export function needText(verdict: Verdict): string {
  const { hash, reasons } = verdict;
  const how = `netloom approve ${hash} on a node, or the annotation ${APPROVE}: "${hash}" at the Cluster for all nodes`;
  return `${countsText(verdict)}: ${reasons.join(', ')}; if that is meant: ${how}`;
}

/** `12 of 30 definitions would be deleted (2 Network, 10 Interface)`. */
export function countsText({ deletions, of }: Pick<Verdict, 'deletions' | 'of'>): string {
  const counts = new Map<string, number>();
  for (const { kind } of deletions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
  return `${deletions.length} of ${of} definitions would be deleted${kinds === '' ? '' : ` (${kinds})`}`;
}

/** One sentence about protected definitions, the first of them with both places. */
export function protectedText({ protected: all }: Verdict): string {
  const [first, ...more] = all;
  if (first === undefined) return '';
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `${deletionText(first)}, and it is protected${rest}: take the annotation off in one commit, and delete in a later one`;
}

/** `Interface acme/web (acme.yaml:12:1) goes along with Network acme/front; it stands in net.yaml:3:1 now`. */
export function deletionText({ definition, fate, with: by, was, is }: Deletion): string {
  const place = was === null ? '' : ` (${formatPlace(was)})`;
  const now = is === null ? '' : `; it stands in ${formatPlace(is)} now`;
  const words = { gone: 'is deleted', along: `goes along with ${by ?? ''}`, unplaced: 'loses its node', 'no-gateway': 'is no gateway any more' };
  return `${definition}${place} ${words[fate]}${now}`;
}

/** The deletions that a refusal is about, each at the place where it stands, or stood. */
export function deletionDiagnostics(verdict: Verdict, code: 'needs-approval' | 'protected-object'): readonly Diagnostic[] {
  const all = code === 'protected-object' ? verdict.protected : verdict.deletions;
  return all.slice(0, SHOWN).map(deletion => ({ code, severity: 'error', message: deletionText({ ...deletion, was: null, is: null }), ...placesOf(deletion) }));
}

function placesOf({ was, is }: Deletion): { readonly at: Place; readonly related?: readonly Place[] } {
  const at = is ?? was ?? { file: '.', line: 0, col: 0 };
  return is !== null && was !== null ? { at, related: [was] } : { at };
}
