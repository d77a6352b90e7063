/** Programs made of this checkout's own modules, run as processes that a test can kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));

export interface Program {
  /** Starts it; stdout is piped, stderr is ours. `wrap` is what runs node: `['unshare', '--net']`. */
  start(args: readonly string[], wrap?: readonly string[]): ChildProcess;
  remove(): void;
}

/** Bundles a TypeScript text that imports as a file in `test/host` would. */
export async function program(source: string): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'netloom-host-'));
  const outfile = join(folder, 'program.mjs');
  await build({
    stdin: { contents: source, resolveDir: HERE, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
  });
  return {
    start: (args, wrap = []) => {
      const [command = '', ...rest] = [...wrap, process.execPath, outfile, ...args];
      return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The next line that a child prints; '' when it ends first. */
export async function line(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  return text;
}

/** Everything that a child prints until it ends. */
export async function printed(child: ChildProcess): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of child.stdout ?? []) chunks.push(String(chunk));
  return chunks.join('');
}

/** kill -9, and waits until it is gone. */
export async function killNow(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
