/** The past of branches on real remotes: what commits did to a folder, revisions by their names, and how far back that reaches. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveGit } from '../../src/lab/git-server.ts';
import { differenceOfRemote } from '../../src/pass/difference.ts';
import { findRevision, newestOf } from '../../src/pass/find-revision.ts';
import { openRemote, type Remote } from '../../src/pass/remote.ts';
import { walkBack } from '../../src/pass/walk-back.ts';
import { printDifference } from '../../src/trace/difference.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { definition } from '../review/cluster.ts';

const CLUSTER = {
  'c.yaml': definition('Cluster', 'one', { underlay: { mtu: 1600 } }),
  'n1.yaml': definition('Node', 'n1', { underlay: { address: '10.1.0.1' } }),
};

describe.each(['http', 'the git binary'])('over %s', way => {
  let bare: Bare;
  let url: string;
  let close: () => Promise<void>;
  let clones = 0;
  const open = (branch: string): Promise<Remote> =>
    openRemote({ repo: { url, branch, path: '' }, status: { url: '', branch: 'none' } }, join(bare.root, `clone-${clones++}`), { isForHistory: true });

  beforeAll(async () => {
    bare = await makeBare();
    const server = way === 'http' ? await serveGit({ root: bare.root }) : null;
    url = server === null ? bare.path : `${server.url}/repo.git`;
    close = async () => server?.close();
  });
  afterAll(async () => {
    await close?.();
    await bare?.remove();
  });

  test('changes of a folder are found where its tree differs, across what has to be fetched, down to the first commit', async () => {
    await bare.grow('long', { 'in/a': '1', 'out/x': '1' });
    await bare.grow('long', { 'out/x': '2' }, { times: 1100 });
    const second = await bare.grow('long', { 'in/a': '2', 'in/b/c': '2' });
    await bare.grow('long', { 'out/x': '3' }, { times: 20 });
    const gone = await bare.grow('long', { 'in/a': null });
    const { definitions } = await open('long');
    const { tip } = await newestOf(definitions, 'long');
    expect(tip).toBe(gone);
    const shallow = await walkBack({ repo: definitions, branch: 'long', from: tip, folder: 'in', mayFetch: false });
    expect([shallow.end, shallow.walked, shallow.changes, [...shallow.last.files.keys()]]).toEqual(['here', 1, [], ['b/c']]);
    const told: number[] = [];
    const all = await walkBack({ repo: definitions, branch: 'long', from: tip, folder: 'in', mayFetch: true, tell: ({ walked }) => told.push(walked) });
    expect([all.end, all.walked]).toEqual(['first', 1123]);
    expect(all.changes.map(({ oid, files }) => [oid, [...files.keys()].sort()])).toEqual([
      [gone, ['a']],
      [second, ['a', 'b/c']],
    ]);
    const blobs = all.changes[1]?.files.get('a');
    expect(new TextDecoder().decode((await definitions.read([blobs?.was ?? ''])).get(blobs?.was ?? ''))).toBe('1');
    expect(all.changes[0]?.files.get('a')).toEqual({ was: blobs?.is, is: null });
    expect([...all.last.files.keys()]).toEqual(['a']);
    expect(told.length).toBeGreaterThan(0);
  });

  test('enough is enough: nothing older is fetched', async () => {
    const { definitions } = await open('long');
    const { tip } = await newestOf(definitions, 'long');
    const { end, walked } = await walkBack({ repo: definitions, branch: 'long', from: tip, folder: 'in', mayFetch: true, isEnough: () => true });
    expect([end, walked]).toEqual(['here', 1]);
  });

  test('a clone for history is not begun anew because it has grown', async () => {
    const { definitions } = await open('long');
    const first = await newestOf(definitions, 'long');
    await walkBack({ repo: definitions, branch: 'long', from: first.tip, folder: '', mayFetch: true });
    await bare.grow('long', { 'out/x': '4' }, { times: 250 });
    await newestOf(definitions, 'long');
    await bare.grow('long', { 'out/x': '5' });
    const { tip } = await newestOf(definitions, 'long');
    expect((await walkBack({ repo: definitions, branch: 'long', from: tip, folder: '', mayFetch: false })).end).toBe('first');
  });

  test('revisions by branch, by the beginning of a commit, and by steps back', async () => {
    const first = await bare.grow('main', { ...CLUSTER, 'a.yaml': definition('Network', 'x/a', { cidr: '10.0.0.0/24' }) });
    const second = await bare.grow('main', { 'a.yaml': definition('Network', 'x/a', { cidr: '10.0.1.0/24' }) });
    const { definitions } = await open('main');
    const line = await newestOf(definitions, 'main');
    const found = async (word: string): Promise<string> => (await findRevision(line, word)).commit;
    expect(await found('')).toBe(second);
    expect(await found('main~1')).toBe(first);
    expect(await found('HEAD^')).toBe(first);
    expect(await found(first.slice(0, 9))).toBe(first);
    expect(await found('long')).toBe(await bare.tip('long'));
    await expect(found('main~2')).rejects.toThrow(/names no commit/);
    await expect(found('0'.repeat(40))).rejects.toThrow(/names no commit/);
    await expect(found('--all')).rejects.toThrow(/names no commit/);
  });

  test('what differs between two revisions of a remote', async () => {
    const config = { repo: { url, branch: 'main', path: '' }, status: { url: '', branch: 'none' }, stateDir: bare.root };
    const text = printDifference(await differenceOfRemote(config, { base: 'main~1', head: undefined }));
    expect(text).toContain('  Network x/a: cidr 10.0.0.0/24 -> 10.0.1.0/24\n');
    await bare.grow('bad', { ...CLUSTER, 'a.yaml': 'kind: [\n' });
    expect((await differenceOfRemote(config, { base: 'main', head: 'bad' })).invalid?.name).toBe('bad');
  });
});
