import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid } from '../../src/repo/repo.ts';
import { killNow, line, type Program, program } from '../host/program.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

let bare: Bare;
let server: GitServer;
let puller: Program;
let first: Oid;
let tip: Oid;

const files = (round: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`d${at % 7}/n${at}.yaml`, `${round} ${at} ${'x'.repeat(300)}\n`]));

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  first = await bare.grow('main', files(0));
  tip = await bare.grow('main', files(1));
  // Prints a line, then pulls and writes; killed somewhere in between.
  puller = await program(`
    import { openRepo } from '../../src/repo/open.ts';
    const [url, dir, ...tips] = process.argv.slice(2);
    const repo = openRepo({ url, dir });
    console.log('go');
    for (let at = 0; ; at++) {
      for (const tip of tips) {
        await repo.sync('main', tip);
        await repo.commit({ parent: tip, edits: new Map([['s/' + at, String(at)]]), author: { name: 'n', email: 'n' }, message: 'm', at: 0 });
      }
    }
  `);
});
afterAll(async () => {
  puller.remove();
  await server.close();
  await bare.remove();
});

test.each(['http', 'the git binary'])('over %s, a pull that was killed anywhere is no obstacle to the next', { timeout: 120_000 }, async way => {
  const url = way === 'http' ? `${server.url}/repo.git` : bare.path;
  const dir = join(bare.root, way);
  let leftHalfDone = 0;
  for (let round = 0; round < 30; round++) {
    const child = puller.start([url, dir, first, tip]);
    expect(await line(child)).toBe('go');
    await sleep(round * 7);
    expect(child.exitCode).toBeNull();
    await killNow(child);
    if (await isThere(join(dir, 'writing'))) leftHalfDone++;
    const repo = openRepo({ url, dir });
    await repo.sync('main', tip);
    const entries = await repo.list(tip, '');
    const blobs = await repo.read(entries.map(entry => entry.oid));
    expect(entries).toHaveLength(120);
    for (const entry of entries) expect(Buffer.from(blobs.get(entry.oid) ?? []).toString()).toMatch(/^1 \d+ x+\n$/);
    if (round % 3 === 2) await rm(dir, { recursive: true, maxRetries: 8, retryDelay: 25 });
  }
  // Otherwise the kills came too late to show anything.
  expect(leftHalfDone).toBeGreaterThan(5);
});

test('a git that a killed pull left behind writes nothing into the next clone', async () => {
  const dir = join(bare.root, 'orphan');
  const repo = openRepo({ url: bare.path, dir });
  await repo.sync('main', first);
  // As one that had begun when its parent was gone already: nothing ends it.
  const orphan = spawn('git', [`--git-dir=${join(dir, 'clone')}`, 'fast-import'], {
    env: { GIT_CONFIG_GLOBAL: join(dir, 'gitconfig') },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(orphan, 'exit');
  await writeFile(join(dir, 'writing'), '');
  await repo.sync('main', tip);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(await repo.list(tip, '')).toHaveLength(120);
});

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
