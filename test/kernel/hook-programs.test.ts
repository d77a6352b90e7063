/** Programs that are told of events: how they are run, and which are not. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type HookRun, hooksIn, runHook } from '../../src/host/hooks.ts';
import { program } from './support/hook-program.ts';

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'netloom-hooks-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const never = new AbortController().signal;
let made = 0;

function run(script: string, { timeoutMs = 30_000, stop = never } = {}): Promise<HookRun> {
  made += 1;
  return runHook(program(base, `hook-${made}`, script), { env: { NETLOOM_EVENT: 'created' }, stdin: '{"event":"created"}\n', timeoutMs, stop });
}

/** A run that was ended at its deadline, after the script had told a pid. */
async function runLate(script: string): Promise<HookRun & { readonly timeoutMs: number }> {
  for (const timeoutMs of [1000, 5000, 30_000]) {
    const done = await run(script, { timeoutMs });
    if (/^\d+\n$/.test(done.output)) return { ...done, timeoutMs };
  }
  throw new Error('the script never came to tell its pid');
}

const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');

describe.concurrent('a program', () => {
  test('reads the event, has a fixed environment and no terminal, and its exit code counts', async ({ expect }) => {
    const { output, trouble, exitCode } = await run('cat; env | sort; pwd; echo last >&2; exit 3');
    expect([trouble, exitCode]).toEqual(['exit 3', 3]);
    const lines = output.split('\n').filter(line => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
    expect(lines).toEqual(['{"event":"created"}', 'LC_ALL=C', 'NETLOOM_EVENT=created', expect.stringMatching(/^PATH=\/usr\/sbin:/), '/', 'last', '']);
  });

  test('that reads nothing and prints without end is well', async ({ expect }) => {
    const { trouble, output } = await run('exec 0<&-; yes | head -c 3000000; echo end');
    expect([trouble, output.length <= 16_384, output.endsWith('y\nend\n')]).toEqual(['', true, true]);
  });

  test.for([
    ['that hangs', 'echo $$; exec sleep 600'],
    ['that hangs in a child', 'sleep 600 & echo $!; wait'],
    ['that does not listen', 'trap "" TERM; echo $$; while :; do sleep 0.1; done'],
  ])('%s is ended at its deadline', async ([_, script = ''], { expect }) => {
    const { trouble, output, exitCode, timeoutMs } = await runLate(script);
    expect([trouble, exitCode]).toEqual([`not ended within ${timeoutMs / 1000} s`, null]);
    await expect.poll(() => isAlive(output.trim()), { timeout: 20_000 }).toBe(false);
  });

  test('whose child took a session of its own, with its output, holds nobody up', async ({ expect }) => {
    const { trouble, output, timeoutMs } = await runLate('setsid sleep 600 & echo $!; exit 0');
    expect(trouble).toBe(`not ended within ${timeoutMs / 1000} s`);
    process.kill(Number(output.trim()), 'SIGKILL');
  });

  test('ends when we are asked to', async ({ expect }) => {
    const stop = new AbortController();
    const file = join(base, 'started');
    const running = run(`echo $$ >${file}.new; mv ${file}.new ${file}; exec sleep 600`, { stop: stop.signal });
    await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true);
    stop.abort('SIGTERM');
    expect((await running).isStopped).toBe(true);
    await expect.poll(() => isAlive(readFileSync(file, 'utf8').trim()), { timeout: 20_000 }).toBe(false);
  });

  test('that cannot be started is told', async ({ expect }) => {
    const path = join(base, 'broken');
    writeFileSync(path, '#!/no/such/program\n');
    chmodSync(path, 0o755);
    expect((await runHook({ name: 'broken', path }, { env: {}, stdin: '', timeoutMs: 30_000, stop: never })).trouble).toMatch(/^(exit 127|not started)/);
  });
});

describe('a folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(base, 'hooks.d-'));
    chmodSync(dir, 0o755);
    for (const name of ['20-b', '10-a']) program(dir, name, 'true');
  });
  const names = () => hooksIn(dir).hooks.map(({ name }) => name);

  test('has programs as run-parts takes them, by name', () => {
    for (const name of ['30-c.sh', '.hidden', '40-d~', '50-e.dpkg-old']) program(dir, name, 'true');
    program(dir, 'README', 'true', 0o644);
    mkdirSync(join(dir, 'more'));
    expect(hooksIn(dir)).toMatchObject({ hooks: [{ name: '10-a' }, { name: '20-b' }], refused: [] });
  });

  test('that is not there has none, and says nothing', () => expect(hooksIn(join(dir, 'no', 'such'))).toEqual({ hooks: [], refused: [] }));

  test.each([
    [
      'a program that others can write',
      () => chmodSync(join(dir, '10-a'), 0o777),
      /the hook 10-a is not run: .* can be written by others .*chmod go-w/,
      ['20-b'],
    ],
    ['a program that its group can write', () => chmodSync(join(dir, '10-a'), 0o775), /mode 775/, ['20-b']],
    ['a program of another user', () => chownSync(join(dir, '10-a'), 1000, 0), /belongs to user 1000: chown root/, ['20-b']],
    ['a link', () => symlinkSync('/bin/true', join(dir, '05-x')), /05-x is no file/, ['10-a', '20-b']],
    ['a folder that others can write', () => chmodSync(dir, 0o777), /^no hook is run: .*hooks\.d-.* can be written/, []],
    ['a folder of another user', () => chownSync(dir, 1000, 0), /^no hook is run: .* belongs to user 1000/, []],
  ])('%s is refused, and told', (_, spoil, words, left) => {
    spoil();
    const { refused } = hooksIn(dir);
    expect([names(), refused]).toEqual([left, [expect.stringMatching(words)]]);
  });

  test('below one that others can write is refused', () => {
    const above = mkdtempSync(join(base, 'above-'));
    const below = join(above, 'hooks.d');
    mkdirSync(below);
    program(below, '10-a', 'true');
    expect(hooksIn(below).hooks).toHaveLength(1);
    chmodSync(above, 0o777);
    expect(hooksIn(below)).toEqual({ hooks: [], refused: [expect.stringContaining(`${above} can be written by others`)] });
  });
});
