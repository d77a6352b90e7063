/** A real git server over http for the lab and the tests: Node's http in front of `git http-backend` (CGI, streamed). */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from '../host/exec.ts';
import { spawnLong } from '../host/spawn-long.ts';

/** What a client must show; a `token` is a forge's: with any user name. `account` is who hooks see as REMOTE_USER, `git` by default. */
export type GitServerAuth = ({ readonly username: string; readonly password: string } | { readonly bearer: string } | { readonly token: string }) & {
  readonly account?: string;
};

/** One request that was answered. */
export interface GitRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly status: number;
  readonly authorized: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface GitServer {
  /** `http://127.0.0.1:PORT`; a repository is below it, by its path below root. */
  readonly url: string;
  /** The newest 10,000, oldest first. */
  readonly requests: readonly GitRequest[];
  /** Ends open connections; resolves when the port is free. */
  close(): Promise<void>;
}

export interface GitServerOptions {
  /** Folder of bare repositories. */
  readonly root: string;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** One of several, where it is a list; absent = everyone may read and write. */
  readonly auth?: GitServerAuth | readonly GitServerAuth[];
}

const KEEP_REQUESTS = 10_000;

/** Serves every bare repository below `root`. Throws what `listen` says (EADDRINUSE). */
export async function serveGit(options: GitServerOptions): Promise<GitServer> {
  const requests: GitRequest[] = [];
  const log = (entry: GitRequest): void => {
    requests.push(entry);
    if (requests.length > KEEP_REQUESTS) requests.shift();
  };
  const server = createServer((request, response) => void answer(options, request, response, log));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`, requests, close };
}

/**
 * Serves until SIGTERM or SIGINT; the url is the first line on stdout. This is how a lab runs it as a process of its own.
 */
export async function serveGitUntilKilled(options: GitServerOptions): Promise<void> {
  const server = await serveGit(options);
  process.stdout.write(`${server.url}\n`);
  await new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  await server.close();
}

/** Makes a bare repository that takes pushes over http and whose HEAD names `branch`. Throws HostError. */
export async function createBareRepository(path: string, branch = 'main'): Promise<void> {
  await git(['init', '--quiet', '--bare', `--initial-branch=${branch}`, '--', path]);
  await git([`--git-dir=${path}`, 'config', 'http.receivepack', 'true']);
}

async function git(args: readonly string[]): Promise<void> {
  await run('git', args, { env: CONFIG_FREE, okCodes: [0] });
}

const CONFIG_FREE = { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

async function answer(options: GitServerOptions, request: IncomingMessage, response: ServerResponse, log: (entry: GitRequest) => void): Promise<void> {
  const account = accountOf(options.auth, request.headers.authorization);
  const authorized = account !== null;
  let bytesIn = 0;
  let bytesOut = 0;
  request.on('data', (chunk: Buffer) => {
    bytesIn += chunk.length;
  });
  request.pause();
  response.on('close', () => log({ method: request.method ?? '', url: request.url ?? '', status: response.statusCode, authorized, bytesIn, bytesOut }));
  if (account === null) {
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('credentials, please\n');
    return;
  }
  try {
    await passToGit(cgiEnv(options.root, account, request), request, response, chunk => {
      bytesOut += chunk.length;
    });
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function passToGit(env: Record<string, string>, request: IncomingMessage, response: ServerResponse, count: (chunk: Buffer) => void): Promise<void> {
  const child = spawnLong('git', ['http-backend'], { env });
  request.pipe(child.stdin);
  // A client that went away: what git does for it is not wanted any more.
  response.on('close', () => {
    if (!response.writableFinished) void child.stop();
  });
  const first = await relayHead(child.stdout, response);
  if (first === null) throw new Error(`git http-backend said nothing: ${child.stderr()}`);
  const counted = async function* (rest: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    count(first);
    yield first;
    for await (const chunk of rest) {
      count(chunk);
      yield chunk;
    }
  };
  await pipeline(child.stdout, counted, response);
}

/** Turns the CGI head into the answer's; returns what came after it, or null when there was no head. */
async function relayHead(output: Readable, response: ServerResponse): Promise<Buffer | null> {
  let seen = Buffer.alloc(0);
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    seen = Buffer.concat([seen, chunk as Buffer]);
    const end = seen.indexOf('\r\n\r\n');
    if (end < 0) continue;
    let status = 200;
    for (const line of seen.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else response.setHeader(name, line.slice(line.indexOf(':') + 1).trim());
    }
    response.writeHead(status);
    return seen.subarray(end + 4);
  }
  return null;
}

// RFC 3875; http-backend wants these and no more.
function cgiEnv(root: string, account: string, request: IncomingMessage): Record<string, string> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  return {
    ...CONFIG_FREE,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
    // Any user name lets http-backend take pushes; who it is has been checked before.
    REMOTE_USER: account,
    ...optional('CONTENT_LENGTH', request.headers['content-length']),
    ...optional('HTTP_CONTENT_ENCODING', request.headers['content-encoding']),
    ...optional('GIT_PROTOCOL', request.headers['git-protocol']),
  };
}

function optional(name: string, value: string | string[] | undefined): Record<string, string> {
  return typeof value === 'string' ? { [name]: value } : {};
}

// Who shows this; null when nobody may.
function accountOf(auth: GitServerOptions['auth'], header = ''): string | null {
  if (auth === undefined) return 'git';
  const shown = [auth].flat().find(each => isShown(each, header));
  return shown === undefined ? null : (shown.account ?? 'git');
}

function isShown(auth: GitServerAuth, header: string): boolean {
  if ('bearer' in auth) return header === `Bearer ${auth.bearer}`;
  const basic = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString();
  return 'token' in auth ? basic.endsWith(`:${auth.token}`) : basic === `${auth.username}:${auth.password}`;
}
