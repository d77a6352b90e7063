/**
 * Every file of test/fixtures/load says itself what is wrong with it: a comment below a line points at the column (`#  ^ error
 * wrong-type`; `#< error ...` is column 1), `# expect: 1:1 error ...` says it where a comment would change the case. `# alone`
 * leaves the base out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BASE, diagnose } from './diagnose.ts';

const DIR = new URL('../fixtures/load/', import.meta.url);
const MARK = /^#( *)([\^<]) ((?:error|warning) [a-z0-9-]+)$/;

function expected(text: string): readonly string[] {
  const found = /^# expect: (.*)$/m.exec(text)?.[1]?.split(', ') ?? [];
  let target = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const mark = MARK.exec(line);
    if (mark === null) target = i + 1;
    else found.push(`${target}:${mark[2] === '<' ? 1 : line.indexOf('^') + 1} ${mark[3]}`);
  }
  return found;
}

const CASES = readdirSync(DIR).map(name => ({ name, text: readFileSync(new URL(name, DIR), 'utf8') }));

describe('what is wrong is found, at its place, and nothing else:', () => {
  test.each(CASES)('$name', ({ text }) => expect(diagnose(text, /^# alone$/m.test(text) ? null : BASE)).toEqual(expected(text)));
});
