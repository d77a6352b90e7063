/**
 * Carries one batch of acts to the kernel: the acts of one lane, in their order, in one process if the tool can. It answers
 * with what is known afterwards, never more: a batch that ends without saying where leaves its acts unknown.
 */
import { OURS } from '../kinds/marks.ts';
import { lane, type Op } from '../kinds/op.ts';
import { batchLine, nftText, renderOp } from '../kinds/render.ts';
import { carryOthers } from './carry-others.ts';
import { codeOfErrno, codeOfText, HostError, type HostErrorCode } from './errors.ts';
import { heldLocks } from './lock.ts';
import { entering, isStaleNamespace, sysctlPath } from './namespace.ts';
import { SYSTEM, type System } from './system.ts';

/** An act that was refused, by its index in the batch. */
export interface Refused {
  readonly index: number;
  readonly code: HostErrorCode;
  readonly words: string;
}

/** What became of a batch. Acts in neither list were not run. */
export interface Carried {
  /** Indexes into the batch, done in the kernel (or, for a delete, absent before). */
  readonly done: readonly number[];
  /** Acts that were refused: one, at which the batch ended, or all that can be told of. Absent: none. */
  readonly failed?: readonly Refused[];
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

/** An act with what its tool is told: a line of a batch, the text of a table, the path of a sysctl. */
export interface Act {
  readonly op: Op;
  readonly text: string;
}

/** Words for every act, asked for before the first change. Throws a Bug for an act that no line can carry. */
export function worded(op: Op): Act {
  if (op.op === 'sysctl-set') return { op, text: sysctlPath(op.key) };
  if (isOther(op)) return { op, text: '' };
  return { op, text: op.op === 'nft-replace' || op.op === 'nft-del' ? nftText(op) : batchLine(op) };
}

/** True for acts that no batch of lines carries: on files, services and flows. */
function isOther(op: Op): boolean {
  return ['file', 'service', 'conntrack'].includes(lane(op).split(':')[0] ?? '');
}

/** Runs acts of one lane. `grouped`: consecutive link deletes may go through the group of doomed links. Throws only Bugs and `missing-program`. */
export async function carry(acts: readonly Act[], grouped: boolean, system: System = SYSTEM): Promise<Carried> {
  const first = acts[0];
  if (first === undefined) return { done: [] };
  const [tool = '', ...rest] = lane(first.op).split(':');
  const netns = rest.join(':');
  if (isOther(first.op))
    return carryOthers(
      acts.map(act => act.op),
      system,
    );
  if (tool === 'nft') return carryTables(acts, netns, system);
  if (tool === 'sysctl') return carrySysctls(acts, netns, system);
  return carryLines([tool, netns], acts, grouped, system);
}

async function carryLines([tool, netns]: readonly [string, string], acts: readonly Act[], grouped: boolean, system: System): Promise<Carried> {
  const lines = linesOf(acts, grouped);
  const where = netns === '' ? [] : ['-n', netns];
  const text = `${lines.map(line => line.text).join('\n')}\n`;
  const end = await attempt([tool, [...where, '-batch', '-']], text, 60_000 + 100 * lines.length, system);
  if ('lost' in end) return end;
  if ('unstarted' in end) return noneOf(acts, end.unstarted);
  if (end.exitCode === 0) return { done: acts.map((_, index) => index) };
  const number = LINE.exec(end.stderr)?.[1];
  const words = wordsOf(end.stderr);
  const code = codeOfText(end.stderr);
  // One line is its own number.
  if (number === undefined) return lines.length === 1 ? stoppedAt(acts, lines, 0, { code, words }) : { done: [], lost: { code, words } };
  return stoppedAt(acts, lines, Number(number) - 1, { code, words });
}

function stoppedAt(acts: readonly Act[], lines: readonly Line[], at: number, said: Said): Carried {
  const done = lines.slice(0, at).flatMap(line => line.finishes);
  const line = lines[at];
  if (line === undefined) return { done: [], lost: said };
  // An empty group: all of them went by themselves.
  if (line.index === null) return said.code === 'no-device' ? { done: [...done, ...line.finishes] } : { done, groupRefused: true };
  const op = acts[line.index]?.op;
  if (op === undefined) return { done: [], lost: said };
  if (isAbsence(op, said.code)) return { done: [...done, line.index] };
  return { done, failed: [refusal(op, line.index, said)] };
}

function refusal(op: Op, index: number, said: Said): Refused {
  return { index, code: codeFor(op, said.code), words: `${renderOp(op).split('\n')[0]}: ${said.words}` };
}

// The tool never came to its first act: what is to go from where nobody gets in any more is gone, and nothing else is done.
function noneOf(acts: readonly Act[], said: Said): Carried {
  const isGone = ({ op }: Act): boolean => said.code === 'no-namespace' && op.op.endsWith('-del');
  const done = acts.flatMap((act, index) => (isGone(act) ? [index] : []));
  const failed = acts.flatMap((act, index) => (isGone(act) ? [] : [refusal(act.op, index, said)]));
  return failed.length === 0 ? { done } : { done, failed };
}

interface Said {
  readonly code: HostErrorCode;
  readonly words: string;
}

function linesOf(acts: readonly Act[], grouped: boolean): readonly Line[] {
  const lines: Line[] = [];
  for (let index = 0; index < acts.length; ) {
    const run = grouped ? deletesFrom(acts, index) : 0;
    lines.push(...(run > 1 ? doom(acts, index, run) : plain(acts, index)));
    index += Math.max(run, 1);
  }
  return lines;
}

function plain(acts: readonly Act[], index: number): readonly Line[] {
  const act = acts[index];
  if (act === undefined) return [];
  const { op, text } = act;
  const line = { text, index, finishes: [index] };
  // Left by an `ip netns add` that was killed between its two acts: it holds the name and is no namespace.
  if (op.op === 'netns-add' && isStaleNamespace(op.name)) return [{ text: batchLine({ op: 'netns-del', name: op.name }), index, finishes: [] }, line];
  return [line];
}

function deletesFrom(acts: readonly Act[], start: number): number {
  let end = start;
  while (end < acts.length && end - start < TOGETHER && acts[end]?.op.op === 'link-del') end++;
  return end - start;
}

// First the mark that survives a crash, then the delete.
function doom(acts: readonly Act[], start: number, count: number): readonly Line[] {
  const indexes = Array.from({ length: count }, (_, nth) => start + nth);
  const marks = indexes.flatMap(index => {
    const op = acts[index]?.op;
    return op?.op === 'link-del'
      ? [{ text: batchLine({ op: 'link-set', netns: op.netns, name: op.name, set: { group: OURS.doomed } }), index, finishes: [] }]
      : [];
  });
  return [...marks, { text: `link del group ${OURS.doomed}`, index: null, finishes: indexes }];
}

// All tables of a lane in one transaction; when it is refused nothing of it was done, so that each may be tried alone.
async function carryTables(acts: readonly Act[], netns: string, system: System): Promise<Carried> {
  const end = await attempt(entering(netns, 'nft', ['-f', '-']), acts.map(({ text }) => `${text}\n`).join(''), 120_000, system);
  if ('unstarted' in end) return noneOf(acts, end.unstarted);
  if ('lost' in end) return acts.length === 1 ? { done: [], failed: [{ index: 0, ...end.lost }] } : end;
  if (end.exitCode === 0) return { done: acts.map((_, index) => index) };
  if (acts.length === 1) return refusedTable(acts[0]?.op, end.stderr);
  const done: number[] = [];
  for (const [index, act] of acts.entries()) {
    const { failed } = await carryTables([act], netns, system);
    if (failed !== undefined) return { done, failed: failed.map(each => ({ ...each, index })) };
    done.push(index);
  }
  return { done };
}

function refusedTable(op: Op | undefined, stderr: string): Carried {
  const code = codeOfText(stderr);
  if (op !== undefined && isAbsence(op, code)) return { done: [0] };
  const name = op?.op === 'nft-replace' || op?.op === 'nft-del' ? `${op.family} ${op.name}` : '';
  return { done: [], failed: [{ index: 0, code, words: `nft table ${name}: ${wordsOf(stderr).replaceAll('/dev/stdin:', 'line ')}` }] };
}

// In the own namespace by the file system, synchronously: one system call each. Elsewhere one process sets them all, in their order.
async function carrySysctls(acts: readonly Act[], netns: string, system: System): Promise<Carried> {
  if (netns !== '') return setThere(acts, netns, system);
  const done: number[] = [];
  for (const [index, { op, text: path }] of acts.entries()) {
    if (op.op !== 'sysctl-set') continue;
    const said = setHere(path, op.value, system);
    if (said !== null) return { done, failed: [refusal(op, index, said)] };
    done.push(index);
  }
  return { done };
}

function setHere(path: string, value: string, system: System): Said | null {
  try {
    system.set(path, value);
    return null;
  } catch (error) {
    return { code: codeOfErrno(error), words: error instanceof Error ? error.message : String(error) };
  }
}

// sysctl goes on after a failure and names the key of each; those that it names were not set, all others were.
async function setThere(acts: readonly Act[], netns: string, system: System): Promise<Carried> {
  const settings = acts.flatMap(({ op }) => (op.op === 'sysctl-set' ? [`${op.key}=${op.value}`] : []));
  const end = await attempt(entering(netns, 'sysctl', ['-q', '-w', '--', ...settings]), '', 10_000 + 10 * acts.length, system);
  if ('lost' in end) return end;
  if ('unstarted' in end) return noneOf(acts, end.unstarted);
  if (end.exitCode === 0) return { done: acts.map((_, index) => index) };
  const lines = end.stderr.split('\n').filter(line => line.trim() !== '');
  const said = acts.map(({ op }) => lines.find(line => op.op === 'sysctl-set' && tellsOf(line, op.key)));
  const whole = { code: codeOfText(end.stderr), words: wordsOf(end.stderr) };
  if (said.every(line => line === undefined)) return acts.length === 1 ? noneOf(acts, whole) : { done: [], lost: whole };
  const failed = acts.flatMap(({ op }, index) => {
    const line = said[index];
    return line === undefined ? [] : [refusal(op, index, { code: codeOfText(line), words: wordsOf(line) })];
  });
  return { done: said.flatMap((line, index) => (line === undefined ? [index] : [])), failed };
}

// It writes keys in either form.
function tellsOf(line: string, key: string): boolean {
  const dotted = line.replaceAll('/', '.');
  const at = dotted.indexOf(key.replaceAll('/', '.'));
  return at >= 0 && !/[\w-]/.test(dotted.charAt(at + key.length));
}

type Attempt = { exitCode: number; stderr: string } | { done: []; lost: Said } | { unstarted: Said };

async function attempt([tool, args]: readonly [string, readonly string[]], stdin: string, timeoutMs: number, system: System): Promise<Attempt> {
  try {
    const { exitCode, signal, stderr } = await system.run(tool, args, { stdin, timeoutMs, keepOpen: heldLocks() });
    if (exitCode !== null && exitCode !== 0 && isBeforeTheFirst(stderr)) return { unstarted: { code: codeOfText(stderr), words: wordsOf(stderr) } };
    if (exitCode !== null) return { exitCode, stderr };
    return { done: [], lost: { code: 'killed', words: `${tool} was killed by ${signal}: ${wordsOf(stderr)}` } };
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'missing-program') throw error;
    if (error.isUnstarted) return { unstarted: { code: error.code, words: error.message } };
    return { done: [], lost: { code: error.code, words: error.message } };
  }
}

