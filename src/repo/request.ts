/** One http request of git: a deadline, a byte cap, a whole body or an error, and no credentials for anybody but the remote. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { RepoError, type RepoErrorCode } from './repo.ts';
import { stopped } from './repo-errors.ts';

/** One call of a Repo's method: all its requests share the deadline. */
export interface Limits {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly maxBytes: number;
  /** Aborted: the request ends at once. */
  readonly stop?: AbortSignal | undefined;
}

export interface GitHttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** What a git server answers with; anything else is no git server. */
  readonly contentType: string;
}

export interface GitHttpAnswer {
  readonly body: Buffer;
  /** Where the answer came from: differs from the request's when the server redirected on the same host. */
  readonly url: string;
  /** The server's clock when it answered, as it says it; absent when it says none. */
  readonly date?: string | undefined;
}

/** How long a server may take to accept a connection. */
const CONNECT_MS = 10_000;

interface Raw {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

/** Sends a request and gives the whole body of a good answer. Throws RepoError for everything else; `remote` is the url to name in it. */
export async function send(remote: string, request: GitHttpRequest, limits: Limits): Promise<GitHttpAnswer> {
  let url = request.url;
  for (let hops = 0; ; hops++) {
    const answer = await once(remote, { ...request, url }, limits);
    if (answer.status >= 300 && answer.status < 400 && answer.status !== 304) {
      url = redirection(remote, request, url, answer, hops);
      continue;
    }
    if (answer.status !== 200) throw refusal(remote, answer);
    const type = answer.headers['content-type'];
    if (type?.split(';')[0]?.trim() !== request.contentType) throw notGit(remote, `the answer is ${type ?? 'of no type'}, not ${request.contentType}`);
    return { body: answer.body, url, date: answer.headers.date };
  }
}

/** A RepoError that says that something else than a git server answered. */
export function notGit(remote: string, words: string): RepoError {
  return new RepoError(
    'not-git',
    `${remote} did not answer as a git server does: ${words}; check the url, and that no proxy or sign-in page stands before it`,
    remote,
  );
}

async function once(remote: string, request: GitHttpRequest, limits: Limits): Promise<Raw> {
  try {
    return await attempt(remote, request, limits, true);
  } catch (error) {
    // The server closed a kept connection while we took it up again: it has seen nothing. A push is not sent twice.
    if (error instanceof StaleConnection) return attempt(remote, request, limits, false);
    throw error;
  }
}

class StaleConnection extends Error {}

function attempt(remote: string, request: GitHttpRequest, limits: Limits, reuse: boolean): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const secure = url.protocol === 'https:';
    const sendsPush = request.url.endsWith('/git-receive-pack');
    let expired = false;
    const headers = { ...request.headers, ...(request.body === undefined ? {} : { 'content-length': String(request.body.length) }) };
    const agent = reuse && !sendsPush ? agents[secure ? 'https:' : 'http:'] : false;
    let incoming: http.IncomingMessage | undefined;
    const rest = (): void => {
      clearTimeout(late);
      limits.stop?.removeEventListener('abort', expire);
    };
    const fail = (error: Error): void => {
      rest();
      // An answer that we cut ourselves ends as if the server had.
      const seen = expired ? whyExpired(remote, limits) : transportError(remote, error, incoming !== undefined);
      const stale = incoming === undefined && outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      reject(stale && !expired ? new StaleConnection() : seen);
    };
    const outgoing = (secure ? https : http).request(url, { method: request.method, headers, agent }, answer => {
      incoming = answer;
      collect(remote, answer, limits.maxBytes).then(body => {
        rest();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      }, fail);
    });
    const expire = (): void => {
      expired = true;
      outgoing.destroy(whyExpired(remote, limits));
    };
    // Not before there is something to end: a request that cannot even be made throws, and leaves no timer behind.
    const late = setTimeout(expire, Math.max(0, limits.until - Date.now()));
    limits.stop?.addEventListener('abort', expire);
    if (limits.stop?.aborted === true) expire();
    outgoing.on('error', fail);
    outgoing.once('socket', socket => limitConnecting(socket, outgoing));
    outgoing.end(request.body);
  });
}

// A firewall that drops says nothing: a server that is there takes a connection long before the whole deadline.
function limitConnecting(socket: Socket, outgoing: http.ClientRequest): void {
  if (!socket.connecting) return;
  const silent = Object.assign(new Error(`no connection after ${CONNECT_MS / 1000} s`), { code: 'ETIMEDOUT' });
  const late = setTimeout(() => outgoing.destroy(silent), CONNECT_MS);
  for (const event of ['connect', 'close'] as const) socket.once(event, () => clearTimeout(late));
}

