import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HostError } from '../../src/host/errors.ts';
import { findProgram, run } from '../../src/host/exec.ts';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { killNow, line, program } from './program.ts';

// A process that is dead and not yet waited for by its new parent does not run.
const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

async function until(met: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !met(); await sleep(10)) if (Date.now() > end) throw new Error('not so after ten seconds');
}

const refusal = async (work: Promise<unknown>): Promise<HostError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
};

test('a child gets nothing of our environment but a fixed locale and path', async () => {
  const { stdout } = await run('env', [], { env: { HOME: '/nowhere' } });
  expect(stdout.trim().split('\n').sort()).toEqual(['HOME=/nowhere', 'LC_ALL=C', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin']);
});

test('words of a command line are words, whatever a shell would make of them', async () => {
  const { stdout } = await run('printf', ['%s|', '$(id)', '`id`', '; id', '*', "'"]);
  expect(stdout).toBe("$(id)|`id`|; id|*|'|");
});

test('programs are found on a fixed list of folders, never on the path of the environment', () => {
  const path = process.env.PATH;
  const folder = mkdtempSync(join(tmpdir(), 'netloom-path-'));
  writeFileSync(join(folder, 'comm'), '#!/bin/sh\n', { mode: 0o755 });
  try {
    process.env.PATH = folder;
    expect(findProgram('comm')).toMatch(/^\/(usr\/)?bin\/comm$/);
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a missing program is named, with its package', async () => {
  const error = await refusal(run('no-such-program', []));
  expect([error.code, error.message]).toEqual(['missing-program', expect.stringContaining('no-such-program')]);
  expect((await refusal(run('/no/such/program', []))).code).toBe('missing-program');
});

test('an exit code is an answer, unless the caller says which ones are fine', async () => {
  expect(await run('false', [])).toMatchObject({ exitCode: 1, signal: null });
  expect((await refusal(run('cat', ['/no/such/file'], { okCodes: [0] }))).message).toMatch(
    /^cat \/no\/such\/file ended with 1: .*cat: \/no\/such\/file: No such file or directory$/,
  );
});

test('a child that does not read its stdin is no error', async () => {
  expect(await run('true', [], { stdin: 'x'.repeat(4_000_000) })).toMatchObject({ exitCode: 0 });
});

test('a child without stdin reads the end at once', async () => {
  expect(await run('cat', [])).toMatchObject({ exitCode: 0, stdout: '' });
});

test('bytes come back as they are', async () => {
  const bytes = Uint8Array.from([0, 255, 128, 10, 13]);
  const { stdout } = await run('cat', [], { stdin: bytes, asBuffer: true });
  expect([...stdout]).toEqual([...bytes]);
});

test('a deadline ends a child and the children that it has', async () => {
  const script =
    'import { spawn } from "node:child_process"; const c = spawn("sleep", ["300"], { stdio: "inherit" }); console.error(c.pid); setInterval(() => {}, 1000)';
  const started = performance.now();
  const error = await refusal(run(process.execPath, ['--input-type=module', '-e', script], { timeoutMs: 1000 }));
  expect(error).toMatchObject({ code: 'timeout', canRetry: true });
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('a child that prints without end is stopped', async () => {
  expect((await refusal(run('cat', ['/dev/zero'], { maxBytes: 10_000 }))).code).toBe('too-much-output');
});

test('a folder that is not there is named', async () => {
  expect((await refusal(run('true', [], { cwd: '/no/such/folder' }))).message).toContain('/no/such/folder');
});

test('a long child talks for as long as it is wanted', async () => {
  const child = spawnLong('cat', []);
  child.stdin.write('one\n');
  const first = await new Promise(resolve => child.stdout.once('data', chunk => resolve(String(chunk))));
  expect(first).toBe('one\n');
  await child.stop();
  expect(await child.ended).toEqual({ exitCode: null, signal: 'SIGTERM' });
  child.stdin.write('nobody hears this\n');
});

test('a long child keeps the end of what it complained about', async () => {
  const child = spawnLong('cat', ['/no/such/file']);
  expect(await child.ended).toEqual({ exitCode: 1, signal: null });
  expect(child.stderr()).toContain('No such file');
});

test('no child outlives a parent that is killed', async () => {
  const parent = await program(`
    import { run } from '../../src/host/exec.ts';
    import { spawnLong } from '../../src/host/spawn-long.ts';
    spawnLong('sleep', ['300']);
    void run('sleep', ['301']);
    console.log('started');
  `);
  onTestFinished(parent.remove);
  const child = parent.start([]);
  await line(child);
  const wordsOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  const childrenNow = (): readonly number[] => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  let pids: readonly number[] = [];
  try {
    // `setpriv` becomes the program that it was asked for: until then it does not die with its parent yet.
    await until(() => {
      pids = childrenNow();
      return /sleep 300,\S*sleep 301$/.test(pids.map(wordsOf).sort().join());
    });
    await killNow(child);
    await until(() => !pids.some(isRunning));
  } finally {
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
  }
});
