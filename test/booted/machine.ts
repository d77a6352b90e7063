/**
 * A machine with systemd as its first process, booted for a test in namespaces of its own on an overlay of this one: the units that
 * people install, run by what runs them there. Nothing that it writes is left, but in the folder that it shares.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunResult, run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';

const OUTSIDE = join(ROOT, 'test/booted/outside.sh');
const BOOT_MS = 60_000;

export interface Machine {
  /** A folder of this machine that is /srv there. */
  readonly shared: string;
  /** Runs a program there to its end. */
  run(program: string, ...args: readonly string[]): Promise<RunResult>;
  /** What a program prints there; throws when it does not end with 0. */
  ask(program: string, ...args: readonly string[]): Promise<string>;
  /** Starts one there. */
  start(program: string, ...args: readonly string[]): ChildProcess;
  /** Writes a file there; its folder is made. */
  write(path: string, text: string): void;
  /** The text of a file there. */
  read(path: string): string;
  /** Pulls the plug. */
  stop(): Promise<void>;
}

/** Why none can be booted here; '' when one can. */
export function cannotBoot(): string {
  try {
    accessSync('/lib/systemd/systemd');
    return '';
  } catch {
    return 'systemd (Debian package systemd)';
  }
}

/** Boots one, and waits until it is up. */
export async function bootMachine(): Promise<Machine> {
  const base = mkdtempSync(join(tmpdir(), 'netloom-booted-'));
  const shared = mkdtempSync(join(tmpdir(), 'netloom-shared-'));
  const name = `netloom-booted-${process.pid}-${randomBytes(3).toString('hex')}`;
  const unshare = spawn('sh', [OUTSIDE, base, name, ROOT, shared], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  unshare.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(unshare, 'exit');
  const stop = async (): Promise<void> => {
    const pid = firstProcess(unshare.pid);
    if (pid !== null) process.kill(pid, 'SIGKILL');
    else unshare.kill('SIGKILL');
    await ended;
    await run('sh', [OUTSIDE, 'gone', name], { okCodes: [0] });
    for (const folder of [base, shared]) rmSync(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + BOOT_MS; ; await sleep(100)) {
    const pid = firstProcess(unshare.pid);
    if (pid !== null && (await isUp(pid))) return { shared, stop, ...doors(pid) };
    if (unshare.exitCode === null && Date.now() < until) continue;
    await stop().catch(() => undefined);
    throw new Error(`the machine did not boot: ${said}`);
  }
}

function doors(pid: number): Omit<Machine, 'shared' | 'stop'> {
  const entering = (program: string, args: readonly string[]): string[] => [`--target=${pid}`, '--all', program, ...args];
  const at = (path: string): string => `/proc/${pid}/root${path}`;
  return {
    run: (program, ...args) => run('nsenter', entering(program, args), { timeoutMs: 120_000 }),
    ask: async (program, ...args) => (await run('nsenter', entering(program, args), { timeoutMs: 120_000, okCodes: [0] })).stdout,
    start: (program, ...args) => spawn('nsenter', entering(program, args), { stdio: 'ignore', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }),
    write: (path, text) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    },
    read: path => readFileSync(at(path), 'utf8'),
  };
}

// The only child of unshare, once it is systemd.
function firstProcess(unshare: number | undefined): number | null {
  try {
    const [pid = ''] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ');
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n' ? Number(pid) : null;
  } catch {
    return null;
  }
}

async function isUp(pid: number): Promise<boolean> {
  const { stdout } = await run('nsenter', [`--target=${pid}`, '--all', 'systemctl', 'is-system-running']);
  return ['running', 'degraded'].includes(stdout.trim());
}
