/** Which boot this is, a clock that only a reboot sets back, and who a process is: what a journal is read by. */
import { readFileSync } from 'node:fs';
import { readTextIfThere, writeAtomic } from './files.ts';

/** Changes with every boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Notes in a file that something was done in this boot, unless that is noted. */
export async function noteThisBoot(path: string): Promise<void> {
  if (!(await isOfThisBoot(path))) await writeAtomic(path, bootId());
}

/** True where it was noted in this boot. */
export async function isOfThisBoot(path: string): Promise<boolean> {
  return (await readTextIfThere(path)) === bootId();
}

/** Seconds since boot, time asleep included; nobody can set it. */
export function bootSeconds(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
}

/** A process for as long as it lives: its number is given to another one later, its start time is not. */
export interface ProcessMark {
  readonly pid: number;
  /** Ticks since boot, as in proc(5); '' for one that is gone. */
  readonly started: string;
}

/** The mark of a process; this one without `pid`. */
export function markOf(pid = process.pid): ProcessMark {
  return { pid, started: startOf(pid) };
}

/** Kills a process at once, if it is still the one that was marked; true when it was. */
export function killMarked({ pid, started }: ProcessMark): boolean {
  if (started === '' || startOf(pid) !== started) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // It ended meanwhile.
  }
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
