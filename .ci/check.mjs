/**
 * Everything cheap, no root: generated files, types, lint and format, house and unit tests. The sections run side by side; each
 * prints one line, and its whole output when it failed.
 */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './gen.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A test that never ends must not hold back what the others found. */
const DEADLINE_MS = 600_000;

const SECTIONS = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.', '--pretty', 'false'] },
  { name: 'lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=50'] },
  { name: 'unit', args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit'] },
];

/** Runs all sections; true when all are well. `vitestArgs` go to the unit section. */
export async function check({ vitestArgs = [] } = {}) {
  const started = Date.now();
  const generated = await checkGenerated();
  report({ name: 'generated', ok: generated === '', output: generated, ms: Date.now() - started });
  const results = await Promise.all(SECTIONS.map(section => runSection(section, section.name === 'unit' ? vitestArgs : [])));
  return generated === '' && results.every(ok => ok);
}

/** What is wrong with generated files; '' when nothing is. */
async function checkGenerated() {
  try {
    const stale = await generate({ check: true });
    return stale.length === 0 ? '' : `stale: ${stale.join(', ')}; run \`npm run gen\` and commit the result\n`;
  } catch (error) {
    return `${error.message}\n`;
  }
}

function runSection({ name, args }, more) {
  const started = Date.now();
  const child = spawn(process.execPath, [...args, ...more], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
  });
  let output = '';
  const timer = setTimeout(() => {
    output += `not finished after ${DEADLINE_MS / 1000} s, killed\n`;
    child.kill('SIGKILL');
  }, DEADLINE_MS);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  return new Promise(done => {
    child.on('error', error => {
      output += `${error.message}\n`;
      report({ name, ok: false, output, ms: Date.now() - started });
      done(false);
    });
    child.on('close', code => {
      clearTimeout(timer);
      report({ name, ok: code === 0, output, ms: Date.now() - started });
      done(code === 0);
    });
  });
}

function report({ name, ok, output, ms }) {
  const line = `${ok ? 'ok  ' : 'FAIL'} ${name} (${(ms / 1000).toFixed(1)} s)\n`;
  process.stdout.write(ok ? line : `${line}${output}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await check()) ? 0 : 1;
