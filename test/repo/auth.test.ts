import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type GitServer, type GitServerAuth, serveGit } from '../../src/lab/git-server.ts';
import { type Auth, readAuth, secretRemark } from '../../src/repo/auth.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid } from '../../src/repo/repo.ts';
import { faultServer } from './support/fault-server.ts';
import { AT, AUTHOR, type Bare, makeBare } from './support/remote.ts';

const CANARY = 'canary-3f9a:/+= token';

let bare: Bare;
let tip: Oid;

beforeAll(async () => {
  bare = await makeBare();
  tip = await bare.grow('main', { 'a.yaml': 'a\n' });
});
afterAll(() => bare.remove());

async function withServer<T>(auth: GitServerAuth, work: (server: GitServer) => Promise<T>): Promise<T> {
  const server = await serveGit({ root: bare.root, auth });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

describe('credentials are shown at once, without being asked for:', () => {
  const CASES: readonly (readonly [string, GitServerAuth, Auth])[] = [
    ['a password', { username: 'robot', password: CANARY }, { username: 'robot', password: CANARY }],
    ['a token', { username: 'x-access-token', password: CANARY }, { token: CANARY }],
    ['a token with a name', { username: 'oauth2', password: CANARY }, { token: CANARY, username: 'oauth2' }],
    ['a bearer', { bearer: CANARY }, { bearer: CANARY }],
  ];
  test.each(CASES)('%s', async (name, wanted, auth) => {
    await withServer(wanted, async server => {
      const repo = openRepo({ url: `${server.url}/repo.git`, dir: join(bare.root, name), auth });
      await repo.sync('main', (await repo.tips(['main'])).get('main') as Oid);
      const oid = (await repo.commit({ parent: tip, edits: new Map([['by', name]]), author: AUTHOR, message: 'm', at: AT })) as Oid;
      expect(await repo.push({ oid, branch: name.replaceAll(' ', '-'), expect: null })).toBe('ok');
      expect(server.requests.map(request => request.status)).not.toContain(401);
    });
  });
});

test.each([
  ['none', undefined],
  ['wrong ones', { token: 'wrong' }],
])('%s are unauthorized, after one request', async (name, auth) => {
  await withServer({ bearer: CANARY }, async server => {
    const repo = openRepo({ url: `${server.url}/repo.git`, dir: join(bare.root, name), ...(auth === undefined ? {} : { auth }) });
    await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'unauthorized', message: expect.stringContaining('repo.auth') as string });
    expect(server.requests).toHaveLength(1);
  });
});

test('another host gets neither request nor credentials', async () => {
  await withServer({ bearer: CANARY }, async server => {
    const [elsewhere, proxy] = [await faultServer(server.url), await faultServer(server.url)];
    proxy.spoil(async ({ url }) => ({ status: 302, headers: { location: `${elsewhere.url}${url}` }, body: Buffer.alloc(0) }));
    const repo = openRepo({ url: `${proxy.url}/repo.git`, dir: join(bare.root, 'elsewhere'), auth: { bearer: CANARY } });
    await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'redirected', message: expect.stringContaining(elsewhere.url) as string });
    expect([proxy.asked.length, elsewhere.asked.length]).toEqual([1, 0]);
    await Promise.all([elsewhere.close(), proxy.close()]);
  });
});

test('from https to http is no way to go', async () => {
  await withServer({ bearer: CANARY }, async server => {
    const tls = await faultServer(server.url, { tls: true });
    tls.spoil(async ({ url }) => ({ status: 301, headers: { location: `${tls.url.replace('https', 'http')}${url}` }, body: Buffer.alloc(0) }));
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const repo = openRepo({ url: `${tls.url}/repo.git`, dir: join(bare.root, 'downgrade'), auth: { bearer: CANARY } });
      await expect(repo.tips(['main'])).rejects.toMatchObject({ code: 'redirected', message: expect.stringContaining('not encrypted') as string });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      await tls.close();
    }
  });
});

test('a secret is in no file, no command line and no error, even when the server says it back', async () => {
  await withServer({ username: 'robot', password: CANARY }, async server => {
    const proxy = await faultServer(server.url);
    const dir = join(bare.root, 'canary');
    const repo = openRepo({ url: `${proxy.url}/repo.git`, dir, auth: { username: 'robot', password: CANARY }, deadlineMs: 3000 });
    const watch = watchCommandLines();
    await repo.sync('main', (await repo.tips(['main'])).get('main') as Oid);
    const oid = (await repo.commit({ parent: tip, edits: new Map([['b', 'b']]), author: AUTHOR, message: 'm', at: AT })) as Oid;
    expect(await repo.push({ oid, branch: 'canary', expect: null })).toBe('ok');
    const errors: unknown[] = [];
    const collect = async (work: Promise<unknown>): Promise<void> => void errors.push(await work.catch((error: unknown) => error));
    const echo = (asked: { headers: { authorization?: string | undefined } }): string =>
      `${CANARY} ${encodeURIComponent(CANARY)} ${asked.headers.authorization}`;
    proxy.spoil(async asked => ({
      status: 302,
      headers: { location: `http://${encodeURIComponent(CANARY)}@elsewhere/${encodeURIComponent(echo(asked))}` },
      body: Buffer.alloc(0),
    }));
    await collect(repo.tips(['main']));
    proxy.spoil(async asked => {
      const line = `ERR access denied for ${echo(asked)}`;
      return listing(`001e# service=git-upload-pack\n0000${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`);
    });
    await collect(repo.tips(['main']));
    proxy.spoil(async asked => ({ status: 403, headers: { 'content-type': 'text/plain' }, body: Buffer.from(echo(asked)) }));
    await collect(repo.tips(['main']));
    await collect(repo.push({ oid, branch: 'again', expect: null }));
    proxy.spoil(async () => 'reset');
    await collect(repo.tips(['main']));
    await collect(openRepo({ url: `${proxy.url}/repo.git`, dir, auth: { bearer: `${CANARY}\nx` } }).tips(['main']));
    expect(errors.map(error => (error as { name: string }).name)).toEqual(Array(6).fill('RepoError'));
    const said = errors.map(error => `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)}`).join('\n');
    expect(leaks(said)).toEqual([]);
    expect(leaks(await watch.stop())).toEqual([]);
    expect(leaks(await contentsBelow(dir))).toEqual([]);
    await proxy.close();
  });
});

