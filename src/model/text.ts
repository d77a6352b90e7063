/** Text that came from definitions or from a tool, on its way to people. */

/**
 * Makes text harmless for terminals and logs: control characters (ESC, C0, C1, DEL), line separators and bidirectional
 * overrides become `\u{..}` escapes, so that a definition can neither colour nor forge a line; and so does the sign by which a
 * runner of GitHub Actions would find a command within a line (`##[add-mask]`; the other form counts at the start of one only).
 */
export function harmless(text: string): string {
  // Nearly every text is plain, and a plan has a hundred thousand of them.
  if (/^[ -~]*$/.test(text) && !text.includes('##[')) return text;
  return text.replaceAll('##[', '#\\u{23}[').replace(UNSAFE, char => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A value as a sentence shows it: strings quoted and harmless, long ones cut. */
export function shown(value: unknown): string {
  const text = harmless(JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(words: readonly string[], last = 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** The candidate that a misspelt word most likely means; null when none is near. The first of equals. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  // A third of the word may differ, never half of it: n9 does not mean n1.
  let least = Math.min(Math.floor((word.length + 1) / 3), Math.ceil(word.length / 2) - 1) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = edits(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

// Levenshtein with swaps of neighbours counted once, given up as soon as `limit` is reached.
function edits(a: string, b: string, limit: number): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) >= limit) return limit;
    older = old;
    old = row;
  }
  return old[b.length] ?? limit;
}

/** Of the name of a label or an annotation, in UTF-8. */
export const MOST_KEY_BYTES = 253;

/** True for what can name a label or an annotation: any text that is not too long. */
export function isKey(text: string): boolean {
  return text.length <= MOST_KEY_BYTES && (text.length * 3 <= MOST_KEY_BYTES || new TextEncoder().encode(text).length <= MOST_KEY_BYTES);
}