// Node itself ends the loop with an error where less came than was promised (`sends less than it promised`).
async function collect(remote: string, answer: http.IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      answer.destroy();
      throw new RepoError('too-large', `${remote} sent more than ${maxBytes} bytes; is this the right repository?`, remote);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

// The same host may say that the repository has another path or wants https; nobody else is told our credentials.
function redirection(remote: string, request: GitHttpRequest, from: string, answer: Raw, hops: number): string {
  const location = answer.headers.location ?? '';
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const shown = target === undefined ? 'nowhere' : `${target.origin}${target.pathname.replace(/\/(info\/refs|git-(upload|receive)-pack)$/, '')}`;
  const refuse = (why: string): RepoError =>
    new RepoError('redirected', `${remote} redirects to ${shown}, ${why}; if that is right, write it as repo.url`, remote);
  if (target === undefined) throw refuse('which is no url');
  const here = new URL(from);
  const upgraded = here.protocol === 'http:' && target.protocol === 'https:' && here.hostname === target.hostname && here.port === '' && target.port === '';
  if (here.protocol === 'https:' && target.protocol !== 'https:') throw refuse('which is not encrypted');
  if (target.origin !== here.origin && !upgraded) throw refuse('another host, which gets no credentials');
  if (request.method !== 'GET') throw refuse('and what is sent there is not sent twice');
  if (hops >= 4) throw refuse('the fifth time in a row');
  target.username = '';
  target.password = '';
  return target.href;
}

const WORDS: Readonly<Record<number, readonly [RepoErrorCode, string]>> = {
  401: ['unauthorized', 'does not accept the credentials; check repo.auth, and that the token or password is still valid'],
  403: ['forbidden', 'knows us but does not allow this; check what the token may do (read contents, write for the status branch)'],
  404: ['not-found', 'does not exist, or these credentials may not see it; check the url and repo.auth'],
  407: ['forbidden', 'is behind a proxy that wants credentials of its own'],
  410: ['not-found', 'is gone for good; check the url'],
  413: ['refused', 'takes no push of this size'],
};

function refusal(remote: string, answer: Raw): RepoError {
  const wait = retryAfterS(answer.headers['retry-after']);
  const options = wait === undefined ? {} : { retryAfterS: wait };
  const pause = wait === undefined ? '' : `; it asks us to wait ${wait} s`;
  // GitHub's secondary limits come as 403.
  const limited = answer.status === 429 || (answer.status === 403 && (wait !== undefined || answer.headers['x-ratelimit-remaining'] === '0'));
  if (limited) return new RepoError('rate-limited', `${remote} has had too many requests (${answer.status})${pause}`, remote, options);
  const [code, words] =
    WORDS[answer.status] ?? (answer.status >= 500 ? ['unreachable', 'has a problem of its own'] : ['not-git', 'did not answer as a git server does']);
  return new RepoError(code, `${remote} ${words} (http ${answer.status})${pause}`, remote, options);
}

// RFC 9110, section 10.2.3: seconds or a date.
function retryAfterS(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number.parseInt(header, 10);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

function whyExpired(remote: string, limits: Limits): RepoError {
  return limits.stop?.aborted === true ? stopped(remote, limits.stop) : timeout(remote, limits);
}

function timeout(remote: string, limits: Limits): RepoError {
  return new RepoError('timeout', `${remote} did not answer in time (until ${new Date(limits.until).toISOString()})`, remote);
}

const CONNECT: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known; check the url and this node’s DNS',
  EAI_AGAIN: 'its name cannot be looked up now; check this node’s DNS',
  ECONNREFUSED: 'nothing listens there; check host and port, and that the server runs',
  ECONNRESET: 'it closed the connection before it answered',
  EPIPE: 'it closed the connection before it answered',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer',
};

function transportError(remote: string, error: Error, answered: boolean): RepoError {
  if (error instanceof RepoError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (isTls(code)) {
    const words = `${remote}: no trust in the connection: ${error.message} (${code}); check this node’s clock, the server’s certificate, and NODE_EXTRA_CA_CERTS for a private authority`;
    return new RepoError('tls', words, remote, { cause: error });
  }
  if (code.startsWith('HPE_')) return notGit(remote, `that is not http (${code})`);
  if (answered) return new RepoError('truncated', `${remote} ended its answer in the middle (${code === '' ? error.message : code})`, remote, { cause: error });
  return new RepoError('unreachable', `cannot reach ${remote}: ${CONNECT[code] ?? error.message} (${code === '' ? 'no code' : code})`, remote, {
    cause: error,
  });
}

// OpenSSL's verification results have no common prefix.
function isTls(code: string): boolean {
  return /^ERR_(TLS|SSL)_|^EPROTO$|CERT|SELF_SIGNED|UNABLE_TO_|_IN_CRL_|CRL_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH/.test(code);
}
