import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './tree.ts';

const PURE = ['model', 'kinds', 'objects', 'load', 'allocate', 'compile', 'consent', 'plan', 'report', 'graph', 'review', 'trace', 'edit', 'doctor'];
const SEEDS = [
  'export const a = await Promise.resolve(1);',
  'console.log(1);',
  'export const b = process.pid;',
  'export const c = Date.now();',
  'export const d = new Date();',
  'export const e = Math.random();',
  'setTimeout(() => 1, 1);',
  "export const f = fetch('x');",
  'export const g = performance.now();',
];

let dir = '';
let output = '';

// Biome says nothing about a text on stdin, so the seeds are files in a tree of their own, with this checkout's rules.
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-purity-'));
  const { vcs: _, $schema: __, ...rules } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  writeFileSync(join(dir, 'biome.json'), JSON.stringify(rules));
  cpSync(join(ROOT, '.ci/lint'), join(dir, '.ci/lint'), { recursive: true });
  for (const room of [...PURE, 'host']) {
    mkdirSync(join(dir, 'src', room), { recursive: true });
    writeFileSync(join(dir, 'src', room, 'seed.ts'), `${SEEDS.join('\n')}\n`);
  }
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
  const { stdout } = spawnSync(process.execPath, [biome, 'lint', '--reporter=github', '--max-diagnostics=none', 'src'], { cwd: dir, encoding: 'utf8' });
  output = stdout;
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Lines of a room's seed that lint refuses as impure. */
function refused(room: string): number[] {
  const lines = output.split('\n').filter(line => line.includes(`src/${room}/seed.ts`) && /noRestrictedGlobals|pure room/.test(line));
  return [...new Set(lines.map(line => Number(/line=(\d+)/.exec(line)?.[1])))].sort((a, b) => a - b);
}

describe('lint keeps a pure room pure:', () => {
  test.each(PURE)('%s', room => expect(refused(room)).toEqual(SEEDS.map((_, index) => index + 1)));
  test('doors may do all of it', () => expect(refused('host')).toEqual([]));
});
