/**
 * Carries one batch of acts to the kernel: the acts of one lane, in their order, in one process if the tool can. It answers
 * with what is known afterwards, never more: a batch that ends without saying where leaves its acts unknown.
 */
import { writeFileSync } from 'node:fs';
import { OURS } from '../kinds/marks.ts';
import { lane, type Op } from '../kinds/op.ts';
import { batchLine, nftText, renderOp } from '../kinds/render.ts';
import { codeOfErrno, codeOfText, HostError, type HostErrorCode } from './errors.ts';
import { run } from './exec.ts';
import { heldLocks } from './lock.ts';
import { entering, isStaleNamespace, sysctlPath } from './namespace.ts';

/** What became of a batch. Acts in neither list were not run. */
export interface Carried {
  /** Indexes into the batch, done in the kernel (or, for a delete, absent before). */
  readonly done: readonly number[];
  /** The act that the kernel refused; the batch ended there. */
  readonly failed?: { readonly index: number; readonly code: HostErrorCode; readonly words: string };
  /** The batch ended without telling where: nothing is known of any act of it. */
  readonly lost?: { readonly code: HostErrorCode; readonly words: string };
  /** Deleting a group was refused as a whole: delete one by one. */
  readonly groupRefused?: boolean;
}

/** Links that are deleted together: the kernel waits once for all of them, and holds its network lock meanwhile. */
const TOGETHER = 50;

interface Line {
  readonly text: string;
  /** Act that this line's failure is about; null for a group. */
  readonly index: number | null;
  /** Acts that are done when this line is. */
  readonly finishes: readonly number[];
}

/** Runs acts of one lane. `grouped`: consecutive link deletes may go through the group of doomed links. Throws only Bugs and `missing-program`. */
export async function carry(ops: readonly Op[], grouped: boolean): Promise<Carried> {
  const first = ops[0];
  if (first === undefined) return { done: [] };
  const [tool = '', ...rest] = lane(first).split(':');
  const netns = rest.join(':');
  if (tool === 'nft') return carryTables(ops, netns);
  if (tool === 'sysctl') return carrySysctls(ops, netns);
  return carryLines(tool, netns, ops, grouped);
}

async function carryLines(tool: string, netns: string, ops: readonly Op[], grouped: boolean): Promise<Carried> {
  const lines = linesOf(ops, grouped);
  const where = netns === '' ? [] : ['-n', netns];
  const text = `${lines.map(line => line.text).join('\n')}\n`;
  const end = await attempt(tool, [...where, '-batch', '-'], text, 60_000 + 100 * lines.length);
  if ('lost' in end) return end;
  if (end.exitCode === 0) return { done: ops.map((_, index) => index) };
  const number = /Command failed -:(\d+)\s*$/.exec(end.stderr)?.[1];
  const words = wordsOf(end.stderr);
  const code = codeOfText(end.stderr);
  if (number === undefined) return withoutNumber(ops, lines, { code, words });
  return stoppedAt(ops, lines, Number(number) - 1, { code, words });
}

function stoppedAt(ops: readonly Op[], lines: readonly Line[], at: number, said: Said): Carried {
  const done = lines.slice(0, at).flatMap(line => line.finishes);
  const line = lines[at];
  if (line === undefined) return { done: [], lost: said };
  // An empty group: all of them went by themselves.
  if (line.index === null) return said.code === 'no-device' ? { done: [...done, ...line.finishes] } : { done, groupRefused: true };
  const op = ops[line.index];
  if (op === undefined) return { done: [], lost: said };
  if (isAbsence(op, said.code)) return { done: [...done, line.index] };
  return { done, failed: { index: line.index, code: codeFor(op, said.code), words: `${renderOp(op)}: ${said.words}` } };
}

// One line is its own number. A namespace that cannot be entered ends the tool before the first line.
function withoutNumber(ops: readonly Op[], lines: readonly Line[], said: Said): Carried {
  const before = /^(Cannot open network namespace|setting the network namespace)/m.test(said.words);
  return lines.length === 1 || before ? stoppedAt(ops, lines, 0, said) : { done: [], lost: said };
}

interface Said {
  readonly code: HostErrorCode;
  readonly words: string;
}

function linesOf(ops: readonly Op[], grouped: boolean): readonly Line[] {
  const lines: Line[] = [];
  for (let index = 0; index < ops.length; ) {
    const run = grouped ? deletesFrom(ops, index) : 0;
    lines.push(...(run > 1 ? doom(ops, index, run) : plain(ops, index)));
    index += Math.max(run, 1);
  }
  return lines;
}

function plain(ops: readonly Op[], index: number): readonly Line[] {
  const op = ops[index];
  if (op === undefined) return [];
  const line = { text: batchLine(op), index, finishes: [index] };
  // Left by an `ip netns add` that was killed between its two acts: it holds the name and is no namespace.
  if (op.op === 'netns-add' && isStaleNamespace(op.name)) return [{ text: batchLine({ op: 'netns-del', name: op.name }), index, finishes: [] }, line];
  return [line];
}

