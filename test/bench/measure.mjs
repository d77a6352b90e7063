/** Runs a program as a whole process: wall time and peak memory, several times, median. */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const RSS = `${join(HERE, 'peak-memory.mjs')}`;
export const ROOT = join(HERE, '..', '..');
export const NETLOOM = join(ROOT, 'dist', 'netloom.js');

/** Wall milliseconds and, for Node programs, peak megabytes. Throws when it does not end with one of `ok`. */
export function once(argv, { input, ok = [0], env = {} } = {}) {
  const isNode = argv[0] === process.execPath;
  const line = isNode ? [argv[0], '--import', RSS, ...argv.slice(1)] : argv;
  const startedAt = process.hrtime.bigint();
  const done = spawnSync(line[0], line.slice(1), { input, env: { ...process.env, ...env }, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const ms = Number(process.hrtime.bigint() - startedAt) / 1e6;
  if (done.error) throw done.error;
  if (!ok.includes(done.status)) throw new Error(`${argv.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return { ms, mb: isNode ? Number(String(done.output[3])) : 0, stdout: String(done.stdout) };
}

/** Wall milliseconds of a program that needs this process to go on working meanwhile. Throws when it does not end with 0. */
export async function runAside(argv) {
  const startedAt = process.hrtime.bigint();
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', chunk => {
    words += chunk;
  });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${words}`);
  return Number(process.hrtime.bigint() - startedAt) / 1e6;
}

/** Median of several runs. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Median wall time of several runs of each, in turn, so that a slow moment meets all alike. */
export function inTurn(runs, ...works) {
  const times = works.map(() => []);
  for (let run = 0; run < runs; run += 1) for (const [i, work] of works.entries()) times[i].push(work());
  return times.map(median);
}

/** One line of the report. */
export function row(what, value, reach) {
  console.log(`${what.padEnd(62)} ${value.padStart(22)}   asked: ${reach}`);
}

/** `1.31 x`. */
export function ratio(a, b) {
  return `${(a / b).toFixed(2)} x`;
}

/** `412 ms`. */
export function time(ms) {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}
