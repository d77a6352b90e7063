/**
 * What carrying acts asks of the machine, in one place: programs, settings of the kernel, and what no batch carries. There is one;
 * a host that fails on command stands in for it in tests, below everything that reads errors.
 */
import { writeFileSync } from 'node:fs';
import type { Op } from '../kinds/op.ts';
import { act } from './act.ts';
import { findProgram, type RunOptions, type RunResult, run } from './exec.ts';

export interface System {
  /** Throws HostError `missing-program`. */
  find(program: string): void;
  /** As `run` of `exec.ts`: throws HostError for what did not end by itself, or could not be started (`isUnstarted` says so). */
  run(program: string, args: readonly string[], options: Omit<RunOptions, 'asBuffer'>): Promise<RunResult>;
  /** Sets a value by its path below /proc/sys. Throws what the file system says. */
  set(path: string, value: string): void;
  /** An act on a file, a service or flows. Throws HostError, or what the file system says. */
  act(op: Op): Promise<void>;
}

export const SYSTEM: System = { find: findProgram, run, set: writeFileSync, act };
