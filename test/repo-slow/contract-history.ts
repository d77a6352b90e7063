/** What every Repo says of history: which commit comes after which, and when nobody can tell. Run like the contract. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid, Repo } from '../../src/repo/repo.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { contents, type Serve } from './contract.ts';

/** Declares the suite. */
export function historyContract(name: string, serve: Serve): void {
  describe(name, () => {
    let bare: Bare;
    let service: Awaited<ReturnType<Serve>>;
    let clones = 0;
    const open = (): Repo => openRepo({ url: service.url, dir: join(bare.root, `clone-${clones++}`), deadlineMs: 15_000 });

    beforeAll(async () => {
      bare = await makeBare();
      service = await serve(bare);
    });
    afterAll(async () => {
      await service.close();
      await bare.remove();
    });

    test('an advance descends, a rewound or replaced branch does not', async () => {
      const first = await bare.grow('line', { 'a.yaml': '1\n' });
      const repo = open();
      await repo.sync('line', first);
      const second = await bare.grow('line', { 'a.yaml': '2\n' }, { times: 5 });
      await repo.sync('line', second);
      expect(await repo.descends(second, first)).toBe(true);
      expect(await repo.descends(first, second)).toBe(false);
      expect(await repo.descends(second, second)).toBe(true);
      const replaced = await bare.grow('line', { 'a.yaml': '3\n' }, { root: true });
      await repo.sync('line', replaced);
      expect(await repo.descends(replaced, second)).toBe(false);
      expect(await contents(repo, replaced)).toEqual({ 'a.yaml': '3\n' });
    });

    test('a new clone fetches older history when it is asked about it', async () => {
      const first = await bare.grow('long', { 'a.yaml': '0\n' });
      const last = await bare.grow('long', { 'a.yaml': '1\n' }, { times: 30 });
      const repo = open();
      await repo.sync('long', last);
      expect(await repo.descends(last, first)).toBe(true);
      expect(await repo.descends(last, 'f'.repeat(40))).toBe(false);
      expect(await contents(repo, last)).toEqual({ 'a.yaml': '1\n# 29\n' });
    });

    test('history is fetched further back until it tells: a thousand commits, then all', async () => {
      const first = await bare.grow('longer', { 'a.yaml': '0\n' });
      const last = await bare.grow('longer', { 'a.yaml': '1\n' }, { times: 1_200 });
      const repo = open();
      await repo.sync('longer', last);
      expect(await repo.descends(last, first)).toBe(true);
      const other = open();
      await other.sync('longer', last);
      expect(await other.descends(last, 'f'.repeat(40))).toBe(false);
      expect(await contents(other, last)).toEqual({ 'a.yaml': '1\n# 1199\n' });
    });

    test('what a commit brings is all that is not reachable from another one, by whichever parent', async () => {
      const person = ['-c', 'user.name=p', '-c', 'user.email=p@x'];
      const make = async (...parents: readonly string[]): Promise<Oid> =>
        bare.git(
          ...person,
          'commit-tree',
          '-m',
          `${parents.length} ${made++}`,
          ...parents.flatMap(oid => ['-p', oid]),
          '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
        );
      let made = 0;
      await bare.git('hash-object', '-t', 'tree', '-w', '/dev/null');
      const root = await make();
      const fork = await make(root);
      const base = await make(fork);
      await bare.git('update-ref', 'refs/heads/merges', base);
      const repo = open();
      await repo.sync('merges', base);
      expect(await repo.brings(base, base)).toEqual([]);
      const [one, two] = [await make(base), await make(fork)];
      const island = await make();
      const merge = await make(one, two, island);
      await bare.git('update-ref', 'refs/heads/merges', merge);
      await repo.sync('merges', merge);
      expect([...((await repo.brings(merge, base)) ?? [])].sort()).toEqual([one, two, island, merge].sort());
      const anew = open();
      await anew.sync('merges', merge);
      expect([...((await anew.brings(merge, fork)) ?? [])].sort()).toEqual([base, one, two, island, merge].sort());
      expect(await anew.brings(fork, merge)).toEqual([]);
    });

    test('what a file said before is read from history, newest first, each version once', async () => {
      await bare.grow('file', { 'a/x.yaml': '1\n' });
      await bare.grow('file', { 'b.yaml': 'b\n' }, { times: 3 });
      await bare.grow('file', { 'a/x.yaml': '2\n' });
      await bare.grow('file', { 'a/x.yaml': '1\n' });
      await bare.grow('file', { 'a/x.yaml': null });
      const tip = await bare.grow('file', { 'a/x.yaml': '3\n', 'c.yaml': 'c\n' });
      const repo = open();
      await repo.sync('file', tip);
      const past = async (path: string, most = 50): Promise<string[]> => (await repo.past(tip, path, most)).map(bytes => Buffer.from(bytes).toString());
      expect(await past('a/x.yaml')).toEqual(['1\n', '2\n']);
      expect(await past('a/x.yaml', 1)).toEqual([]);
      expect(await past('c.yaml')).toEqual([]);
    });

    test('a commit is given out byte for byte, and nothing else in its place', async () => {
      const tip = await bare.grow('bytes', { 'a.yaml': '0\n' });
      const repo = open();
      await repo.sync('bytes', tip);
      expect(Buffer.from(await repo.bytes(tip)).toString()).toBe(await bare.git('cat-file', 'commit', tip));
    });

    test('what history says that the remote does not have itself, nobody can tell', async () => {
      const first = await bare.grow('cut', { 'a.yaml': '0\n' });
      const last = await bare.grow('cut', { 'a.yaml': '1\n' }, { times: 4 });
      const short = await makeBare();
      await short.git('fetch', '--quiet', '--depth=2', '--update-shallow', `file://${bare.path}`, 'cut:cut');
      const there = await serve(short);
      const repo = openRepo({ url: there.url, dir: join(short.root, 'clone'), deadlineMs: 15_000 });
      await repo.sync('cut', last);
      expect(await repo.descends(last, (await bare.git('rev-parse', 'cut~1')) as Oid)).toBe(true);
      expect(await repo.descends(last, first)).toBeNull();
      expect(await repo.brings(last, first)).toBeNull();
      await there.close();
      await short.remove();
    });

    test('history that cannot be fetched is no answer but an error', async () => {
      const gone = await makeBare();
      const there = await serve(gone);
      const first = await gone.grow('main', { 'a.yaml': '0\n' });
      const last = await gone.grow('main', { 'a.yaml': '1\n' }, { times: 3 });
      const repo = openRepo({ url: there.url, dir: join(gone.root, 'clone'), deadlineMs: 15_000 });
      await repo.sync('main', last);
      await there.close();
      await rename(gone.path, `${gone.path}.away`);
      await expect(repo.descends(last, first)).rejects.toMatchObject({ name: 'RepoError' });
      expect(await contents(repo, last)).toEqual({ 'a.yaml': '1\n# 2\n' });
      await gone.remove();
    });
  });
}