// What stands before a tool's own work: its start, its libraries, its namespace, its socket.
const BEFORE =
  /^(Cannot open network namespace|setting the network namespace|(setpriv|nsenter): |\S+: error while loading shared libraries|Cannot open netlink socket)/m;

function isBeforeTheFirst(stderr: string): boolean {
  return BEFORE.test(stderr) && !LINE.test(stderr);
}

const LINE = /Command failed -:(\d+)\s*$/;

const ABSENT: ReadonlySet<HostErrorCode> = new Set(['no-device', 'no-entry', 'no-namespace']);

// Deleting what is absent is success. A link that has left its bridge has no forwarding entries there; the kernel says "not supported".
function isAbsence(op: Op, code: HostErrorCode): boolean {
  const forwarding = op.op === 'fdb-del' || op.op === 'vtep-del' || op.op === 'flood-del';
  return op.op.endsWith('-del') && (ABSENT.has(code) || (forwarding && code === 'unsupported'));
}

function codeFor(op: Op, code: HostErrorCode): HostErrorCode {
  return code === 'exists' && op.op === 'link-set' && op.set.name !== undefined ? 'name-in-use' : code;
}

function wordsOf(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '' && !/^Command failed -:\d+$/.test(line) && !/^\s*[\^~]+\s*$/.test(line));
  return lines.slice(0, 3).join('; ').slice(0, 500) || 'no reason given';
}
