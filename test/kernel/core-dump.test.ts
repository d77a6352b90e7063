/** What of a secret is left of a pass that is cut in the middle: in its core, its command line, its environment. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../house/tree.ts';
import { type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;
let folder: string;

beforeAll(async () => {
  node = await remoteNode();
  folder = mkdtempSync(join(tmpdir(), 'netloom-core-'));
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
afterAll(async () => {
  await node?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a machine gives its cores to a program, or a folder for all, nobody can look at one here: then its filter is all there is to see. */
const ARE_CORES_HERE = !/[|/]/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'));

describe('a secret in memory', () => {
  test.each([
    ['is in no core, command line or environment of a pass that has read it', null, false],
    ['would be in the core of one that let its memory go there', '0x33', true],
  ])('%s', async (_, filter, isThere) => {
    const token = `c0re-${randomBytes(12).toString('hex')}`;
    const place = mkdtempSync(join(folder, 'core-'));
    const [secret, file] = [join(place, 'token'), join(place, 'node.yaml')];
    writeFileSync(secret, `${token}\n`, { mode: 0o600 });
    writeFileSync(file, JSON.stringify({ ...node.config, repo: { ...node.config.repo, auth: { type: 'token', file: secret } } }));
    // The remote has been asked, with the token, and does not answer.
    const asked = new Promise<void>(resolve => node.proxy.spoil(() => new Promise(() => resolve())));
    const words = ['--core=unlimited', process.execPath, join(ROOT, 'dist', 'netloom.js'), 'reconcile', '--config', file];
    const child = spawn('prlimit', words, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: place, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    await asked;
    const seen = ['cmdline', 'environ'].map(name => readFileSync(`/proc/${child.pid}/${name}`, 'utf8')).join('\n');
    expect(seen).not.toContain(token);
    if (filter === null) expect(readFileSync(`/proc/${child.pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
    else writeFileSync(`/proc/${child.pid}/coredump_filter`, filter);
    child.kill('SIGABRT');
    await once(child, 'close');
    if (!ARE_CORES_HERE) return;
    const [core = 'none'] = readdirSync(place).filter(name => name.startsWith('core'));
    expect(readFileSync(join(place, core)).includes(token)).toBe(isThere);
    rmSync(join(place, core));
  });
});
