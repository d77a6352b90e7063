/** Processes by a mark in the environment that they were started with: who began them may be gone, and what they began has it too. */
import { readdirSync, readFileSync } from 'node:fs';
import { isRunBy, ourselves } from './process-owner.ts';

/** This user's processes with `mark` (`NAME=value`) in their environment: anybody's may carry it. A zombie has none. */
export function markedProcesses(mark: string): readonly number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  const us = ourselves();
  return pids.map(Number).filter(pid => isRunBy(pid, us) && environmentOf(pid).includes(mark));
}

/** `NAME=value` each; empty of what has ended, and of another user's. */
export function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** SIGKILL, if it is still there. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
