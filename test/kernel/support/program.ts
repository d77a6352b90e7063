/** The built program, as users run it: on a folder of definitions, in the lab's own namespaces or in a node of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../house/tree.ts';
import { type Definitions, yamlOf } from './definitions.ts';

const PROGRAM = join(ROOT, 'dist', 'netloom.js');

/** A folder of definitions with a state directory: what `--local` works on. */
export interface Local {
  readonly folder: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Puts other definitions into the folder. */
  define(definitions: Definitions): void;
  /** argv of `netloom plan` or `netloom apply` for n1, which may delete what it likes unless that is said otherwise. */
  argv(command: 'plan' | 'apply', ...more: readonly string[]): readonly [string, ...string[]];
}

/** Makes an empty one. `state`: another one's state directory, so that both allocate alike; `run`: where its services' files lie. */
export function local(state?: Local, run?: string): Local {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}: run npm run build`);
  const base = mkdtempSync(join(tmpdir(), 'netloom-local-'));
  const folder = state?.folder ?? join(base, 'definitions');
  const stateDir = state?.stateDir ?? join(base, 'state');
  const runtimeDir = run ?? join(base, 'run');
  for (const dir of [folder, stateDir, runtimeDir]) mkdirSync(dir, { recursive: true });
  return {
    folder,
    stateDir,
    runtimeDir,
    define: definitions => writeFileSync(join(folder, 'all.yaml'), yamlOf(definitions)),
    argv: (command, ...more) => [
      process.execPath,
      PROGRAM,
      command,
      ...['--local', folder, '--node', 'n1', '--state-dir', stateDir, '--runtime-dir', runtimeDir],
      ...(command === 'apply' ? ['--approve', 'all'] : []),
      ...more,
    ],
  };
}

/** Starts it here, in a process that a test may kill; it prints nothing. */
export function start([program, ...args]: readonly [string, ...string[]]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' });
}

export interface Ended {
  readonly code: number | null;
  /** stdout and stderr. */
  readonly said: string;
}

export interface Run {
  /** What runs it: `['prlimit', '--nofile=40']`. */
  readonly wrap?: readonly string[];
  readonly env?: object;
  readonly args?: readonly string[];
}

/** Runs it to its end, as the timer does, with a configuration that is written to `file`. */
export async function runProgram(file: string, config: object, { wrap = [], env = {}, args = ['reconcile'] }: Run = {}): Promise<Ended> {
  const text = JSON.stringify(config);
  // Others that were started with the same may be reading it.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return runToEnd([...wrap, process.execPath, PROGRAM, ...args, '--config', file], env);
}

/** Runs `netloom apply --local` to its end. */
export function runLocal(place: Local, wrap: readonly string[] = [], env: object = {}): Promise<Ended> {
  return runToEnd([...wrap, ...place.argv('apply')], env);
}

async function runToEnd([command = '', ...rest]: readonly string[], env: object): Promise<Ended> {
  const child = spawn(command, rest, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(child, 'close');
  return { code, said };
}
