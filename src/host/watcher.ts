/**
 * Something outside of us that goes on when we are killed and runs one program at its time: a transient timer of systemd where
 * that runs the node, else a small process in a session of its own, which is found again by its mark.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from './errors.ts';
import { run, startDetached } from './exec.ts';
import { ensureFolder } from './files.ts';
import { killNow, markedProcesses } from './marked.ts';
import { isRunBySystemd } from './systemd.ts';

export interface WatcherArgs {
  /** Eight hexadecimal digits: whose watcher it is. */
  readonly id: string;
  /** Absolute path. What runs must wait by itself until it is time, say `watching ID` when it does, and may be started twice. */
  readonly program: string;
  readonly args: readonly string[];
  readonly seconds: number;
  /** The node's runtime folder; its output goes there. */
  readonly folder: string;
}

const MARK = 'NETLOOM_UNDO';
const START_MS = 20_000;
const STEP_MS = 10;

/** Starts it; it watches when this returns. Throws HostError when nothing would. */
export async function startWatcher(watcher: WatcherArgs): Promise<void> {
  if (isRunBySystemd(watcher.folder)) await startTimer(watcher);
  else await startProcess(watcher);
}

/** True when it is there. */
export async function isWatched(id: string, folder: string): Promise<boolean> {
  if (processesOf(id).length > 0) return true;
  return isRunBySystemd(folder) && (await run('systemctl', ['is-active', '--quiet', `${unitOf(id)}.timer`])).exitCode === 0;
}

/** Ends it, unless we are it; absent is fine. */
export async function stopWatcher(id: string, folder: string): Promise<void> {
  const others = processesOf(id).filter(pid => pid !== process.pid);
  if (isRunBySystemd(folder)) {
    const units = others.length === processesOf(id).length ? [`${unitOf(id)}.timer`, `${unitOf(id)}.service`] : [`${unitOf(id)}.timer`];
    await run('systemctl', ['stop', '--quiet', ...units]);
  }
  for (const pid of others) killNow(pid);
}

function unitOf(id: string): string {
  return `netloom-undo-${id}`;
}

/** Arguments of systemd-run: the timer is there as long as it has not run, the program is started again when it fails. */
function timerArguments({ id, program, args, seconds }: WatcherArgs): readonly string[] {
  return [
    '--quiet',
    '--collect',
    `--unit=${unitOf(id)}`,
    '--description=netloom: the previous state comes back unless the new one is confirmed',
    `--on-active=${Math.max(1, Math.ceil(seconds))}s`,
    '--timer-property=AccuracySec=100ms',
    '--property=Restart=on-failure',
    '--property=RestartSec=1s',
    '--property=StartLimitIntervalSec=0',
    '--property=KillMode=mixed',
    `--setenv=${MARK}=${id}`,
    '--',
    program,
    ...args,
  ];
}

async function startTimer(watcher: WatcherArgs): Promise<void> {
  if ((await run('systemctl', ['is-active', '--quiet', `${unitOf(watcher.id)}.timer`])).exitCode === 0) return;
  await run('systemd-run', timerArguments(watcher), { okCodes: [0], timeoutMs: START_MS });
}

async function startProcess({ id, program, args, folder }: WatcherArgs): Promise<void> {
  await ensureFolder(folder);
  const log = join(folder, 'undo.log');
  const output = openSync(log, 'w', 0o600);
  try {
    const started = await startDetached(program, args, { env: { [MARK]: id, ...passedOn() }, output });
    const startedAt = Date.now();
    while (!readFileSync(log, 'utf8').includes(`watching ${id}`)) {
      const late = Date.now() - startedAt > START_MS;
      if (!late && !started.hasEnded()) await sleep(STEP_MS);
      else throw new HostError(late ? 'timeout' : 'other', `no process that outlives this one could be started: ${lastLine(log)}`);
    }
  } finally {
    closeSync(output);
  }
}

function lastLine(log: string): string {
  return readFileSync(log, 'utf8').trim().split('\n').at(-1) || 'it said nothing';
}

// A lab ends all that carries its mark.
function passedOn(): Readonly<Record<string, string>> {
  const kept = ['NETLOOM_LAB', 'NETLOOM_READER'].flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  return Object.fromEntries(kept);
}

function processesOf(id: string): readonly number[] {
  return markedProcesses(`${MARK}=${id}`);
}
