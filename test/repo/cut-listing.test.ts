/** A listing of branches that is cut, at each of its bytes and in each of the two ways of asking for it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { openRepo } from '../../src/repo/open.ts';
import type { Repo } from '../../src/repo/repo.ts';
import { type FaultServer, faultServer, type Reply } from './support/fault-server.ts';
import { type Bare, makeBare } from './support/remote.ts';

let bare: Bare;
let real: GitServer;
let proxy: FaultServer;

beforeAll(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'networks/blue.yaml': 'kind: Network\n' });
  await bare.grow('netloom-status', { 'nodes/a.yaml': 'ready: true\n' });
  real = await serveGit({ root: bare.root });
  proxy = await faultServer(real.url);
});
afterAll(async () => {
  await proxy.close();
  await real.close();
  await bare.remove();
});

const BRANCHES = ['main', 'netloom-status', 'absent'];

/** Codes of the errors, and how many bytes the listing has: what it says when it is whole is checked first. */
async function cutEverywhere(repo: Repo): Promise<{ readonly codes: ReadonlySet<string>; readonly bytes: number }> {
  let listing: Reply | undefined;
  proxy.spoil(async (_, pass) => {
    listing = await pass();
    return listing;
  });
  expect([...(await repo.tips(BRANCHES)).values()]).toEqual([await bare.tip('main'), await bare.tip('netloom-status'), null]);
  const { status, headers, body } = listing as Reply;
  const codes = new Set<string>();
  for (let cutAt = 0; cutAt < body.length; cutAt++) {
    // Not asked of git again for each byte: what is cut is the same listing.
    proxy.spoil(async () => ({ status, headers, body, cutAt, end: 'close' }));
    codes.add(
      await repo.tips(BRANCHES).then(
        found => `no error: ${[...found.values()]}`,
        (error: { code?: string }) => String(error.code),
      ),
    );
  }
  return { codes, bytes: body.length };
}

test('is an error and never fewer branches', async () => {
  const { codes, bytes } = await cutEverywhere(openRepo({ url: `${proxy.url}/repo.git`, dir: join(bare.root, 'whole'), deadlineMs: 15_000 }));
  expect(bytes).toBeGreaterThan(400);
  expect([...codes]).toEqual(['truncated']);
});

test('asked for by name, where the whole one is too long, it is an error too', async () => {
  const dir = join(bare.root, 'by-name');
  await mkdir(dir);
  // What a clone keeps of such a server.
  await writeFile(join(dir, 'long-listing'), '');
  const { codes, bytes } = await cutEverywhere(openRepo({ url: `${proxy.url}/repo.git`, dir, deadlineMs: 15_000 }));
  expect(bytes).toBeGreaterThan(100);
  expect([...codes]).toEqual(['truncated']);
});
