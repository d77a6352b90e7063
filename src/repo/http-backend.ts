/** Git over http and https: isomorphic-git between our own requests below it (request.ts) and our own checks around it. */

import * as git from 'isomorphic-git';
import { scrub } from './auth.ts';
import type { Backend, FetchHow, Swap } from './backend.ts';
import { branchesOf } from './edits.ts';
import { type HttpRemote, httpRemote, post, readListing, readRefs } from './http-remote.ts';
import { isoLineage } from './iso-lineage.ts';
import { blobsOf, commitBytesOf, entriesOf, historyOf, initStore, type Place, wholeFs, writeCommit, writeRoot } from './iso-store.ts';
import { checkPack, isCutThere, printBound, printListing, wordsOfHooks } from './listing.ts';
import { isLostRace } from './lost-race.ts';
import { absentObjects } from './pack-index.ts';
import { type Oid, RepoError } from './repo.ts';
import type { Limits } from './request.ts';

// What every server with protocol 2 can do in protocol 0 too; used when its listing was too long to be read.
const COMMON = ['multi_ack_detailed', 'no-done', 'side-band-64k', 'ofs-delta', 'shallow', 'deepen-relative', 'object-format=sha1'];

/** Commits that are fetched at once when history is too short to tell. */
const DEEPER = 1000;
/** What git itself sends for `--unshallow` (INFINITE_DEPTH of git 2.39). */
const WITHOUT_END = 0x7fffffff;

// Without a depth after the first time: with one, isomorphic-git 1.44 is sent everything again.
const DEPTH: Readonly<Record<FetchHow, object>> = {
  first: { depth: 1 },
  more: {},
  deeper: { depth: DEEPER, relative: true },
  whole: { depth: WITHOUT_END },
};

/** Speaks to one remote. A look at its branches is one request. */
export function httpBackend(parts: Parameters<typeof httpRemote>[0]): Backend {
  const remote = httpRemote(parts);
  const { url, maxBytes } = remote;
  let cache = {};
  const place = (gitdir: string): Place => ({ gitdir, cache });
  const setBranch = (gitdir: string, branch: string, oid: Oid): Promise<void> =>
    git.writeRef({ fs: wholeFs, gitdir, ref: `refs/heads/${branch}`, value: oid, force: true });
  return {
    url,
    scrub: text => scrub(text, remote.auth),
    async tips(branches, until) {
      const refs = await readRefs(remote, branches, until);
      return new Map(branches.map(branch => [branch, refs.get(`refs/heads/${branch}`) ?? null]));
    },
    async branches(prefixes, until) {
      return branchesOf(await readRefs(remote, prefixes, until), prefixes);
    },
    async init(gitdir) {
      cache = {};
      await initStore(gitdir, url);
    },
    async fetch(gitdir, branch, tip, how, until) {
      const http = forFetch(remote, branch, tip, { until, maxBytes });
      const names = { url, remote: 'origin', ref: `refs/heads/${branch}`, remoteRef: `refs/heads/${branch}`, singleBranch: true, tags: false };
      await git.fetch({ fs: wholeFs, http, ...place(gitdir), ...names, ...DEPTH[how] });
    },
    async push(gitdir, swap, until) {
      const verdict = await push(remote, place(gitdir), swap, { until, maxBytes });
      if (verdict === 'ok') await setBranch(gitdir, swap.branch, swap.oid);
      return verdict;
    },
    point: setBranch,
    absent: absentObjects,
    entries: (gitdir, commit) => entriesOf(place(gitdir), commit),
    blobs: (gitdir, oids) => blobsOf(place(gitdir), oids),
    commitBytes: (gitdir, oid) => commitBytesOf(place(gitdir), oid),
    lineage: (gitdir, from, folder) => isoLineage(place(gitdir), from, folder),
    history: (gitdir, from, without) => historyOf(place(gitdir), from, without),
    write: (gitdir, draft) => writeCommit(place(gitdir), draft),
    writeRoot: (gitdir, of, draft) => writeRoot(place(gitdir), of, draft),
    // The server says where a shallow clone would end before it sends anything of it.
    goesBelow: async (_, tip, bound, until) => isCutThere(await post(remote, 'git-upload-pack', printBound(tip, bound), { until, maxBytes }), url),
  };
}

