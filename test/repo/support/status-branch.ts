/** A real remote with a status branch of thirty commits, over http or by a path, and nodes that have just pushed its tip. */
import { join } from 'node:path';
import { serveGit } from '../../../src/lab/git-server.ts';
import { openRemote, type Remote } from '../../../src/pass/remote.ts';
import { type Bare, makeBare } from './remote.ts';

export const STATUS = 'netloom-status';

export interface StatusRemote {
  readonly bare: Bare;
  readonly url: string;
  /** Each time with a clone of its own. */
  remoteOf(): Promise<Remote>;
  due(archiveAfter: number): Promise<{ readonly remote: Remote; readonly node: string; readonly tip: string; readonly archiveAfter: number }>;
  end(): Promise<void>;
}

/** @param way  `http`, or anything else for the git binary */
export async function statusRemote(way: string): Promise<StatusRemote> {
  const bare = await makeBare();
  const server = way === 'http' ? await serveGit({ root: bare.root }) : null;
  const url = server === null ? bare.path : `${server.url}/repo.git`;
  await bare.grow(STATUS, { 'nodes/n1.yaml': 'a: 1\n', 'nodes/n2.yaml': 'b: 1\n', 'README.md': 'ours\n' }, { times: 30 });
  let clones = 0;
  const remoteOf = (): Promise<Remote> =>
    openRemote({ repo: { url, branch: 'main', path: '' }, status: { url: '', branch: STATUS } }, join(bare.root, `clone-${clones++}`));
  return {
    bare,
    url,
    remoteOf,
    due: async archiveAfter => {
      const remote = await remoteOf();
      const tip = (await bare.tip(STATUS)) ?? '';
      await remote.status.sync(STATUS, tip);
      return { remote, node: 'n1', tip, archiveAfter };
    },
    end: async () => {
      await server?.close();
      await bare.remove();
    },
  };
}
