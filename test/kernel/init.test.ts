/** `netloom init` on a machine with a wire and a terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';
import { netloom } from './support/front-door.ts';
import { freshNode } from './support/node.ts';

let base: string;

beforeAll(async () => {
  await freshNode();
  base = mkdtempSync(join(tmpdir(), 'netloom-init-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const QUESTIONS = [
  ['name of the cluster', 'harbour'],
  ['name of this node', ''],
  ['address of another node', '192.0.2.12'],
  ['addresses of the outside', 'quay=198.51.100.0/24'],
  ['network card', 'eth1'],
  ['a first network', 'bakery/shop=192.168.7.0/24'],
  ['url of the remote', 'http://192.0.2.12/definitions.git'],
] as const;

/** Answers each question when it is asked; what was shown. */
async function answered(dir: string): Promise<string> {
  const child = spawn('script', ['-qec', `${process.execPath} ${join(ROOT, 'dist/netloom.js')} init ${dir}`, '/dev/null'], { stdio: 'pipe' });
  let shown = '';
  let next = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [question, answer] = QUESTIONS[next] ?? [];
    if (question === undefined || !new RegExp(`${question}[^\\n]*: `).test(shown)) return;
    next += 1;
    child.stdin.write(`${answer}\n`);
  });
  await once(child, 'exit');
  return shown;
}

test('asks on a terminal, with what it found as answers, and leaves a repository with one commit', async () => {
  const dir = join(base, 'asked');
  const shown = await answered(dir);
  expect(shown).toContain('underlay: 192.0.2.11 on eth0, mtu 1600 (the way to 192.0.2.12)');
  expect(shown).toContain(`git -C ${dir} push -u origin main`);
  const read = (path: string) => parse(readFileSync(join(dir, path), 'utf8'));
  expect([read('cluster.yaml').metadata.name, read('cluster.yaml').spec.underlay.mtu, read('pools/quay.yaml').spec.device]).toEqual(['harbour', 1600, 'eth1']);
  const git = async (...args: readonly string[]): Promise<string> => (await run('git', ['-C', dir, ...args], { okCodes: [0] })).stdout.trim();
  expect([await git('log', '--format=%s', 'main'), await git('status', '--porcelain'), await git('remote', 'get-url', 'origin')]).toEqual([
    'Definitions, as netloom init wrote them',
    '',
    'http://192.0.2.12/definitions.git',
  ]);
  expect((await netloom('validate', dir)).code).toBe(0);
});

test('is refused where a folder is not empty, where no way leads to the others, and where the answers make no valid definitions', async () => {
  const init = (...args: readonly string[]) => netloom('init', join(base, 'refused'), '--yes', ...args);
  expect(await netloom('init', join(base, 'asked'), '--yes')).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
  expect(await init()).toMatchObject({ code: 1, err: expect.stringContaining('name the address of another node with --to') });
  expect(await init('--to', '203.0.113.9')).toMatchObject({ code: 1, err: expect.stringContaining('no way to 203.0.113.9') });
  expect(await init('--to', '192.0.2.11')).toMatchObject({ code: 1, err: expect.stringContaining("this machine's own address") });
  expect(await init('--to', '192.0.2.12', '--network', 'shop')).toMatchObject({ code: 1, err: expect.stringContaining('such as acme/lan=192.168.0.0/24') });
  expect(await init('--to', '192.0.2.12', '--remote', 'http://ada:secret@git/d.git')).toMatchObject({ code: 1, err: expect.not.stringContaining('secret@') });
  expect(await init('--to', '192.0.2.12', '--pool', 'quay=198.51.100.0/33', '--egress', 'eth1')).toMatchObject({
    code: 3,
    err: expect.stringMatching(/pools\/quay\.yaml:\d+:\d+ error invalid-cidr[\s\S]*nothing was written/),
  });
  expect(existsSync(join(base, 'refused'))).toBe(false);
});

test('copies the example, valid as it is', async () => {
  const dir = join(base, 'example');
  expect(await netloom('init', dir, '--example', 'cluster', '--no-tools')).toMatchObject({ code: 0, out: expect.stringContaining('Next:') });
  expect((await netloom('validate', dir)).code).toBe(0);
  expect((await netloom('init', join(base, 'other'), '--example', 'nothing')).err).toContain('examples: cluster');
});
