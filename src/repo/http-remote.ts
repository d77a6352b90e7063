/** A git server over http as a set of questions: its branches in one request, and the two uploads; credentials go along at once. */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Auth, authHeaders } from './auth.ts';
import { type Listing, parseListing, parseLsRefs, printLsRefs, type Service } from './listing.ts';
import { type Oid, RepoError } from './repo.ts';
import { type GitHttpRequest, type Limits, send } from './request.ts';

/** A longer listing (a forge lists every pull request) is asked for by protocol 2, which names the branches. */
const LONGEST_LISTING = 1024 * 1024;

/** What is known of one server; made by `httpRemote`, and changed by the functions below only. */
export interface HttpRemote {
  /** As configured, without slash at its end: what messages name. */
  readonly url: string;
  /** A small note about the server is kept here. */
  readonly dir: string;
  readonly auth: Auth | undefined;
  readonly maxBytes: number;
  /** Aborted: nothing more is asked. */
  readonly stop: AbortSignal | undefined;
  /** Where requests go: a redirect on the same host moves it. */
  base: string;
  /** Of upload-pack, from the last listing; absent when none was read. */
  capabilities: readonly string[] | undefined;
}

/** Asks nobody yet. */
export function httpRemote(parts: Pick<HttpRemote, 'url' | 'dir' | 'auth' | 'maxBytes' | 'stop'>): HttpRemote {
  return { ...parts, base: parts.url, capabilities: undefined };
}

/** All that the server lists for a service, whole or not at all. Throws RepoError. */
export async function readListing(remote: HttpRemote, service: Service, limits: Limits): Promise<Listing> {
  const body = await ask(
    remote,
    { method: 'GET', path: `/info/refs?service=${service}`, contentType: `application/x-${service}-advertisement`, more: {} },
    limits,
  );
  return parseListing(body, service, remote.url);
}

/** The refs that `branches` need, in one request: protocol 0, or protocol 2 where that listing is too long. Throws RepoError. */
export async function readRefs(remote: HttpRemote, branches: readonly string[], until: number): Promise<ReadonlyMap<string, Oid>> {
  const mark = join(remote.dir, 'long-listing');
  if (await isThere(mark)) return readRefsByName(remote, branches, until);
  try {
    const whole = await readListing(remote, 'git-upload-pack', { until, maxBytes: Math.min(remote.maxBytes, LONGEST_LISTING) });
    remote.capabilities = whole.capabilities;
    return whole.refs;
  } catch (error) {
    if (!(error instanceof RepoError) || error.code !== 'too-large') throw error;
    const short = await readRefsByName(remote, branches, until);
    await keepMark(remote.dir, mark);
    return short;
  }
}

// So that the next look is one request again, by another process too; without it that look is two.
async function keepMark(dir: string, mark: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
    .then(() => writeFile(mark, ''))
    .catch(() => undefined);
}

async function readRefsByName(remote: HttpRemote, branches: readonly string[], until: number): Promise<ReadonlyMap<string, Oid>> {
  const limits = { until, maxBytes: Math.min(remote.maxBytes, LONGEST_LISTING) };
  return parseLsRefs(await post(remote, 'git-upload-pack', printLsRefs(branches), limits, { 'git-protocol': 'version=2' }), remote.url);
}

/** Sends what a service wants to hear and gives its whole answer. Throws RepoError. */
export function post(remote: HttpRemote, service: Service, body: Uint8Array, limits: Limits, more: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const request = {
    method: 'POST' as const,
    path: `/${service}`,
    body,
    contentType: `application/x-${service}-result`,
    more: { ...more, 'content-type': `application/x-${service}-request` },
  };
  return ask(remote, request, limits);
}

type Question = Omit<GitHttpRequest, 'url' | 'headers'> & { readonly path: string; readonly more: Readonly<Record<string, string>> };

async function ask(remote: HttpRemote, { path, more, ...rest }: Question, limits: Limits): Promise<Buffer> {
  const headers = { 'user-agent': 'git/netloom', accept: rest.contentType, ...authHeaders(remote.auth), ...more };
  const answer = await send(remote.url, { ...rest, url: `${remote.base}${path}`, headers }, { ...limits, stop: remote.stop });
  if (answer.url.endsWith(path)) remote.base = answer.url.slice(0, -path.length);
  return answer.body;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
