/**
 * The kernel says no to one act of a pass: each kind of act, in turn with each of the words that it has for it. What needs the act
 * waits, everything else is done, the act is named, and the next pass does the rest.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { lane, type Op } from '../../src/kinds/op.ts';
import { batchLine } from '../../src/kinds/render.ts';
import { converge, freshNode, pass, planned } from './support/node.ts';
import { RICH } from './support/rich.ts';
import { type StandIn, standIn } from './support/stand-in.ts';

/** strerror of glibc, and the code that a pass calls it by. */
const ERRNOS: readonly (readonly [string, string])[] = [
  ['Operation not permitted', 'not-permitted'],
  ['Device or resource busy', 'busy'],
  ['Invalid argument', 'invalid'],
  ['No buffer space available', 'no-memory'],
  ['Cannot allocate memory', 'no-memory'],
  ['No space left on device', 'no-space'],
  ['No such device', 'no-device'],
  ['No such file or directory', 'no-entry'],
  ['Operation not supported', 'unsupported'],
  ['File exists', 'exists'],
];

const TOOLS = ['ip', 'bridge'] as const;
const toolOf = (op: Op): string => lane(op).split(':')[0] ?? '';

let folder: string;
let standIns: readonly StandIn[] = [];
/** One act of each kind that a pass on an empty node does by these tools. */
let acts: readonly Op[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netloom-refused-'));
  await freshNode();
  const { plan } = await planned(RICH);
  const all = plan.steps.flatMap(step => step.ops).filter(op => TOOLS.some(tool => tool === toolOf(op)));
  acts = all.filter((op, at) => all.findIndex(other => other.op === op.op) === at);
  standIns = TOOLS.map(tool => standIn(tool, refusing()));
});
beforeEach(freshNode);
afterEach(disarm);
afterAll(async () => {
  for (const each of standIns) each.remove();
  rmSync(folder, { recursive: true, force: true });
  await freshNode();
});

/** The tool, until a line of a batch is armed; that one the kernel refuses. */
const refusing = (): string => `case " $* " in *" -batch "*) [ -e ${folder}/line ] || exec $real "$@";; *) exec $real "$@";; esac
lines=$(cat)
at=$(printf '%s\\n' "$lines" | grep -nxF -m1 -f ${folder}/line | cut -d: -f1)
[ -n "$at" ] || { printf '%s\\n' "$lines" | $real "$@"; exit $?; }
if [ "$at" -gt 1 ]; then printf '%s\\n' "$lines" | head -n $((at - 1)) | $real "$@" || exit $?; fi
echo met >> ${folder}/met
echo "RTNETLINK answers: $(cat ${folder}/words)" >&2
echo "Command failed -:$at" >&2
exit 1`;

function disarm(): void {
  for (const name of ['line', 'met', 'words']) rmSync(join(folder, name), { force: true });
}

test('every kind of act is met', () => {
  expect(acts.length).toBeGreaterThan(12);
});

test('each kind of act may be refused: what does not need it is done, and the next pass does the rest', { timeout: 300_000 }, async () => {
  for (const [nth, op] of acts.entries()) {
    const [words = '', code = ''] = ERRNOS[nth % ERRNOS.length] ?? [];
    const where = `${op.op}: ${words}`;
    await freshNode();
    writeFileSync(join(folder, 'line'), `${batchLine(op)}\n`);
    writeFileSync(join(folder, 'words'), words);
    const { outcomes, remaining } = await pass(RICH);
    expect(existsSync(join(folder, 'met')), `${where}: nothing did ${batchLine(op)}`).toBe(true);
    const failed = outcomes.filter(({ status }) => status === 'failed');
    expect(new Set(failed.map(outcome => outcome.code)), where).toEqual(new Set([code === 'exists' && op.op === 'link-set' ? failed[0]?.code : code]));
    for (const { error } of failed) expect(error, where).toContain(words.toLowerCase().slice(1));
    // What is left is what failed, and what says that it needs that.
    const skipped = outcomes.filter(({ status }) => status === 'skipped');
    for (const { error } of skipped) expect(error, where).toMatch(/^needs .*, which (failed|was skipped)$/);
    const refs = new Set([...failed, ...skipped].map(({ step }) => step.ref));
    expect(
      remaining.steps.map(step => step.ref).filter(ref => !refs.has(ref)),
      where,
    ).toEqual([]);
    expect(
      outcomes.some(({ status }) => status === 'done'),
      where,
    ).toBe(true);
    disarm();
    await pass(RICH);
    await converge(RICH);
  }
});
