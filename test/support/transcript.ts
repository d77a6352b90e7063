/**
 * What a page of the documents shows of terminals: lines with a prompt, what they print, and what happens beside them. Played on
 * machines, line by line as a person would type them, and compared with what the page says.
 */

/** One line that somebody types, with all that belongs to it, or a stage direction. */
export interface Step {
  /** Whose terminal; null for a stage direction. */
  readonly who: string | null;
  readonly typed: string;
  /** What the page shows of its output, line by line. `...` stands for any lines. */
  readonly shown: readonly string[];
}

const PROMPT = /^(\w+)# (.*)$/;
const DIRECTION = /^\((.*)\)$/;

/** The steps of the `console` blocks below a heading, in order. */
export function stepsOf(page: string, heading: string): readonly Step[] {
  const [, after = ''] = page.split(`\n${heading}\n`);
  const level = /^#+/.exec(heading)?.[0].length ?? 1;
  const section = after.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? '';
  return [...section.matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, text = '']) => stepsIn(text.trimEnd().split('\n')));
}

/** Those of the lines of one block. */
export function stepsIn(lines: readonly string[]): readonly Step[] {
  const steps: { who: string | null; typed: string; shown: string[] }[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const [, who = '', first = ''] = PROMPT.exec(line) ?? [];
    const [, direction] = DIRECTION.exec(line) ?? [];
    if (direction !== undefined) steps.push({ who: null, typed: direction, shown: [] });
    else if (who === '') steps.at(-1)?.shown.push(line);
    else {
      const typed = [first];
      const end = /<<'?(\w+)'?/.exec(first)?.[1];
      const goesOn = (): boolean => (end === undefined ? typed.at(-1)?.endsWith('\\') === true : typed.at(-1) !== end);
      while (goesOn() && at + 1 < lines.length) {
        at += 1;
        typed.push(lines[at] ?? '');
      }
      steps.push({ who, typed: typed.join('\n'), shown: [] });
    }
  }
  return steps;
}

/** True when lines are what is shown of them, but for what differs from one time to the next. */
export function isShown(shown: readonly string[], lines: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return lines.length === 0;
  if (first.trim() === '...') return lines.some((_, at) => isShown(rest, lines.slice(at))) || isShown(rest, []);
  const [line, ...more] = lines;
  return line !== undefined && lasting(line) === lasting(first) && isShown(rest, more);
}

/** A line without what differs from one time to the next: times, how long something took, commits, numbers of pings, whether a card is a veth, and how wide columns are. */
function lasting(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b\d\d:\d\d:\d\d\.\d{6}\b/g, 'TIME')
    .replace(/\bid \d+, seq \d+\b/g, 'id ID, seq SEQ')
    .replace(/\b\d+(\.\d+)? ?(ms|s|m|h)\b/g, 'DURATION')
    .replace(/\b[0-9a-f]{40}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{7,12}\b(?!-)/g, 'COMMIT')
    .replace(/(\beth\d)@if\d+/g, '$1')
    .replace(/ +/g, ' ')
    .trimEnd();
}
