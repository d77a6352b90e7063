/** What every Repo does, whichever way it speaks git: run over a real server and over a real folder. */
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRepo } from '../../src/repo/open.ts';
import type { Oid, Repo } from '../../src/repo/repo.ts';
import { AT, AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';

/** How to reach a bare repository: its url, and what ends the service. */
export type Serve = (bare: Bare) => Promise<{ readonly url: string; close(): Promise<void> }>;

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** Texts below a folder of a commit, by path. */
export async function contents(repo: Repo, commit: Oid, path = ''): Promise<Record<string, string>> {
  const entries = await repo.list(commit, path);
  const blobs = await repo.read(entries.map(entry => entry.oid));
  return Object.fromEntries(entries.map(entry => [entry.path, text(blobs.get(entry.oid))]));
}

/** Declares the suite. */
export function contract(name: string, serve: Serve): void {
  describe(name, () => {
    let bare: Bare;
    let service: Awaited<ReturnType<Serve>>;
    let clones = 0;
    const open = (): Repo => openRepo({ url: service.url, dir: join(bare.root, `clone-${clones++}`), deadlineMs: 15_000 });
    const tipOf = async (repo: Repo, branch: string): Promise<Oid> => (await repo.tips([branch])).get(branch) as Oid;
    const write = (repo: Repo, parent: Oid | null, files: Record<string, string | null>): Promise<Oid | null> =>
      repo.commit({ parent, edits: new Map(Object.entries(files)), author: AUTHOR, message: 'node-1: status [skip ci]', at: AT });

    beforeAll(async () => {
      bare = await makeBare();
      service = await serve(bare);
    });
    afterAll(async () => {
      await service.close();
      await bare.remove();
    });

    test('an empty remote has no branches, and that is no error', async () => {
      expect([...(await open().tips(['main', 'netloom-status']))]).toEqual([
        ['main', null],
        ['netloom-status', null],
      ]);
    });

    test('the first commit makes the branch, and only where it does not exist', async () => {
      const [one, two] = [open(), open()];
      const first = (await write(one, null, { 'nodes/one.yaml': 'ready: true\n' })) as Oid;
      expect(await one.push({ oid: first, branch: 'first', expect: null })).toBe('ok');
      expect(await bare.show('first', 'nodes/one.yaml')).toBe('ready: true');
      const other = (await write(two, null, { 'nodes/two.yaml': 'ready: true\n' })) as Oid;
      expect(await two.push({ oid: other, branch: 'first', expect: null })).toBe('stale');
      expect(await bare.tip('first')).toBe(first);
    });

    test('what was synced can be listed and read, whole or below a folder', async () => {
      const tip = await bare.grow('read', { 'a.yaml': 'a\n', 'tenants/red/net.yaml': 'größer\n', 'tenants/empty.yaml': '', 'tenants-not/x.yaml': 'x\n' });
      const repo = open();
      expect(await tipOf(repo, 'read')).toBe(tip);
      await repo.sync('read', tip);
      expect(await contents(repo, tip)).toEqual({ 'a.yaml': 'a\n', 'tenants-not/x.yaml': 'x\n', 'tenants/empty.yaml': '', 'tenants/red/net.yaml': 'größer\n' });
      expect(await contents(repo, tip, 'tenants')).toEqual({ 'empty.yaml': '', 'red/net.yaml': 'größer\n' });
      expect(await contents(repo, tip, './tenants/red/')).toEqual({ 'net.yaml': 'größer\n' });
      expect(await repo.list(tip, 'nowhere')).toEqual([]);
      expect(await repo.read([])).toEqual(new Map());
    });

    test('branches are listed by the beginnings of their names, several in one listing', async () => {
      const tip = await bare.grow('pr/1', { 'a.yaml': 'a\n' });
      const names = ['pr/10', 'pr/x;y', 'pr/größe', `pr/${'n'.repeat(150)}`, 'prx', 'other/pr/2', 'pr-2'];
      for (const name of names) await bare.git('update-ref', `refs/heads/${name}`, tip);
      await bare.git('update-ref', 'refs/tags/pr/3', tip);
      const repo = open();
      const found = async (...prefixes: readonly string[]) => [...(await repo.branches(prefixes)).keys()].sort();
      expect(await found('pr/')).toEqual(['pr/1', 'pr/10', `pr/${'n'.repeat(150)}`, 'pr/größe', 'pr/x;y'].sort());
      expect(await found('pr/1', 'prx')).toEqual(['pr/1', 'pr/10', 'prx']);
      expect((await repo.branches(['pr/1', 'nothing'])).get('pr/1')).toBe(tip);
      expect(await found('nothing/')).toEqual([]);
      await expect(repo.branches(['pr/*'])).rejects.toMatchObject({ name: 'RepoError', code: 'no-branch' });
      await bare.grow('pr/1', { 'b.yaml': 'b\n' });
      expect((await repo.branches(['pr/'])).get('pr/1')).toBe(await bare.tip('pr/1'));
      for (const name of ['pr/1', ...names]) await bare.git('update-ref', '-d', `refs/heads/${name}`);
      await bare.git('update-ref', '-d', 'refs/tags/pr/3');
    });

    test('symlinks, submodules, executables and odd names are listed as what they are', async () => {
      const blob = await bare.git('rev-parse', 'read:a.yaml');
      const listing = `100644 blob ${blob}\tback\\slash\n120000 blob ${blob}\tlink\n160000 commit ${await bare.tip('read')}\tmodule\n100755 blob ${blob}\trun.sh\n`;
      const tree = await treeOf(bare, listing);
      const commit = await bare.git('-c', 'user.name=p', '-c', 'user.email=p@x', 'commit-tree', '-m', 'odd', tree);
      await bare.git('update-ref', 'refs/heads/odd', commit);
      const repo = open();
      await repo.sync('odd', commit);
      expect((await repo.list(commit, '')).map(({ path, mode }) => `${mode} ${path}`)).toEqual([
        '100644 back\\slash',
        '120000 link',
        '160000 module',
        '100755 run.sh',
      ]);
    });

    test('a commit says who, when and after what', async () => {
      const tip = (await bare.tip('read')) as Oid;
      const repo = open();
      await repo.sync('read', tip);
      const next = (await write(repo, tip, { 'b.yaml': 'b\n' })) as Oid;
      expect(await repo.info(next)).toEqual({ oid: next, parents: [tip], author: 'node-1 <netloom@node-1>', subject: 'node-1: status [skip ci]', at: AT });
      expect(await repo.info(tip)).toEqual({
        oid: tip,
        parents: [],
        author: 'people <people@example.org>',
        subject: 'people: change 0',
        at: 1_795_000_000_000,
      });
    });

    test('an edit changes its own path and nothing beside it', async () => {
      const tip = await bare.grow('edit', { 'a/b/c.yaml': 'c\n', 'a/b/d.yaml': 'd\n', 'a/e.yaml': 'e\n', 'f.yaml': 'f\n', gone: 'g\n' });
      const repo = open();
      await repo.sync('edit', tip);
      const next = (await write(repo, tip, {
        'a/b/c.yaml': 'C\n',
        'a/e.yaml': null,
        'new/deep/x.yaml': 'x\n',
        gone: null,
        'gone/now/a/folder': 'y\n',
        'with "quotes" and ö': 'z',
      })) as Oid;
      expect(await repo.push({ oid: next, branch: 'edit', expect: tip })).toBe('ok');
      const reader = open();
      await reader.sync('edit', await tipOf(reader, 'edit'));
      expect(await contents(reader, next)).toEqual({
        'a/b/c.yaml': 'C\n',
        'a/b/d.yaml': 'd\n',
        'f.yaml': 'f\n',
        'gone/now/a/folder': 'y\n',
        'new/deep/x.yaml': 'x\n',
        'with "quotes" and ö': 'z',
      });
    });

    test('a folder goes with its last file, and a tree may end up empty', async () => {
      const tip = await bare.grow('empty', { 'a/b/c.yaml': 'c\n' });
      const repo = open();
      await repo.sync('empty', tip);
      const next = (await write(repo, tip, { 'a/b/c.yaml': null })) as Oid;
      expect(await repo.push({ oid: next, branch: 'empty', expect: tip })).toBe('ok');
      expect(await bare.git('rev-parse', 'empty^{tree}')).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904');
    });

    test('the same content is no commit', async () => {
      const tip = await bare.grow('same', { 'a.yaml': 'a\n' });
      const repo = open();
      await repo.sync('same', tip);
      expect(await write(repo, tip, { 'a.yaml': 'a\n', 'absent.yaml': null })).toBeNull();
      expect(await write(repo, tip, {})).toBeNull();
    });

    test('a push replaces the tip it expects, and no other', async () => {
      const tip = await bare.grow('swap', { 'a.yaml': 'a\n' });
      const repo = open();
      await repo.sync('swap', tip);
      const mine = (await write(repo, tip, { 'a.yaml': 'mine\n' })) as Oid;
      const theirs = await bare.grow('swap', { 'b.yaml': 'theirs\n' });
      expect(await repo.push({ oid: mine, branch: 'swap', expect: tip })).toBe('stale');
      expect(await repo.push({ oid: mine, branch: 'swap', expect: null })).toBe('stale');
      expect(await bare.tip('swap')).toBe(theirs);
      await repo.sync('swap', theirs);
      const again = (await write(repo, theirs, { 'a.yaml': 'mine\n' })) as Oid;
      expect(await repo.push({ oid: again, branch: 'swap', expect: theirs })).toBe('ok');
      expect(await bare.git('log', '--format=%s', 'swap')).toBe('node-1: status [skip ci]\npeople: change 0\npeople: change 0');
    });

    test('a push whose answer was lost is recognised as done', async () => {
      const repo = open();
      const oid = (await write(repo, null, { 'a.yaml': 'a\n' })) as Oid;
      expect(await repo.push({ oid, branch: 'twice', expect: null })).toBe('ok');
      expect(await repo.push({ oid, branch: 'twice', expect: null })).toBe('ok');
    });

    test('the words of a hook that refuses reach the reader', async () => {
      await mkdir(join(bare.path, 'hooks'), { recursive: true });
      const hook = join(bare.path, 'hooks/pre-receive');
      await writeFile(
        hook,
        '#!/bin/sh\nwhile read old new ref; do [ "$ref" = refs/heads/guarded ] && { echo "guarded is for robots only" >&2; exit 1; }; done; exit 0\n',
      );
      await chmod(hook, 0o755);
      const repo = open();
      const oid = (await write(repo, null, { 'a.yaml': 'a\n' })) as Oid;
      const refused = { name: 'RepoError', code: 'refused', message: expect.stringContaining('guarded is for robots only') as string };
      await expect(repo.push({ oid, branch: 'guarded', expect: null })).rejects.toMatchObject(refused);
      expect(await bare.tip('guarded')).toBeNull();
    });

    test('a remote whose HEAD names a missing branch is read like any other', async () => {
      const lone = await makeBare('nowhere');
      const there = await serve(lone);
      const tip = await lone.grow('netloom-status', { 'a.yaml': 'a\n' });
      const repo = openRepo({ url: there.url, dir: join(lone.root, 'clone') });
      expect(await repo.tips(['main', 'netloom-status'])).toEqual(
        new Map([
          ['main', null],
          ['netloom-status', tip],
        ]),
      );
      await repo.sync('netloom-status', tip);
      expect(await contents(repo, tip)).toEqual({ 'a.yaml': 'a\n' });
      await there.close();
      await lone.remove();
    });

    test('two branches of one remote can be in one clone', async () => {
      const [main, status] = [await bare.grow('main', { 'a.yaml': 'a\n' }), await bare.grow('st', { 'b.yaml': 'b\n' })];
      const repo = open();
      expect([...(await repo.tips(['main', 'st'])).values()]).toEqual([main, status]);
      await repo.sync('main', main);
      await repo.sync('st', status);
      expect({ ...(await contents(repo, main)), ...(await contents(repo, status)) }).toEqual({ 'a.yaml': 'a\n', 'b.yaml': 'b\n' });
    });

    test('the tip that was listed is what comes, also when the branch has moved on', async () => {
      const listed = await bare.grow('moving', { 'a.yaml': 'a\n' });
      const repo = open();
      expect(await tipOf(repo, 'moving')).toBe(listed);
      await bare.grow('moving', { 'a.yaml': 'b\n' });
      await repo.sync('moving', listed);
      expect(await contents(repo, listed)).toEqual({ 'a.yaml': 'a\n' });
    });

    test('a tip that the remote has dropped is no branch any more, and the clone stays', async () => {
      const kept = await bare.grow('dropped', { 'a.yaml': 'a\n' });
      const repo = open();
      await repo.sync('dropped', kept);
      await expect(repo.sync('dropped', 'e'.repeat(40))).rejects.toMatchObject({ code: 'no-branch' });
      expect(await contents(repo, kept)).toEqual({ 'a.yaml': 'a\n' });
    });

    test('a second process finds the clone as the first has left it', async () => {
      const tip = await bare.grow('shared', { 'a.yaml': 'a\n' });
      const dir = join(bare.root, 'shared');
      await openRepo({ url: service.url, dir }).sync('shared', tip);
      const again = openRepo({ url: service.url, dir });
      await again.sync('shared', tip);
      expect(await contents(again, tip)).toEqual({ 'a.yaml': 'a\n' });
    });

    test('a clone that has grown old is made anew, and reads the same', async () => {
      const repo = open();
      const dir = join(bare.root, `clone-${clones - 1}`);
      let tip = await bare.grow('old', { 'a.yaml': '0\n' });
      await repo.sync('old', tip);
      const inode = async (): Promise<string> => (await readdir(join(dir, 'clone/objects/pack'))).filter(file => file.endsWith('.pack')).join(' ');
      const before = await inode();
      tip = await bare.grow('old', { 'a.yaml': '1\n' }, { times: 201 });
      await repo.sync('old', tip);
      expect(await inode()).toContain(before);
      tip = await bare.grow('old', { 'a.yaml': '2\n' });
      await repo.sync('old', tip);
      expect(await inode()).not.toContain(before);
      expect(await contents(repo, tip)).toEqual({ 'a.yaml': '2\n' });
    });

    test('a name that cannot be a branch is refused before anybody is asked', async () => {
      for (const branch of ['../../x', 'a..b', '-f', 'a b', 'a:b', 'a*', '.a', 'a.lock', 'a//b', '/a', 'a/', '@', '']) {
        await expect(open().tips([branch])).rejects.toMatchObject({ name: 'RepoError', code: 'no-branch' });
        await expect(open().sync(branch, 'a'.repeat(40))).rejects.toMatchObject({ name: 'RepoError', code: 'no-branch' });
        await expect(open().push({ oid: 'a'.repeat(40), branch, expect: null })).rejects.toMatchObject({ name: 'RepoError', code: 'no-branch' });
      }
    });

    test('a branch may have the name of a file of the clone', async () => {
      const first = await bare.grow('config', { 'a.yaml': 'a\n' });
      const repo = open();
      await repo.sync('config', first);
      const next = await bare.grow('config', { 'a.yaml': 'b\n' });
      await repo.sync('config', next);
      expect(await repo.descends(next, first)).toBe(true);
    });

    test('both ways of speaking git write the same commit', async () => {
      const oid = await write(open(), null, { 'a/b.yaml': 'b\n', 'c.yaml': 'c\n' });
      expect(oid).toBe('17fb357a9d64a2209f70aefb7b8e4fa9c8debade');
    });
  });
}

async function treeOf(bare: Bare, listing: string): Promise<string> {
  const { run } = await import('../../src/host/exec.ts');
  const made = await run('git', [`--git-dir=${bare.path}`, 'mktree', '--missing'], { stdin: listing, okCodes: [0] });
  return made.stdout.trim();
}
