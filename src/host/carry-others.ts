/** Carries acts that no batch of `ip`, `bridge` or `nft` can: on files, services, and flows that are under way. */
import { chmodSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { Op } from '../kinds/op.ts';
import type { Carried } from './carry.ts';
import { codeOfErrno, codeOfText, errnoOf, HostError } from './errors.ts';
import { run } from './exec.ts';
import { writeAtomic } from './files.ts';
import { heldLocks } from './lock.ts';
import { entering } from './namespace.ts';
import { reloadService, startService, stopService } from './services.ts';

/** Services that are started or ended at a time. */
const AT_ONCE = 8;

/** Files and flows one after another; services several at a time, but acts on one of them in their order. Throws only Bugs. */
export async function carryOthers(ops: readonly Op[]): Promise<Carried> {
  const done: number[] = [];
  for (let at = 0; at < ops.length; ) {
    const together = ops.slice(at, at + countTogether(ops, at));
    const ends = await Promise.all(together.map(attempt));
    for (const [nth, end] of ends.entries()) if (end === null) done.push(at + nth);
    const failed = ends.findIndex(end => end !== null);
    const error = ends[failed];
    if (error !== undefined && error !== null) return { done, failed: { index: at + failed, code: error.code, words: error.message } };
    at += together.length;
  }
  return { done };
}

function countTogether(ops: readonly Op[], start: number): number {
  const ids = new Set<string>();
  for (const op of ops.slice(start, start + AT_ONCE)) {
    if (!('id' in op) || ids.has(op.id)) break;
    ids.add(op.id);
  }
  return Math.max(ids.size, 1);
}

async function attempt(op: Op): Promise<HostError | null> {
  try {
    await act(op);
    return null;
  } catch (error) {
    if (error instanceof HostError) return error;
    if (errnoOf(error) !== '') return new HostError(codeOfErrno(error), error instanceof Error ? error.message : String(error), { cause: error });
    throw error;
  }
}

function act(op: Op): Promise<void> {
  switch (op.op) {
    case 'flows-end':
      return endFlows(op.netns, op.ip);
    case 'file-write':
      return writeFile(op.path, op.text);
    case 'file-del':
      return deleteFile(op.path);
    case 'service-start':
      return startService(op);
    case 'service-reload':
      return reloadService(op);
    case 'service-stop':
      return stopService(op);
    default:
      throw new Error(`bug: ${op.op} is carried by a batch`);
  }
}

// conntrack takes one condition at a time, and ends with 1 where it found nothing.
async function endFlows(netns: string, ip: string): Promise<void> {
  for (const way of ['-d', '-q']) {
    const { exitCode, signal, stderr } = await run(...entering(netns, 'conntrack', ['-D', way, ip]), { timeoutMs: 20_000, keepOpen: heldLocks() });
    if (exitCode === 0 || /\b0 flow entries have been deleted/.test(stderr)) continue;
    const code = signal === null ? codeOfText(stderr) : 'killed';
    // The namespace is gone, and its flows with it.
    if (code === 'no-namespace') return;
    throw new HostError(code, `conntrack -D ${way} ${ip}: ${stderr.trim().split('\n')[0]}`, { command: 'conntrack', netns });
  }
}

/** Only what lies in the folder of a network is ours to write and to remove. */
function checked(path: string): string {
  if (isAbsolute(path) && normalize(path) === path && /\/networks\/[^/]+\/[^/]+$/.test(path)) return path;
  throw new Error(`bug: no file of a network's service: ${JSON.stringify(path)}`);
}

async function writeFile(path: string, text: string): Promise<void> {
  const folder = dirname(checked(path));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  // The service runs as a user of its own and reads its files again while it runs.
  for (const [each, mode] of [
    [dirname(dirname(folder)), 0o711],
    [dirname(folder), 0o755],
    [folder, 0o755],
  ] as const) {
    const now = statSync(each).mode & 0o777;
    if ((now & mode) !== mode) chmodSync(each, now | mode);
  }
  await writeAtomic(path, text, 0o644);
  // Whatever umask we run with.
  chmodSync(path, 0o644);
}

async function deleteFile(path: string): Promise<void> {
  rmSync(checked(path), { force: true });
  try {
    rmdirSync(dirname(path));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error))) throw error;
  }
}
