import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { type Bare, makeBare } from './support/remote.ts';

let bare: Bare;
let server: GitServer;
const ENV = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
const PERSON = ['-c', 'user.name=p', '-c', 'user.email=p@example.org'];

beforeEach(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root, auth: { username: 'robot', password: 'secret' } });
});
afterEach(async () => {
  await server.close();
  await bare.remove();
});

const git = async (cwd: string, ...args: readonly string[]): Promise<string> =>
  (await run('git', [...PERSON, ...args], { env: ENV, cwd, okCodes: [0] })).stdout.trim();

test('git itself can clone, push in one piece or in chunks, and fetch', async () => {
  const url = server.url.replace('//', '//robot:secret@');
  await git(bare.root, 'clone', '--quiet', `${url}/repo.git`, 'work');
  const work = join(bare.root, 'work');
  await writeFile(join(work, 'a.yaml'), 'a\n');
  await git(work, 'add', '.');
  await git(work, 'commit', '--quiet', '-m', 'small');
  await git(work, 'push', '--quiet', 'origin', 'HEAD:main');
  // Past http.postBuffer git sends chunks of unknown number.
  await writeFile(join(work, 'noise.bin'), Array.from({ length: 150_000 }, () => Math.random().toString(36)).join('\n'));
  await git(work, 'add', '.');
  await git(work, 'commit', '--quiet', '-m', 'large');
  await git(work, 'push', '--quiet', 'origin', 'HEAD:main');
  expect(await bare.tip('main')).toBe(await git(work, 'rev-parse', 'HEAD'));
  await git(bare.root, 'clone', '--quiet', `${url}/repo.git`, 'again');
  expect(await git(join(bare.root, 'again'), 'log', '--format=%s')).toBe('large\nsmall');
});

test('who shows nothing, or the wrong thing, is told 401 and gets no byte of a repository', async () => {
  const path = `${server.url}/repo.git/info/refs?service=git-upload-pack`;
  for (const headers of [{}, { authorization: 'Bearer secret' }, { authorization: `Basic ${Buffer.from('robot:wrong').toString('base64')}` }]) {
    const answer = await fetch(path, { headers });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="git"']);
    expect(await answer.text()).not.toContain('git-upload-pack');
  }
  expect(server.requests.map(({ authorized, status }) => ({ authorized, status }))).toEqual(Array(3).fill({ authorized: false, status: 401 }));
});

test('nothing above the root is served', async () => {
  await mkdir(join(bare.root, 'public'));
  const inner = await serveGit({ root: join(bare.root, 'public') });
  for (const path of ['/../repo.git/HEAD', '/%2e%2e/repo.git/HEAD', '/..%2frepo.git/HEAD', '/nothing.git/HEAD']) {
    const { status, body } = await raw(inner.url, path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('refs/heads');
  }
  await inner.close();
});

/** fetch() would take the dots away. */
async function raw(url: string, path: string): Promise<{ status: number; body: string }> {
  const { request } = await import('node:http');
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, answer => {
      let body = '';
      answer.on('data', chunk => {
        body += String(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}