function deletesFrom(ops: readonly Op[], start: number): number {
  let end = start;
  while (end < ops.length && end - start < TOGETHER && ops[end]?.op === 'link-del') end++;
  return end - start;
}

// First the mark that survives a crash, then the delete.
function doom(ops: readonly Op[], start: number, count: number): readonly Line[] {
  const indexes = Array.from({ length: count }, (_, nth) => start + nth);
  const marks = indexes.flatMap(index => {
    const op = ops[index];
    return op?.op === 'link-del'
      ? [{ text: batchLine({ op: 'link-set', netns: op.netns, name: op.name, set: { group: OURS.doomed } }), index, finishes: [] }]
      : [];
  });
  return [...marks, { text: `link del group ${OURS.doomed}`, index: null, finishes: indexes }];
}

/** Throws a Bug for an act that no line can carry; asked for every act before the first change. */
export function checkAct(op: Op): void {
  if (op.op === 'sysctl-set') sysctlPath(op.key);
  else if (op.op === 'nft-replace' || op.op === 'nft-del') nftText(op);
  else batchLine(op);
}

// All tables of a lane in one transaction; when it is refused nothing of it was done, so that each may be tried alone.
async function carryTables(ops: readonly Op[], netns: string): Promise<Carried> {
  const end = await attempt(...entering(netns, 'nft', ['-f', '-']), ops.map(op => `${nftText(op)}\n`).join(''), 120_000);
  if ('lost' in end) return ops.length === 1 ? { done: [], failed: { index: 0, ...end.lost } } : end;
  if (end.exitCode === 0) return { done: ops.map((_, index) => index) };
  if (ops.length === 1) return refusedTable(ops[0], end.stderr);
  const done: number[] = [];
  for (const [index, op] of ops.entries()) {
    const one = await carryTables([op], netns);
    if (one.failed !== undefined) return { done, failed: { ...one.failed, index } };
    done.push(index);
  }
  return { done };
}

function refusedTable(op: Op | undefined, stderr: string): Carried {
  const code = codeOfText(stderr);
  if (op !== undefined && isAbsence(op, code)) return { done: [0] };
  const name = op?.op === 'nft-replace' || op?.op === 'nft-del' ? `${op.family} ${op.name}` : '';
  return { done: [], failed: { index: 0, code, words: `nft table ${name}: ${wordsOf(stderr).replaceAll('/dev/stdin:', 'line ')}` } };
}

// In the own namespace by the file system, synchronously: one system call each, and the order holds.
async function carrySysctls(ops: readonly Op[], netns: string): Promise<Carried> {
  const done: number[] = [];
  for (const [index, op] of ops.entries()) {
    if (op.op !== 'sysctl-set') continue;
    const said = netns === '' ? setHere(op.key, op.value) : await setThere(netns, op.key, op.value);
    if (said !== null) return { done, failed: { index, code: said.code, words: `${renderOp(op)}: ${said.words}` } };
    done.push(index);
  }
  return { done };
}

function setHere(key: string, value: string): Said | null {
  try {
    writeFileSync(sysctlPath(key), value);
    return null;
  } catch (error) {
    return { code: codeOfErrno(error), words: error instanceof Error ? error.message : String(error) };
  }
}

async function setThere(netns: string, key: string, value: string): Promise<Said | null> {
  const end = await attempt(...entering(netns, 'tee', [sysctlPath(key)]), value, 10_000);
  if ('lost' in end) return end.lost;
  return end.exitCode === 0 ? null : { code: codeOfText(end.stderr), words: wordsOf(end.stderr) };
}

async function attempt(
  tool: string,
  args: readonly string[],
  stdin: string,
  timeoutMs: number,
): Promise<{ exitCode: number; stderr: string } | { done: []; lost: Said }> {
  try {
    const { exitCode, signal, stderr } = await run(tool, args, { stdin, timeoutMs, keepOpen: heldLocks() });
    if (exitCode !== null) return { exitCode, stderr };
    return { done: [], lost: { code: 'killed', words: `${tool} was killed by ${signal}: ${wordsOf(stderr)}` } };
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'missing-program') throw error;
    return { done: [], lost: { code: error.code, words: error.message } };
  }
}

const ABSENT: ReadonlySet<HostErrorCode> = new Set(['no-device', 'no-entry', 'no-namespace']);

// Deleting what is absent is success.
function isAbsence(op: Op, code: HostErrorCode): boolean {
  return op.op.endsWith('-del') && ABSENT.has(code);
}

function codeFor(op: Op, code: HostErrorCode): HostErrorCode {
  return code === 'exists' && op.op === 'link-set' && op.set.name !== undefined ? 'name-in-use' : code;
}

function wordsOf(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '' && !/^Command failed -:\d+$/.test(line) && !/^\s*[\^~]+\s*$/.test(line));
  return lines.slice(0, 3).join('; ').slice(0, 500) || 'no reason given';
}