describe('readAuth', () => {
  const folder = (): string => join(bare.root, 'secrets');
  const put = async (name: string, text: string): Promise<string> => {
    await mkdir(folder(), { recursive: true });
    await writeFile(join(folder(), name), text);
    return join(folder(), name);
  };

  test('reads a file, or a systemd credential by its name', async () => {
    const file = await put('token', `${CANARY}\n`);
    expect(await readAuth({ type: 'token', file })).toEqual({ token: CANARY });
    expect(await readAuth({ type: 'bearer', credential: 'token' }, { CREDENTIALS_DIRECTORY: folder() })).toEqual({ bearer: CANARY });
    expect(await readAuth({ type: 'basic', username: 'robot', file })).toEqual({ username: 'robot', password: CANARY });
    expect(await readAuth({ type: 'ssh', file, knownHosts: '/etc/hosts-known' })).toEqual({ sshKey: file, knownHosts: '/etc/hosts-known' });
    expect(await readAuth({ type: 'ssh' })).toEqual({});
  });

  test('a file that others can read, or that is another’s, is told of with what mends it', async () => {
    const file = await put('open', CANARY);
    for (const mode of [0o640, 0o604, 0o777]) {
      await chmod(file, mode);
      expect(await secretRemark({ type: 'token', file })).toBe(
        `the secret ${file} has mode 0${mode.toString(8)}, so that others can read it: chmod 600 ${file}`,
      );
    }
    for (const mode of [0o600, 0o400]) {
      await chmod(file, mode);
      expect(await secretRemark({ type: 'token', file })).toBeNull();
    }
    const unlikeMe = vi.spyOn(process, 'geteuid').mockReturnValue(4711);
    await chown(file, 4712, 0).catch(() => undefined); // root alone may give a file away
    const owner = (await stat(file)).uid;
    const expected = `the secret ${file} (mode 0400) belongs to user ${owner}: chown 4711 ${file} && chmod 600 ${file}`;
    expect(await secretRemark({ type: 'token', file })).toBe(owner === 0 ? null : expected);
    unlikeMe.mockRestore();
  });

  test('nothing is said of no file, of one that is not there, or of a systemd credential', async () => {
    for (const config of [undefined, { type: 'ssh' }, { type: 'token', file: join(folder(), 'absent') }, { type: 'token', credential: 'token' }] as const) {
      expect(await secretRemark(config)).toBeNull();
    }
  });

  test('says what is missing and where, and never what it has read', async () => {
    const two = await put('two', `${CANARY}\nsecond line\n`);
    const nothing = await put('nothing', '\n');
    const CASES: readonly (readonly [Parameters<typeof readAuth>[0], RegExp])[] = [
      [{ type: 'token', file: join(folder(), 'absent') }, /the file of the secret, .*absent, does not exist/],
      [{ type: 'token', file: folder() }, /cannot read/],
      [{ type: 'token', file: nothing }, /the file of the secret, .*nothing, is empty/],
      [{ type: 'token', file: two }, /on one line/],
      [{ type: 'token' }, /needs file: PATH or credential: NAME/],
      [{ type: 'token', file: two, credential: 'two' }, /keep one/],
      [{ type: 'token', credential: 'two' }, /LoadCredential=two/],
      [{ type: 'token', credential: '../two' }, /not the name of a credential/],
      [{ type: 'basic', file: await put('ok', 'x') }, /needs a username/],
    ];
    for (const [config, words] of CASES) {
      const error = await readAuth(config, {}).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'RepoError', code: 'unauthorized', message: expect.stringMatching(words) as string });
      expect(leaks(inspect(error, { depth: 12 }))).toEqual([]);
    }
  });
});

function listing(text: string): { status: number; headers: Record<string, string>; body: Buffer } {
  return { status: 200, headers: { 'content-type': 'application/x-git-upload-pack-advertisement' }, body: Buffer.from(text) };
}

/** Forms of the canary that a text holds. */
function leaks(text: string): string[] {
  const forms = [
    CANARY,
    encodeURIComponent(CANARY),
    Buffer.from(CANARY).toString('base64').slice(0, 20),
    Buffer.from(`robot:${CANARY}`).toString('base64').slice(0, 24),
  ];
  return forms.filter(form => text.includes(form));
}

async function contentsBelow(dir: string): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile());
  expect(files.length).toBeGreaterThan(3);
  return (await Promise.all(files.map(file => readFile(join(file.parentPath, file.name), 'latin1')))).join('\n');
}

function watchCommandLines(): { stop(): Promise<string> } {
  const seen = new Set<string>();
  let going = true;
  const loop = (async () => {
    while (going) {
      for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) seen.add(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  })();
  return {
    async stop() {
      going = false;
      await loop;
      return [...seen].join('\n');
    },
  };
}
