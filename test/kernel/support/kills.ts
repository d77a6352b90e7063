/** kill -9 of the built program: the moments at which it comes, and what there is afterwards that nobody should have left. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type LongChild, spawnLong } from '../../../src/host/spawn-long.ts';

/** Ends it with SIGKILL, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  const isGone = child.exitCode !== null || child.signalCode !== null;
  child.kill('SIGKILL');
  if (!isGone) await gone;
}

/** What has changed on the node since a moment. */
export interface Happened {
  /** Links and neighbours, as the kernel announced them. */
  readonly announced: number;
  /** Names of files and notes of services. */
  readonly written: number;
  /** Processes of services. */
  readonly served: number;
}

/** Follows what happens here and below a folder while a child runs, until it has ended or `isNow`. */
export async function follow(child: ChildProcess, folder: string, isNow: (happened: Happened) => boolean): Promise<Happened> {
  let [written, served] = [0, 0];
  let [files, services] = [names(folder), serving()];
  const from = announced;
  for (;;) {
    const [filesNow, servicesNow] = [names(folder), serving()];
    if (filesNow !== files) written++;
    if (servicesNow !== services) served++;
    [files, services] = [filesNow, servicesNow];
    const happened = { announced: announced - from, written, served };
    if (child.exitCode !== null || isNow(happened)) return happened;
    await sleep(1);
  }
}

// A folder that goes while it is listed is another state of the whole.
function names(folder: string): string {
  try {
    return readdirSync(folder, { recursive: true }).join(' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

let announced = 0;

/** Listens to the kernel from now on. */
export function listen(): LongChild {
  const monitor = spawnLong('ip', ['monitor', 'link', 'neigh']);
  monitor.stdout.on('data', (chunk: Uint8Array) => {
    announced += Buffer.from(chunk).toString().split('\n').length - 1;
  });
  return monitor;
}

/** Commands of all processes, by pid: in the private lab there are only our own. */
export function processes(): ReadonlyMap<number, string> {
  return new Map(
    readdirSync('/proc').flatMap(name => {
      try {
        const command = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8') : '';
        return command === '' ? [] : [[Number(name), command.replaceAll('\0', ' ').trim()] as const];
      } catch {
        return []; // It ended meanwhile.
      }
    }),
  );
}

/** How many networks' services run. */
export const serving = (): number => [...processes().values()].filter(command => /(^|\/)dnsmasq /.test(command)).length;

/**
 * The tools that a killed one had started must be gone by themselves. The one act that the kernel is about it still ends,
 * and deleting fifty links is one act.
 */
export async function nobodyWrites(): Promise<void> {
  for (let tries = 0; tries < 1000 && writers().length > 0; tries++) await sleep(10);
  expect(writers()).toEqual([]);
}

const writers = (): readonly string[] => [...processes().values()].filter(command => /(^|\/)(ip|bridge|nft) .*(-batch|-f) -/.test(command));
