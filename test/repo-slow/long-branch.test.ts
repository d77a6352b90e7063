/** A status branch of 100,000 commits, on a real server: no push is slower for it, and nobody has to hold its history. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { archiveIfLong } from '../../src/pass/archive.ts';
import { openRemote, type Remote } from '../../src/pass/remote.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

const COMMITS = 100_000;
const FILES = 100;
const PUSHES = 15;
const [LONG, SHORT] = ['netloom-status', 'short-status'];

let bare: Bare;
let server: GitServer;

beforeAll(async () => {
  bare = await makeBare();
  server = await serveGit({ root: bare.root });
  const text = (n: number): string => `node: n${n % FILES}\nheard: ${n}\n${'x: 1\n'.repeat(290)}`;
  const line = function* (branch: string, count: number): Iterable<string> {
    for (let n = 0; n < count; n += 1) {
      const body = text(n);
      yield `commit refs/heads/${branch}\ncommitter n <n@x> ${1_600_000_000 + n} +0000\ndata 1\n-\nM 100644 inline nodes/n${n % FILES}.yaml\ndata ${body.length}\n${body}\n`;
    }
  };
  const script = Buffer.from([...line(LONG, COMMITS), ...line(SHORT, FILES), 'done\n'].join(''));
  await run('git', [`--git-dir=${bare.path}`, 'fast-import', '--quiet', '--date-format=raw', '--depth=50'], {
    stdin: script,
    okCodes: [0],
    timeoutMs: 110_000,
  });
}, 120_000);
afterAll(async () => {
  await server?.close();
  await bare?.remove();
});

const remoteOf = (statusBranch: string): Promise<Remote> =>
  openRemote(
    { repo: { url: `${server.url}/repo.git`, branch: 'main', path: '' }, status: { url: '', branch: statusBranch } },
    join(bare.root, `clone-${statusBranch}`),
  );

/** As a node publishes: look, fetch, commit, push; sorted milliseconds of each. */
async function pushes(statusBranch: string): Promise<readonly number[]> {
  const { status } = await remoteOf(statusBranch);
  const times: number[] = [];
  for (let n = 0; n < PUSHES; n += 1) {
    const began = performance.now();
    const tip = (await status.tips([statusBranch])).get(statusBranch) ?? null;
    if (tip === null) throw new Error('the branch is gone');
    await status.sync(statusBranch, tip);
    const oid = await status.commit({
      parent: tip,
      edits: new Map([['nodes/n1.yaml', `node: n1\nround: ${n}\n`]]),
      author: AUTHOR,
      message: 'n1: status',
      at: AT,
    });
    expect(await status.push({ oid: oid ?? '', branch: statusBranch, expect: tip })).toBe('ok');
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

const middle = (times: readonly number[]): number => times[Math.floor(times.length / 2)] ?? 0;

describe('with 100,000 commits', () => {
  test('a push is no slower than with a hundred, and its clone is small', async () => {
    const [long, short] = [await pushes(LONG), await pushes(SHORT)];
    // On a loaded machine a ratio is all that can be said; measured alone: 1.0.
    expect(middle(long)).toBeLessThan(3 * middle(short) + 50);
    const { stdout } = await run('du', ['-sk', join(bare.root, `clone-${LONG}`)], { okCodes: [0] });
    expect(Number.parseInt(stdout, 10)).toBeLessThan(4_000);
  });

  test('its length is asked for with some bytes, and it is archived without being fetched', async () => {
    const remote = await remoteOf(LONG);
    const tip = (await bare.tip(LONG)) ?? '';
    const before = server.requests.length;
    expect(await remote.status.goesBelow(tip, { commits: 50_000 })).toBe(true);
    expect(await remote.status.goesBelow(tip, { commits: COMMITS + PUSHES })).toBe(false);
    expect(server.requests.slice(before).map(({ bytesOut }) => bytesOut)).toEqual([expect.any(Number), expect.any(Number)]);
    for (const { bytesOut } of server.requests.slice(before)) expect(bytesOut).toBeLessThan(200);
    // A tip whose turn it is: this limit makes it every one's.
    expect(await archiveIfLong({ remote, node: 'n1', tip, archiveAfter: 99 })).toMatchObject({ branch: `${LONG}-archive-1` });
    expect(await bare.git('rev-list', '--count', LONG)).toBe('1');
    expect(await bare.tip(`${LONG}-archive-1`)).toBe(tip);
  });
});
