/** What tests of armed changes ask of a node: its journal, who watches over it, and passes that are started and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../src/host/exec.ts';
import { entering, markOf } from '../../src/lab/holder.ts';
import { configOf, nodeDir } from '../../src/lab/lab.ts';
import type { Journal } from '../../src/pass/journal.ts';
import { ROOT } from '../house/tree.ts';
import { type Row, settledDump, type Tool } from '../kernel/support/dump.ts';
import type { GitLab } from './support-git.ts';

/** The journal of a node as it is on disk just now; null where nothing is armed. */
export function journalOf(yard: GitLab, node: string): Journal | null {
  try {
    return JSON.parse(readFileSync(join(nodeDir(yard.lab.dir, node), 'state', 'armed', 'journal.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** pids of the processes that watch over a journal. */
export function watchersOf({ id }: Pick<Journal, 'id'>): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(`NETLOOM_UNDO=${id}`) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

/** Every process of this checkout's program on a node: `reconcile` and `undo`. */
export interface Pass {
  readonly child: ChildProcess;
  /** Whatever it printed on stderr so far. */
  said(): string;
  /** Exit code, or the signal. */
  readonly ended: Promise<number | string | null>;
}

/** Starts a pass on a node and does not wait for its end. */
export function startPass(yard: GitLab, node: string, ...words: readonly string[]): Pass {
  const { lab } = yard;
  const argv = [
    ...entering(yard.node(node).pid),
    process.execPath,
    join(ROOT, 'dist', 'netloom.js'),
    'reconcile',
    '--config',
    configOf(lab.dir, node),
    ...words,
  ];
  const child = spawn(findProgram('nsenter'), argv, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, ...markOf(lab.dir) },
  });
  let text = '';
  child.stderr?.on('data', chunk => {
    text += String(chunk);
  });
  return { child, said: () => text, ended: once(child, 'exit').then(([code, signal]) => code ?? signal) };
}

/** What a node's kernel holds, once guests' kernels know that nobody else has their link-local addresses (RFC 4862). */
export async function restedDump(tool: Tool): Promise<readonly Row[]> {
  return until('link-local addresses of guests', async () => {
    const rows = await settledDump({ tool });
    return rows.some(row => row.text.includes('"tentative"')) ? null : rows;
  });
}

/** Until something is so; throws after a while with what it was about. */
export async function until<T>(what: string, look: () => T | null | undefined | false | Promise<T | null | undefined | false>, mostMs = 30_000): Promise<T> {
  for (const deadline = Date.now() + mostMs; ; await sleep(2)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`this did not come about: ${what}`);
  }
}
