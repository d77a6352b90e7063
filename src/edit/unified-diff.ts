/** What became of a file, as `git diff` shows it and `git apply` takes it. */

export interface FileChange {
  readonly path: string;
  /** null: it was not there. */
  readonly from: string | null;
  /** null: it goes. */
  readonly to: string | null;
}

type Sign = ' ' | '-' | '+';
type Line = readonly [sign: Sign, text: string];

const CONTEXT = 3;

/** The patch of one file; '' where nothing differs. */
export function unifiedDiff({ path, from, to }: FileChange): string {
  if (from === to) return '';
  const mode = from === null ? 'new file mode 100644\n' : to === null ? 'deleted file mode 100644\n' : '';
  const [old, now] = [from === null ? '/dev/null' : quoted(`a/${path}`), to === null ? '/dev/null' : quoted(`b/${path}`)];
  const head = `diff --git ${quoted(`a/${path}`)} ${quoted(`b/${path}`)}\n${mode}--- ${old}\n+++ ${now}\n`;
  return head + hunks(compared(linesOf(from ?? ''), linesOf(to ?? '')));
}

function quoted(path: string): string {
  return /[\p{Cc}"\\]/u.test(path) ? JSON.stringify(path) : path;
}

// With their ends, so that a last line without one differs from one that has it.
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function compared(before: readonly string[], after: readonly string[]): readonly Line[] {
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      found.push([' ', before[i] ?? '']);
      i++;
      j++;
      continue;
    }
    const [gone, come] = nextMeeting(before, after, i, j);
    for (; i < gone; i++) found.push(['-', before[i] ?? '']);
    for (; j < come; j++) found.push(['+', after[j] ?? '']);
  }
  return found;
}

/** So many lines in a row have to be alike: an empty one, or three dashes, are everywhere. */
const ALIKE = 3;

// The nearest place at which both go on alike; edits are few and small, so nearest is short.
function nextMeeting(before: readonly string[], after: readonly string[], i: number, j: number): readonly [number, number] {
  const most = before.length - i + after.length - j;
  for (let sum = 1; sum <= most; sum++) {
    for (let gone = Math.max(0, sum - (after.length - j)); gone <= Math.min(sum, before.length - i); gone++) {
      if (isAlike(before, after, i + gone, j + sum - gone)) return [i + gone, j + sum - gone];
    }
  }
  return [before.length, after.length];
}

function isAlike(before: readonly string[], after: readonly string[], i: number, j: number): boolean {
  for (let n = 0; n < ALIKE; n++) {
    if (i + n === before.length && j + n === after.length) return true;
    if (i + n >= before.length || j + n >= after.length || before[i + n] !== after[j + n]) return false;
  }
  return true;
}

function hunks(all: readonly Line[]): string {
  const near = (index: number): boolean => all.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== ' ');
  let [text, old, now, start] = ['', 1, 1, -1];
  for (let index = 0; index <= all.length; index++) {
    const isIn = index < all.length && near(index);
    if (isIn && start < 0) start = index;
    if (!isIn && start >= 0) {
      const own = all.slice(start, index);
      const counts = [own.filter(([sign]) => sign !== '+').length, own.filter(([sign]) => sign !== '-').length] as const;
      text += hunk(own, old - counts[0], now - counts[1], counts);
      start = -1;
    }
    const sign = all[index]?.[0];
    if (sign !== '+') old++;
    if (sign !== '-') now++;
  }
  return text;
}

function hunk(own: readonly Line[], old: number, now: number, [gone, come]: readonly [number, number]): string {
  const side = (start: number, count: number): string => `${count === 0 ? start - 1 : start},${count}`;
  const body = own.map(([sign, line]) => `${sign}${line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`}`).join('');
  return `@@ -${side(old, gone)} +${side(now, come)} @@\n${body}`;
}
