/**
 * `npm run mutants`: takes each guard of `test/mutants/` out, one at a time and in a copy of the checkout, and wants to see its test
 * turn red. The last line is `N guards, N red`; 1 when one of them is not missed by any test. For the night: half an hour.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clearBenches, makeBench, runMutant, runTest } from './mutant-bench.mjs';
import { mutated, readMutants } from './mutant-list.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const USAGE = `npm run mutants -- [--only TEXT] [--room ROOM] [--list] [--jobs N] [--why]

  --only TEXT   guards with TEXT in their id, promise, file or test (npm run mutants -- --only G10)
  --room ROOM   guards of one room (a file of test/mutants)
  --list        says which there are, and runs nothing
  --jobs N      so many at a time; as many as the machine has processors without it
  --why         tells the first words of each failure, too
`;

/** Whether the failure of each test is told too. */
let isTold = false;

const say = text => process.stdout.write(`${text}\n`);

function chosen({ only = '', room }) {
  const hasText = mutant => [mutant.id, mutant.file, mutant.test].some(text => text.includes(only)) || mutant.guards.includes(only);
  return readMutants().filter(mutant => (room === undefined || mutant.room === room) && hasText(mutant));
}

function list(mutants) {
  for (const { id, guards, what, file } of mutants) say(`${id.padEnd(30)} ${guards.join(' ').padEnd(10)} ${file.padEnd(34)} ${what}`);
  say(`${mutants.length} guards`);
}

/** Mutants by the test that misses them: it is run once with all guards in place. */
function groupsOf(mutants) {
  const groups = new Map();
  for (const mutant of mutants) {
    const key = [mutant.test, mutant.title, mutant.after, mutant.hangsS].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), mutant]);
  }
  return [...groups.values()];
}

async function timed(work) {
  const from = performance.now();
  const result = await work();
  return { ...result, seconds: (performance.now() - from) / 1000 };
}

function row({ id, guards, test, title }, { verdict, why, seconds }) {
  const mark = verdict === 'red' ? 'red ' : 'FAIL';
  say(`${mark} ${seconds.toFixed(1).padStart(5)} s  ${id.padEnd(30)} ${guards.join(' ').padEnd(10)} ${test}: ${title}`);
  if (verdict !== 'red') say(`     ${verdict}: ${why === '' ? 'its test does not miss it' : why}`);
  else if (isTold) say(`     ${why}`);
}

async function runGroup(bench, group) {
  const [first] = group;
  const whole = await timed(() => runTest(bench, first));
  if (whole.verdict !== 'green') {
    for (const mutant of group) row(mutant, { ...whole, verdict: 'unsound', why: `with all guards in place its test is ${whole.verdict}: ${whole.why}` });
    return 0;
  }
  let red = 0;
  for (const mutant of group) {
    const result = await timed(() => runMutant(bench, mutant));
    row(mutant, result);
    if (result.verdict === 'red') red += 1;
  }
  return red;
}

async function run(mutants, jobs) {
  const stale = mutants.filter(mutant => mutated(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant) === null);
  for (const { id, file } of stale) say(`FAIL ${id}: stale: its text is not in ${file} exactly once`);
  const groups = groupsOf(mutants.filter(mutant => !stale.includes(mutant)));
  let red = 0;
  const worker = async () => {
    const bench = await makeBench();
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const found = await runGroup(bench, group);
      red += found;
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, groups.length) }, worker));
  return red;
}

async function main() {
  const options = {
    only: { type: 'string' },
    room: { type: 'string' },
    list: { type: 'boolean' },
    jobs: { type: 'string' },
    why: { type: 'boolean' },
    help: { type: 'boolean' },
  };
  const { values } = parseArgs({ options });
  const mutants = chosen(values);
  isTold = values.why === true;
  if (values.help) return say(USAGE);
  if (values.list) return list(mutants);
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
    process.on(signal, () => {
      clearBenches();
      process.exit(code);
    });
  const from = performance.now();
  try {
    const red = await run(mutants, Number(values.jobs ?? availableParallelism()));
    say(`${((performance.now() - from) / 1000).toFixed(0)} s`);
    say(`${mutants.length} guards, ${red} red`);
    process.exitCode = red === mutants.length && red > 0 ? 0 : 1;
  } finally {
    clearBenches();
  }
}

await main();
