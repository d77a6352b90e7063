/** A copy of the checkout in which guards are taken out and single tests run: the checkout itself is never touched. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pidsMarked } from './left-behind.mjs';
import { mutated, patternOf } from './mutant-list.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const VITEST = 'node_modules/vitest/vitest.mjs';
/** Tests that need root, and a build of what they run. */
const IN_LAB = /^test\/(booted|kernel|lab|repo-slow)\//;
const DEADLINE_MS = { unit: 150_000, kernel: 420_000 };

/** Folders and processes of this run. */
const folders = new Set();
const groups = new Set();

/** Ends all that runs and takes all copies away: the last thing, also when somebody interrupts. */
export function clearBenches() {
  for (const pid of groups) endGroup(pid);
  for (const folder of folders) endLeft(join(folder, 't'));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

const endGroup = pid => end(-pid);

// A test that fails in the middle may leave what it started.
function endLeft(temp) {
  for (const pid of pidsMarked(temp)) end(pid);
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Makes a copy of what is committed or would be, with the packages of the checkout, built. */
export async function makeBench() {
  const folder = mkdtempSync(join(tmpdir(), 'nm-'));
  folders.add(folder);
  const root = join(folder, 'c');
  const list = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
  const paths = list.stdout.split('\0').filter(path => path !== '' && existsSync(join(ROOT, path)));
  for (const path of paths) cpSync(join(ROOT, path), join(root, path));
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  // House tests ask git which files there are.
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
  ])
    spawnSync('git', args, { cwd: root });
  const bench = { root, temp: join(folder, 't') };
  mkdirSync(bench.temp);
  const built = await build(bench);
  if (built !== '') throw new Error(`the checkout cannot be built:\n${built}`);
  return bench;
}

/** '' when it was built; else what was said. */
async function build(bench) {
  const { code, output } = await node(bench, ['.ci/build.mjs'], DEADLINE_MS.unit);
  return code === 0 ? '' : output;
}

/** Runs node in a bench, in a group of its own; `code` is null past the deadline. */
function node({ root, temp }, args, deadlineMs) {
  const env = { ...process.env, TMPDIR: temp, NETLOOM_TEST_RUN: join(temp, 'unit'), NO_COLOR: '1', FORCE_COLOR: undefined, VITEST: undefined };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  groups.add(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    endGroup(child.pid);
  }, deadlineMs);
  return new Promise(done => {
    child.on('error', error => (output += error.message));
    child.on('close', code => {
      clearTimeout(late);
      groups.delete(child.pid);
      endLeft(temp);
      done({ code: isLate ? null : code, output });
    });
  });
}

/**
 * Runs one test. `verdict`: green · red (the named test failed) · none (no such test ran) · broken (the code or the file could not be
 * loaded) · late (it did not end). `why`: the first words of the failure.
 */
export async function runTest(bench, { test, title, after, hangsS }) {
  const project = IN_LAB.test(test) ? 'kernel' : 'unit';
  const report = join(bench.temp, 'report.json');
  rmSync(report, { force: true });
  const limit = hangsS > 0 ? [`--testTimeout=${hangsS * 1000}`] : [];
  const wanted = [after, title].filter(each => each !== '').map(patternOf);
  const args = [test, '-t', wanted.join('|'), '--reporter=json', `--outputFile=${report}`, ...limit];
  const command = project === 'unit' ? [VITEST, 'run', '--project', 'unit', ...args] : ['.ci/private-lab.mjs', ...args];
  const { code, output } = await node(bench, command, DEADLINE_MS[project]);
  if (code === null) return { verdict: 'late', why: `not finished after ${DEADLINE_MS[project] / 1000} s` };
  if (!existsSync(report)) return { verdict: 'broken', why: lastLine(output) };
  return judge(JSON.parse(readFileSync(report, 'utf8')), title, hangsS);
}

/** What a report of vitest's JSON reporter says about the tests of a title; `hangsS`: as of the mutant. */
export function judge({ testResults }, title, hangsS) {
  const named = new RegExp(patternOf(title));
  const ran = testResults.flatMap(file => file.assertionResults).filter(each => named.test(each.fullName) && ['passed', 'failed'].includes(each.status));
  const failed = ran.find(each => each.status === 'failed');
  if (failed === undefined) {
    const unloaded = testResults.find(file => file.status === 'failed' && file.assertionResults.every(each => each.status !== 'failed'));
    if (unloaded !== undefined) return { verdict: 'broken', why: firstLine(unloaded.message) };
    return ran.length === 0 ? { verdict: 'none', why: 'no test of this name ran' } : { verdict: 'green', why: '' };
  }
  const words = failed.failureMessages.join('\n');
  const why = firstLine(words);
  if (/^(ReferenceError|SyntaxError)\b/.test(words)) return { verdict: 'broken', why };
  // What vitest says of a test past its time, with and without the place.
  if (/^Error: ((Test|Hook) timed out|STACK_TRACE_ERROR)/.test(words)) return { verdict: hangsS > 0 ? 'red' : 'late', why };
  return { verdict: 'red', why };
}

function firstLine(text = '') {
  return text.trim().split('\n')[0].slice(0, 160);
}

function lastLine(text) {
  return text.trim().split('\n').at(-1).slice(0, 160);
}

/** Takes the guard out, runs its test, puts it back. */
export async function runMutant(bench, mutant) {
  const path = join(bench.root, mutant.file);
  const text = readFileSync(path, 'utf8');
  const without = mutated(text, mutant);
  if (without === null) return { verdict: 'stale', why: `its text is not in ${mutant.file} exactly once` };
  writeFileSync(path, without);
  try {
    const broken = IN_LAB.test(mutant.test) ? await build(bench) : '';
    return broken === '' ? await runTest(bench, mutant) : { verdict: 'broken', why: firstLine(broken) };
  } finally {
    writeFileSync(path, text);
  }
}