/** The plugin for one fetch: it is shown the one branch, at the tip we want, whatever else the server has. */
function forFetch(remote: HttpRemote, branch: string, tip: Oid, limits: Limits): git.HttpClient {
  return {
    async request({ url, method, body }) {
      if (method === 'GET') {
        if (remote.capabilities === undefined) await readRefs(remote, [branch], limits.until);
        return reply(url, printListing('git-upload-pack', branch, tip, remote.capabilities ?? COMMON), 'application/x-git-upload-pack-advertisement');
      }
      const answer = await post(remote, 'git-upload-pack', await whole(body), limits);
      checkPack(answer, remote.url);
      return reply(url, answer, 'application/x-git-upload-pack-result');
    },
  };
}

/** The plugin for one push; hooks' words go to `heard`, since isomorphic-git may hand them on after it has thrown. */
function forPush(remote: HttpRemote, branch: string, limits: Limits, heard: { words: string }): git.HttpClient {
  return {
    async request({ url, method, body }) {
      if (method === 'GET') {
        const listing = await readListing(remote, 'git-receive-pack', limits);
        const tip = listing.refs.get(`refs/heads/${branch}`);
        return reply(url, printListing('git-receive-pack', branch, tip, listing.capabilities), 'application/x-git-receive-pack-advertisement');
      }
      const answer = await post(remote, 'git-receive-pack', await whole(body), limits);
      heard.words = wordsOfHooks(answer, remote.url);
      return reply(url, answer, 'application/x-git-receive-pack-result');
    },
  };
}

async function push(remote: HttpRemote, place: Place, { oid, branch, expect, hear }: Swap, limits: Limits): Promise<'ok' | 'stale'> {
  const heard = { words: '' };
  const seen: { tip: Oid | null } = { tip: null };
  // The lease; the server compares once more when it moves the branch. With `force` no history is walked.
  const onPrePush: git.PrePushCallback = ({ remoteRef }) => {
    seen.tip = /^0+$/.test(remoteRef.oid) ? null : remoteRef.oid;
    return seen.tip === expect && expect !== oid;
  };
  const http = forPush(remote, branch, limits, heard);
  try {
    await git.push({ fs: wholeFs, http, ...place, url: remote.url, remote: 'origin', ref: oid, remoteRef: `refs/heads/${branch}`, force: true, onPrePush });
    if (heard.words !== '') hear?.(heard.words);
    return 'ok';
  } catch (error) {
    // There already: it was the answer to an earlier push that got lost.
    if (error instanceof git.Errors.UserCanceledError) return seen.tip === oid ? 'ok' : 'stale';
    if (!(error instanceof git.Errors.GitPushError)) throw error;
    const result = error.data.result as { readonly error?: string; readonly refs: Record<string, { readonly error: string } | undefined> };
    const why = result.error ?? result.refs[`refs/heads/${branch}`]?.error ?? error.message;
    if (isLostRace(why)) return 'stale';
    const words = `${remote.url} refuses the push to ${branch}: ${why}${heard.words === '' ? '' : `: ${heard.words}`}`;
    throw new RepoError('refused', words, remote.url);
  }
}

async function whole(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body ?? []) parts.push(part);
  return Buffer.concat(parts);
}

function reply(url: string, body: Buffer, contentType: string): git.GitHttpResponse {
  const once = async function* (): AsyncIterableIterator<Uint8Array> {
    yield body;
  };
  return { url, method: 'GET', headers: { 'content-type': contentType }, body: once(), statusCode: 200, statusMessage: 'OK' };
}
