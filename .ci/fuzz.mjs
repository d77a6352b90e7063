/**
 * The fuzz tests with a new seed each time: `npm run fuzz` until it is ended, `npm run fuzz -- --minutes 60` for an hour. On paper
 * anywhere; on the kernel too where the machine can, in private labs. Each failing case is left as a folder of definitions, one
 * for each revision, with what broke and how to have it again; then it goes on.
 *
 * `--minutes N` (endless)  `--keep DIR` (.fuzz)  `--runs N` histories a round and law (the numbers of `npm test`)
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cannotRunKernelTests, runShard } from './private-lab.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const DEADLINE_MS = 60 * 60_000;

const say = text => process.stdout.write(`${text}\n`);
const { values } = parseArgs({ options: { minutes: { type: 'string' }, keep: { type: 'string', default: '.fuzz' }, runs: { type: 'string' } } });
const minutes = number('minutes', values.minutes) ?? Number.POSITIVE_INFINITY;
const runs = number('runs', values.runs);
const keep = resolve(values.keep);

function number(name, text) {
  if (text === undefined || /^[1-9][0-9]*$/.test(text)) return text === undefined ? undefined : Number(text);
  say(`--${name} ${text} is no number: write one such as --${name} 60`);
  process.exit(1);
}

/** One round on paper; true when all laws held. */
function paper() {
  return unit('test/fuzz/model.test.ts', '-t', 'whatever is defined');
}

/** One round of the laws that are no histories of definitions. */
function laws() {
  return unit('test/laws', 'test/allocate/laws.test.ts', 'test/load/hostile.test.ts', 'test/model/plain-yaml.test.ts', 'test/report/live-plan.test.ts');
}

function unit(...words) {
  const args = [VITEST, 'run', '--project', 'unit', ...words];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: DEADLINE_MS, maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) say(`${stdout}\nagain with FUZZ_SEED=${process.env.FUZZ_SEED}`);
  return status === 0;
}

/** One round on the kernel. */
async function kernel() {
  const temp = mkdtempSync(join(tmpdir(), 'netloom-fuzz-'));
  const ok = await runShard({ name: 'kernel', args: [VITEST, 'run', '--project', 'kernel', 'test/kernel/fuzz.test.ts'], temp, deadlineMs: DEADLINE_MS });
  rmSync(temp, { recursive: true, force: true });
  return ok;
}

const why = cannotRunKernelTests();
if (why !== undefined) say(`on paper only: ${why}`);
mkdirSync(keep, { recursive: true });
const until = Date.now() + minutes * 60_000;
let failed = 0;
let rounds = 0;
process.env.FUZZ_KEEP = keep;
if (runs !== undefined) process.env.FUZZ_RUNS = String(runs);
while (Date.now() < until) {
  process.env.FUZZ_SEED = String(randomInt(2 ** 31));
  for (const round of why === undefined ? [paper, laws, kernel] : [paper, laws]) {
    if (Date.now() >= until) break;
    const ok = await round();
    rounds += 1;
    failed += ok ? 0 : 1;
    say(`${ok ? 'ok  ' : 'FAIL'} ${round.name} with FUZZ_SEED=${process.env.FUZZ_SEED}`);
  }
}
const left = existsSync(keep) ? readdirSync(keep) : [];
say(`${rounds} rounds, ${failed} with a failure${left.length === 0 ? '' : `; in ${keep}: ${left.join(', ')}`}`);
process.exitCode = failed === 0 ? 0 : 1;
