/** Whose a process is. Words and an environment may be anybody's; who runs it, what it executes and where, the kernel alone says. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * True when each of its user ids (real, effective, saved, of files) is one of `uids` and it counts among this node's own processes:
 * root of a container may be any user, and is deeper. False for one that is gone.
 */
export function isRunBy(pid: number | string, uids: ReadonlySet<number>): boolean {
  const status = statusOf(pid);
  const ids = (/^Uid:\t(.*)$/m.exec(status)?.[1] ?? '').split('\t').map(Number);
  return ids.length === 4 && ids.every(id => uids.has(id)) && depthIn(status) === ownDepth();
}

/** The user that we are. */
export function ourselves(): ReadonlySet<number> {
  return new Set([process.geteuid?.() ?? -1]);
}

/** False when what it executes may be seen (of another user: with CAP_SYS_PTRACE), and is another program. One that was replaced on disk is the same. */
export function mayExecute(pid: number, program: string): boolean {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')) === program;
  } catch {
    return true;
  }
}

/** True when systemd runs it for this unit of the whole machine: a unit of that name of a user's own is in a slice of that user. */
export function isOfUnit(pid: number, unit: string): boolean {
  return readQuietly(`/proc/${pid}/cgroup`)
    .split('\n')
    .some(line => /^\d+:[^:]*:\/system\.slice\//.test(line) && line.endsWith(`/${unit}`));
}

let depth: number | undefined;

function ownDepth(): number {
  depth ??= depthIn(statusOf('self'));
  return depth;
}

// Its numbers in this namespace of processes and in each below.
function depthIn(status: string): number {
  return /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t').length ?? 1;
}

function statusOf(pid: number | string): string {
  return readQuietly(`/proc/${pid}/status`);
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
