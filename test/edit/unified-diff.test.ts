import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../src/edit/unified-diff.ts';

/** Applies a patch as `patch` does, trusting its numbers. */
function applied(from: string, patch: string): string {
  const lines = from.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const [, start = '', count = '', body = ''] of patch.matchAll(/^@@ -(\d+),(\d+) \+\d+,\d+ @@\n((?:[ +\-\\][^\n]*\n)*)/gm)) {
    const first = count === '0' ? Number(start) : Number(start) - 1;
    out.push(...lines.slice(at, first));
    at = first;
    for (const [whole] of body.matchAll(/[ +-][^\n]*\n(?:\\[^\n]*\n)?/g)) {
      const line = whole.includes('\n\\') ? whole.slice(1, whole.indexOf('\n')) : whole.slice(1);
      if (whole[0] !== '+') expect(lines[at]).toBe(line);
      if (whole[0] !== '+') at++;
      if (whole[0] !== '-') out.push(line);
    }
  }
  return [...out, ...lines.slice(at)].join('');
}

test('a patch shows what is others, with three lines around', () => {
  const from = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n';
  expect(unifiedDiff({ path: 'x/y.yaml', from, to: from.replace('b\n', 'B\n').replace('l\n', 'l') })).toBe(
    'diff --git a/x/y.yaml b/x/y.yaml\n--- a/x/y.yaml\n+++ b/x/y.yaml\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -9,4 +9,4 @@\n i\n j\n k\n-l\n+l\n\\ No newline at end of file\n',
  );
  expect(unifiedDiff({ path: 'n', from: null, to: 'a\n' })).toBe('diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,1 @@\n+a\n');
  expect(unifiedDiff({ path: 'n', from: 'a\n', to: null })).toBe('diff --git a/n b/n\ndeleted file mode 100644\n--- a/n\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n');
  expect(unifiedDiff({ path: 'n', from, to: from })).toBe('');
});

test('a patch makes the one out of the other, whatever they are', () => {
  const file = fc.array(fc.constantFrom('a\n', 'b\n', '\n', '---\n', 'c\r\n', 'd'), { maxLength: 30 }).map(lines => lines.join(''));
  fc.assert(
    fc.property(file, file, (from, to) => {
      expect(applied(from, unifiedDiff({ path: 'f', from, to }))).toBe(to);
    }),
  );
});
