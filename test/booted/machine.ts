/**
 * A machine with systemd as its first process, booted for a test in namespaces of its own on an overlay of this one: the units that
 * people install, run by what runs them there. It can be switched off and booted again, and keeps its disk. Nothing that it writes is
 * left in the end.
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
import { type Card, networkUnit, plugIn } from './wire.ts';

const OUTSIDE = join(ROOT, 'test/booted/outside.sh');
const BOOT_MS = 60_000;
const PATIENCE_MS = 120_000;

export interface Machine {
  readonly name: string;
  /** A folder of this machine that is /srv there. */
  readonly shared: string;
  /** Runs a program there to its end. */
  run(program: string, ...args: readonly string[]): Promise<RunResult>;
  /** What a program prints there; throws when it does not end with 0. */
  ask(program: string, ...args: readonly string[]): Promise<string>;
  /** Runs lines as root would type them after a login; the first that fails ends them. Throws nothing. */
  shell(script: string): Promise<RunResult>;
  /** Starts one there. */
  start(program: string, ...args: readonly string[]): ChildProcess;
  /** Writes a file there; its folder is made. Also to the disk of a machine that is off. */
  write(path: string, text: string, mode?: number): void;
  /** The text of a file there. */
  read(path: string): string;
  /** Switches it on and waits until it is up: /run and /tmp are new, its disk, name, machine-id and cards are what they were. */
  boot(): Promise<void>;
  /** Shuts it down in order, as `systemctl poweroff` does. */
  shutDown(): Promise<void>;
  /** Pulls the plug; what is on its disk stays. */
  crash(): Promise<void>;
  /** Pulls the plug and throws the machine away. */
  stop(): Promise<void>;
}

export interface MachineOptions {
  /** `booted` by default. */
  readonly name?: string;
  /** None by default: it has `lo` then. */
  readonly cards?: readonly Card[];
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

/** Makes one, boots it, and waits until it is up. */
export async function bootMachine(options: MachineOptions = {}): Promise<Machine> {
  const machine = await makeMachine(options);
  try {
    await machine.boot();
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** Makes one that is off; what is written to it now is there when it boots. */
export async function makeMachine({ name = 'booted', cards = [] }: MachineOptions = {}): Promise<Machine> {
  const disk = mkdtempSync(join(tmpdir(), 'netloom-booted-'));
  const shared = mkdtempSync(join(tmpdir(), 'netloom-shared-'));
  await run('mount', ['-t', 'tmpfs', 'tmpfs', disk], { okCodes: [0] });
  for (const folder of ['upper', 'work', 'root']) mkdirSync(join(disk, folder));
  const { pid, end, boot, crash } = makePower(disk, shared, name, cards);
  const machine: Machine = {
    name,
    shared,
    ...doors(pid, join(disk, 'upper')),
    boot,
    crash,
    shutDown: () => end(async () => void (await machine.run('systemctl', 'poweroff'))),
    stop: async () => {
      await crash();
      await run('umount', [disk], { okCodes: [0] });
      for (const folder of [disk, shared]) rmSync(folder, { recursive: true, force: true });
    },
  };
  machine.write('/etc/systemd/system/machine-network.service', networkUnit(cards));
  for (const target of ['multi-user', 'network-online'])
    machine.write(`/etc/systemd/system/${target}.target.d/machine.conf`, '[Unit]\nWants=machine-network.service\nAfter=machine-network.service\n');
  return machine;
}

interface Power extends Pick<Machine, 'boot' | 'crash'> {
  /** The first process there, as seen from here; null while it is off. */
  pid(): number | null;
  /** Waits until it is off, which `how` leads to. */
  end(how: () => Promise<void>): Promise<void>;
}

function makePower(disk: string, shared: string, name: string, cards: readonly Card[]): Power {
  const cgroup = `netloom-booted-${process.pid}-${randomBytes(3).toString('hex')}`;
  let [unshare, ended]: [ChildProcess | null, Promise<unknown>] = [null, Promise.resolve()];
  const pid = (): number | null => firstProcess(unshare?.pid, 'systemd');
  const end = async (how: () => Promise<void>): Promise<void> => {
    if (unshare === null) return;
    await how();
    await ended;
    unshare = null;
    await run('sh', [OUTSIDE, 'gone', cgroup], { okCodes: [0] });
  };
  const crash = (): Promise<void> => end(async () => kill(pid() ?? unshare?.pid));
  const boot = async (): Promise<void> => {
    const child = spawn('sh', [OUTSIDE, disk, cgroup, ROOT, shared, name], { stdio: ['pipe', 'pipe', 'pipe'] });
    [unshare, ended] = [child, once(child, 'exit')];
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    for (const until = Date.now() + BOOT_MS; ; await sleep(50)) {
      const first = firstProcess(child.pid, 'sh');
      if (said === 'cards\n' && first !== null && child.stdin.writable) {
        await plugIn(first, name, cards);
        child.stdin.end('\n');
      }
      if (await isUp(pid())) return;
      if (child.exitCode === null && Date.now() < until) continue;
      await crash().catch(() => undefined);
      throw new Error(`the machine ${name} did not boot: ${said}`);
    }
  };
  return { pid, end, crash, boot };
}

type Doors = Pick<Machine, 'run' | 'ask' | 'shell' | 'start' | 'write' | 'read'>;

function doors(first: () => number | null, disk: string): Doors {
  const entering = (program: string, args: readonly string[]): string[] => {
    const pid = first();
    if (pid === null) throw new Error('the machine is off');
    return [`--target=${pid}`, '--all', program, ...args];
  };
  const at = (path: string): string => (first() === null ? `${disk}${path}` : `/proc/${first()}/root${path}`);
  const enter = async (program: string, args: readonly string[]): Promise<RunResult> => run('nsenter', entering(program, args), { timeoutMs: PATIENCE_MS });
  return {
    run: (program, ...args) => enter(program, args),
    ask: async (program, ...args) => (await run('nsenter', entering(program, args), { timeoutMs: PATIENCE_MS, okCodes: [0] })).stdout,
    shell: script => enter('env', ['HOME=/root', 'USER=root', 'LANG=C.UTF-8', 'bash', '-ec', `cd\n${script}`]),
    start: (program, ...args) => spawn('nsenter', entering(program, args), { stdio: 'ignore', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }),
    write: (path, text, mode = 0o644) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text, { mode });
    },
    read: path => readFileSync(at(path), 'utf8'),
  };
}

// The only child of unshare, once it is what it is to be.
function firstProcess(unshare: number | undefined, comm: string): number | null {
  try {
    const [pid = ''] = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ');
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === `${comm}\n` ? Number(pid) : null;
  } catch {
    return null;
  }
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

async function isUp(pid: number | null): Promise<boolean> {
  if (pid === null) return false;
  const { stdout } = await run('nsenter', [`--target=${pid}`, '--all', 'systemctl', 'is-system-running']);
  return ['running', 'degraded'].includes(stdout.trim());
}
