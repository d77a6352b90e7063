/** The built `netloom watch` on the node under test: what it says, and what a test waits for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../house/tree.ts';
import type { RemoteNode } from './remote-node.ts';

/** A machine under load needs long; nothing waits for it otherwise. */
const LATE_MS = 60_000;

export interface Watching {
  readonly child: ChildProcess;
  /** Everything on stdout and stderr so far. */
  said(): string;
  /** Passes that came to an end so far. */
  passes(): number;
  /** Acts that passes did so far. */
  done(): number;
  until(what: string, met: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits until no pass has ended for a while. */
  rests(ms?: number): Promise<void>;
  /** SIGTERM; its exit code. */
  stop(): Promise<number | null>;
}

/** The path of the node's configuration file. */
function configFile({ config }: RemoteNode): string {
  return join(config.stateDir, '..', 'node.yaml');
}

/** `more` goes over the node's configuration in the file. */
export function writeConfig(node: RemoteNode, more: object = {}): string {
  writeFileSync(configFile(node), JSON.stringify({ ...node.config, ...more }));
  return configFile(node);
}

/** `wrap`: a program and words before it (`setpriv …`). */
export function startWatch(words: readonly string[], env: Readonly<Record<string, string>> = {}, wrap: readonly string[] = []): Watching {
  const [program = '', ...args] = [...wrap, process.execPath, join(ROOT, 'dist', 'netloom.js'), 'watch', ...words];
  const child = spawn(program, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const passes = (): number => text.split('"pass ended"').length - 1;
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const until: Watching['until'] = async (what, met) => {
    for (const end = Date.now() + LATE_MS; !(await met()); await sleep(5)) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`${what}: it ended with ${child.exitCode}: ${text}`);
    }
  };
  return {
    child,
    said: () => text,
    passes,
    done: () => [...text.matchAll(/"done":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0),
    until,
    rests: async (ms = 400) => {
      const end = Date.now() + LATE_MS;
      for (let [count, since] = [passes(), Date.now()]; Date.now() - since < ms; await sleep(20)) {
        if (passes() !== count) [count, since] = [passes(), Date.now()];
        if (Date.now() > end) throw new Error(`passes without end: ${text}`);
      }
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
