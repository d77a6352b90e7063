import { describe, expect, test } from 'vitest';
import { setCordon } from '../../src/edit/set-cordon.ts';

const NODE = `# The gateway in rack 1.
apiVersion: netloom.dev/v1
kind: Node
metadata: {name: n1}   # do not rename
spec: # see the wiki
  # its address on the underlay
  underlay:
      address:   "10.2.1.1"

  gateway: true
`;

describe('cordon', () => {
  test('is one line more; comments, order, quotes and blanks stay', () => {
    expect(setCordon(NODE, 0, true)).toBe(NODE.replace('see the wiki\n', 'see the wiki\n  cordon: true\n'));
  });

  test('and back is the very file', () => expect(setCordon(setCordon(NODE, 0, true) ?? '', 0, false)).toBe(NODE));

  test('what says so already stays as it is', () => {
    expect(setCordon(NODE, 0, false)).toBe(NODE);
    const cordoned = setCordon(NODE, 0, true) ?? '';
    expect(setCordon(cordoned, 0, true)).toBe(cordoned);
  });

  test('a line with a comment keeps it', () => {
    const noted = NODE.replace('  gateway: true\n', '  gateway: true\n  cordon: false # NET-42\n');
    const cordoned = noted.replace('cordon: false #', 'cordon: true #');
    expect(setCordon(noted, 0, true)).toBe(cordoned);
    expect(setCordon(cordoned, 0, false)).toBe(noted);
  });

  test('in one of several documents, with CRLF, in braces, at the end without a newline', () => {
    const two = `---\n${NODE}---\n${NODE.replace('n1', 'n2')}`;
    expect(setCordon(two, 1, true)).toBe(`---\n${NODE}---\n${setCordon(NODE.replace('n1', 'n2'), 0, true)}`);
    const windows = NODE.replaceAll('\n', '\r\n');
    expect(setCordon(windows, 0, true)).toBe(setCordon(NODE, 0, true)?.replaceAll('\n', '\r\n'));
    expect(setCordon('kind: Node\nspec: {gateway: true}\n', 0, true)).toBe('kind: Node\nspec: {cordon: true, gateway: true}\n');
    expect(setCordon('kind: Node\nspec: { gateway: true }\n', 0, true)).toBe('kind: Node\nspec: { cordon: true, gateway: true }\n');
    expect(setCordon('kind: Node\nspec: {cordon: true, gateway: true}', 0, false)).toBe('kind: Node\nspec: {cordon: false, gateway: true}');
    expect(setCordon('spec:\n  gateway: true\n  cordon: true', 0, false)).toBe('spec:\n  gateway: true\n');
  });

  test('the only line of a spec is changed, not taken away', () => {
    expect(setCordon('spec:\n  cordon: true\n', 0, false)).toBe('spec:\n  cordon: false\n');
  });

  test('what cannot be edited without harm is left to people', () => {
    expect(setCordon('a: &x {gateway: true}\nspec: *x\n', 0, true)).toBeNull();
    expect(setCordon('spec: [1]\n', 0, true)).toBeNull();
    expect(setCordon('spec:\n', 0, true)).toBeNull();
    expect(setCordon(NODE, 3, true)).toBeNull();
    expect(setCordon('x: 1\nspec:\n  cordon: [true]\n', 0, true)).toBeNull();
  });
});
