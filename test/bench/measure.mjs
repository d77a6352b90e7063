/** Runs a program as a whole process: wall time, processor time with its children, peak memory; several times, medians. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const RSS = join(HERE, 'peak-memory.mjs');
export const ROOT = join(HERE, '..', '..');
export const NETLOOM = join(ROOT, 'dist', 'netloom.js');

/**
 * One run: wall and processor milliseconds (user and system, with all children), what it printed, and, where `memory` asks
 * for it, the peak megabytes of a Node program. Throws when it does not end with one of `ok`.
 */
export function once(argv, { input, ok = [0], env = {}, memory = false } = {}) {
  const line = memory ? [argv[0], '--import', RSS, ...argv.slice(1)] : argv;
  const clock = startClock();
  const done = spawnSync(line[0], line.slice(1), { input, env: { ...process.env, ...env }, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const spent = clock();
  if (done.error) throw done.error;
  if (!ok.includes(done.status)) throw new Error(`${argv.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return { ...spent, mb: memory ? Number(String(done.output[3])) : 0, stdout: String(done.stdout) };
}

/** The same for a program that needs this process to go on working meanwhile; what that starts is counted too. */
export async function runAside(argv, { env = {}, ok = [0] } = {}) {
  const clock = startClock();
  const child = spawn(argv[0], ['--import', RSS, ...argv.slice(1)], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let words = '';
  let mb = '';
  child.stderr.on('data', chunk => {
    words += chunk;
  });
  child.stdio[3].on('data', chunk => {
    mb += chunk;
  });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (!ok.includes(status)) throw new Error(`${argv.join(' ')} ended with ${status}: ${words}`);
  return { ...clock(), mb: Number(mb) };
}

function startClock() {
  const cpuAtStart = childrenCpuMs();
  const startedAt = process.hrtime.bigint();
  return () => ({ ms: Number(process.hrtime.bigint() - startedAt) / 1e6, cpuMs: childrenCpuMs() - cpuAtStart });
}

// proc(5): cutime and cstime, of children that were waited for and theirs, in hundredths of a second.
function childrenCpuMs() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fields[13]) + Number(fields[14]));
}

/** Two runs that belong together, as one. */
export function together(a, b) {
  return { ms: a.ms + b.ms, cpuMs: a.cpuMs + b.cpuMs, mb: Math.max(a.mb, b.mb) };
}

/** Medians of several runs. */
export function medians(runs) {
  return { ms: median(runs.map(run => run.ms)), cpuMs: median(runs.map(run => run.cpuMs)), mb: median(runs.map(run => run.mb)) };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Medians of several runs of each, in turn, so that a slow moment meets all alike. */
export function inTurn(runs, ...works) {
  const found = works.map(() => []);
  for (let run = 0; run < runs; run += 1) for (const [i, work] of works.entries()) found[i].push(work());
  return found.map(medians);
}

/** One line of the report. */
export function row(what, value, reach) {
  console.log(`${what.padEnd(58)} ${value.padEnd(42)} asked: ${reach}`);
}

/** `1.31 x wall, 1.22 x cpu (412 ms)`: other work on the machine stretches wall time, processor time less. */
export function against(a, b) {
  return `${(a.ms / b.ms).toFixed(2)} x wall, ${(a.cpuMs / b.cpuMs).toFixed(2)} x cpu (${time(a.ms)})`;
}

/** `412 ms wall, 380 ms cpu`. */
export function spent(run) {
  return `${time(run.ms)} wall, ${time(run.cpuMs)} cpu`;
}

function time(ms) {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}
