/**
 * All tests: `check` first, then the kernel project in private labs, four shards side by side; what is left behind afterwards is
 * a failure. The last line is `N passed, N failed`. A machine that cannot run kernel tests skips them and says so; with CI=true
 * it fails instead.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { check } from './check.mjs';
import { leftBehind, ours } from './left-behind.mjs';
import { cannotRunKernelTests, runShard } from './private-lab.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const VITEST_FOLDER = join(ROOT, '.vitest');
const BLOBS = join(VITEST_FOLDER, 'blobs');
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const SHARDS = 4;
/** Of the kernel project, by the folders that vitest.config.ts names. */
const FOLDERS = ['booted', 'kernel', 'lab', 'repo-slow'];
/** Seconds that a file took once; of the others none took ten. */
const WEIGHTS = JSON.parse(readFileSync(join(ROOT, '.ci', 'weights.json'), 'utf8'));
const LIGHT = 5;
const DEADLINE_MS = 14 * 60_000;

const say = text => process.stdout.write(`${text}\n`);
const blob = name => ['--reporter=default', '--reporter=blob', `--outputFile.blob=${join(BLOBS, `${name}.json`)}`];

/** The files of the kernel project in as many parts: the dearest first, each to the part that has least to do. */
function parts(count) {
  const files = FOLDERS.flatMap(folder => readdirSync(join(ROOT, 'test', folder)).map(name => `test/${folder}/${name}`)).filter(path =>
    path.endsWith('.test.ts'),
  );
  const weight = path => WEIGHTS[path] ?? LIGHT;
  const all = Array.from({ length: count }, () => ({ files: [], seconds: 0 }));
  for (const path of files.sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1))) {
    const least = all.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    least.files.push(path);
    least.seconds += weight(path);
  }
  return all.map(part => part.files);
}

/** Runs the kernel project; names of the parts that failed. */
async function kernel() {
  const why = cannotRunKernelTests();
  if (why !== undefined) {
    say(`${process.env.CI === 'true' ? 'FAIL' : 'skip'} kernel: ${why}`);
    return process.env.CI === 'true' ? ['kernel'] : [];
  }
  const temp = mkdtempSync(join(tmpdir(), 'netloom-test-'));
  const before = ours();
  const runs = parts(SHARDS).map(async (files, index) => {
    const shard = index + 1;
    const args = [VITEST, 'run', '--project', 'kernel', ...files, ...blob(`kernel-${shard}`)];
    const ok = await runShard({ name: `kernel ${shard}`, args, temp: join(temp, String(shard)), deadlineMs: DEADLINE_MS });
    return ok ? [] : [`kernel shard ${shard}`];
  });
  const failed = (await Promise.all(runs)).flat();
  rmSync(temp, { recursive: true, force: true });
  const left = leftBehind(before, temp);
  for (const each of left) say(`FAIL left behind: ${each}`);
  return [...failed, ...left];
}

/** Counts of all shards together; a file that could not be loaded is one failed test. */
function merged() {
  const file = join(VITEST_FOLDER, 'all.json');
  rmSync(file, { force: true });
  const args = [VITEST, 'run', `--merge-reports=${BLOBS}`, '--reporter=json', `--outputFile.json=${file}`];
  const { stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  try {
    const all = JSON.parse(readFileSync(file, 'utf8'));
    const broken = all.testResults.filter(each => each.status === 'failed' && each.assertionResults.every(test => test.status !== 'failed'));
    return { passed: all.numPassedTests, failed: all.numFailedTests + broken.length, skipped: all.numPendingTests + all.numTodoTests };
  } catch (error) {
    say(`FAIL summary: ${error.message}\n${stderr}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

rmSync(BLOBS, { recursive: true, force: true });
mkdirSync(BLOBS, { recursive: true });
const started = Date.now();
const built = await build().then(
  () => true,
  error => say(`FAIL build: ${error.message}`),
);
const checked = await check({ vitestArgs: blob('unit') });
const failedParts = [...(built ? [] : ['build']), ...(checked ? [] : ['check']), ...(await kernel())];
const counts = merged();
if (counts.skipped > 0) {
  const isCi = process.env.CI === 'true';
  say(`${isCi ? 'FAIL' : 'note'} ${counts.skipped} tests were skipped; each says in its file what it needs`);
  if (isCi) failedParts.push('skipped tests');
}
say(`${((Date.now() - started) / 1000).toFixed(0)} s${failedParts.length > 0 ? `, failed: ${failedParts.join(', ')}` : ''}`);
// What failed without a failing test (types, lint, a shard that died, something left behind) must show in the last line too.
const failed = counts.failed + (counts.failed === 0 ? failedParts.length : 0);
say(`${counts.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
