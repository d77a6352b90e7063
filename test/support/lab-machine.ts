/**
 * A real virtual machine on a tap of a lab's node: QEMU without acceleration, Debian's cloud kernel (`npm test` fetches it),
 * and busybox with the scripts in `machine/` as all that runs in it. The second serial port takes commands.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram, hasProgram } from '../../src/host/exec.ts';
import { type LongChild, spawnLong } from '../../src/host/spawn-long.ts';
import { markOf } from '../../src/lab/holder.ts';
import { ROOT } from '../house/tree.ts';
import type { TestNode } from './lab-node.ts';
import { until } from './lab-node-probe.ts';

/** What `.ci/machine.mjs` keeps: `vmlinuz`, `busybox`, and `modules` named in the order in which they are loaded. */
export const MACHINE_FOLDER = join(ROOT, 'node_modules', '.cache', 'netloom-machine');

const QEMU = 'qemu-system-x86_64';
/** On a machine that is busy with other things; a quiet one boots in three seconds. */
const PATIENCE_MS = 120_000;

export interface Machine {
  /** Runs a script of busybox's shell in it; exit code, and what it printed on both outputs. Throws after two minutes, with the console's last lines. */
  run(script: string): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** The same for a script that must end with 0: what it printed, trimmed. */
  ok(script: string): Promise<string>;
  end(): Promise<void>;
}

export interface MachineOptions {
  readonly node: TestNode;
  /** Its network card: `-netdev tap,…` and `-device …`. */
  readonly nic: readonly string[];
  /** The lab's folder: what starts in its name ends with it. */
  readonly mark: string;
  /** Paths; the console's file is made. */
  readonly initrd: string;
  readonly console: string;
  /** An image that it finds as `/dev/vda`. */
  readonly disk?: string;
  /** Path of the socket at which QEMU takes orders (QMP). */
  readonly orders?: string;
  /** Path of a socket by which a machine comes that runs elsewhere: it takes commands once it is here. */
  readonly incoming?: string;
}

/** What is missing for a virtual machine here, in a few words; '' when nothing is. `npm test` gets it, as root, on Debian. */
export function missingForMachines(): string {
  return [...(hasProgram(QEMU) ? [] : [QEMU]), ...(existsSync(MACHINE_FOLDER) ? [] : [`a kernel in ${MACHINE_FOLDER}`])].join(' and ');
}

/** Starts it; resolves when it takes commands. Throws with the end of its console when it does not. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { node, mark } = options;
  const child = spawnLong('nsenter', [...node.into(), findProgram(QEMU), ...argumentsOf(options)], { env: markOf(mark) });
  const answers = answersOf(child);
  const failure = (what: string): Error => new Error(`${what}: ${child.stderr()}\n${lastLines(options.console)}`);
  const answer = async (number: string, what: string): Promise<Answer> => {
    const found = await answers.take(number);
    if (found === undefined) throw failure(what);
    return found;
  };
  let count = 0;
  const run = async (script: string): Promise<Answer> => {
    const number = String(++count);
    child.stdin.write(`${number} ${Buffer.from(script).toString('base64')}\n`);
    return answer(number, `no answer to ${script}`);
  };
  try {
    if (options.incoming === undefined) await answer('up', 'the virtual machine does not start');
    else if (!(await until(() => existsSync(options.incoming ?? ''), PATIENCE_MS))) throw failure('the virtual machine waits for none');
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    run,
    ok: async script => {
      const { exitCode, output } = await run(script);
      if (exitCode !== 0) throw failure(`${script} ended with ${exitCode} and ${output}`);
      return output.trim();
    },
    end: () => child.stop(),
  };
}

function argumentsOf({ nic, initrd, console, disk, orders, incoming }: MachineOptions): readonly string[] {
  const drive = disk === undefined ? [] : ['-drive', `file=${disk},format=raw,if=none,readonly=on,id=disk`, '-device', 'virtio-blk-pci,drive=disk'];
  return [
    ...['-machine', 'pc', '-accel', 'tcg', '-cpu', 'max', '-m', '128', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', join(MACHINE_FOLDER, 'vmlinuz'), '-initrd', initrd, '-append', 'console=ttyS0 quiet rdinit=/init panic=-1'],
    ...['-serial', `file:${console}`, '-serial', 'stdio'],
    ...nic,
    ...drive,
    ...(orders === undefined ? [] : ['-qmp', `unix:${orders},server=on,wait=off`]),
    ...(incoming === undefined ? [] : ['-incoming', `unix:${incoming}`]),
  ];
}

interface Answer {
  readonly exitCode: number;
  readonly output: string;
}

/** Answers by their number, as they come; undefined for one that does not come in time, or at all. */
function answersOf(child: LongChild): { take(number: string): Promise<Answer | undefined> } {
  const waiting = new Map<string, (answer: Answer | undefined) => void>();
  createInterface({ input: child.stdout }).on('line', line => {
    const [number = '', code, output = ''] = line.trim().split(' ');
    waiting.get(number)?.({ exitCode: Number(code), output: Buffer.from(output, 'base64').toString() });
  });
  let gone = false;
  void child.ended.then(() => {
    gone = true;
    for (const tell of waiting.values()) tell(undefined);
  });
  return {
    take: number =>
      new Promise(done => {
        if (gone) return done(undefined);
        const timer = setTimeout(() => done(undefined), PATIENCE_MS);
        waiting.set(number, answer => {
          clearTimeout(timer);
          waiting.delete(number);
          done(answer);
        });
      }),
  };
}

function lastLines(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1').split('\n').slice(-20).join('\n') : '';
}
