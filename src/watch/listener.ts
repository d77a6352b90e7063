/**
 * What a watch answers by HTTP: its numbers, that it is there, and a forge that says "look again". Nobody is believed: whoever knows the secret
 * gets a look at the remote, and no word of the request goes further. Everything is bounded: connections, time, bytes, and requests a minute.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { codeOfErrno, HostError } from '../host/errors.ts';
import { isSigned } from './webhook.ts';

export interface ListenerArgs {
  /** `127.0.0.1:9475`, `[::1]:9475`. */
  readonly address: string;
  /** The numbers as text. */
  readonly metrics: () => Promise<string>;
  /** The secret of the webhook; null: there is no webhook. */
  readonly secret: (() => Promise<string>) | null;
  /** Somebody who knows the secret says that there is something new. */
  readonly wake: (reason: string) => void;
  /** A line for the log about what went wrong here. */
  readonly warn: (line: string) => void;
  /** How long one request may take to come, its head half of that; ten seconds. */
  readonly requestMs?: number;
}

export interface Listener {
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const MOST_BYTES = 1024 * 1024;
const MOST_CONNECTIONS = 64;
const REQUEST_MS = 10_000;
/** Webhooks of one sender, in a minute; a forge sends one a push. */
const MOST_A_MINUTE = 60;
const MOST_SENDERS = 1_000;

/** Listens until it is closed. Throws HostError when the address is not to be had. */
export async function listen(args: ListenerArgs): Promise<Listener> {
  const { requestMs = REQUEST_MS } = args;
  const limits = { headersTimeout: requestMs / 2, requestTimeout: requestMs, keepAliveTimeout: requestMs / 2, connectionsCheckingInterval: requestMs / 10 };
  const mayAsk = limiter();
  const server = createServer(limits, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    answer(request, response, args, mayAsk).catch((error: unknown) => {
      args.warn(`a request could not be answered: ${error instanceof Error ? error.message : error}`);
      end(response, 503, 'not now');
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, args.address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(done => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, address: string): Promise<void> {
  const at = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, at).replace(/^\[|\]$/g, ''), Number(address.slice(at + 1))];
  return new Promise((done, fail) => {
    server.once('error', error => {
      const advice = 'code' in error && error.code === 'EADDRINUSE' ? 'another program has it: stop that, or choose another listen.address' : error.message;
      fail(new HostError(codeOfErrno(error), `cannot listen at ${address}: ${advice}`, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, done);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, args: ListenerArgs, mayAsk: (who: string) => boolean): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/metrics' || path === '/healthz') {
    if (!reads) return refuseMethod(response, 'GET, HEAD');
    if (path === '/healthz') return end(response, 200, 'ok');
    return end(response, 200, await args.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
  }
  if (path !== '/webhook' || args.secret === null) return end(response, 404, 'there is nothing here');
  if (request.method !== 'POST') return refuseMethod(response, 'POST');
  const who = request.socket.remoteAddress ?? '';
  if (!mayAsk(who)) return end(response, 429, 'too many requests: try again in a minute');
  const body = await bodyOf(request);
  if (body === null) return end(response, 413, `more than ${MOST_BYTES} bytes`);
  if (!isSigned(request.headers, body, await args.secret())) return end(response, 403, 'not signed with the secret of this node');
  args.wake(`webhook of ${who}`);
  end(response, 202, 'looking');
}

function refuseMethod(response: ServerResponse, allowed: string): void {
  response.setHeader('Allow', allowed);
  end(response, 405, `only ${allowed}`);
}

// Whoever was refused may still be sending: the connection ends with the answer.
function end(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  if (response.headersSent) return void response.destroy();
  if (status >= 400) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(text.endsWith('\n') ? text : `${text}\n`);
}

// null: too long; what comes after is not read.
function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  return new Promise((done, fail) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    request.on('data', (part: Uint8Array) => {
      size += part.length;
      if (size <= MOST_BYTES) return void parts.push(part);
      request.pause();
      done(null);
    });
    request.on('end', () => done(Buffer.concat(parts)));
    request.on('error', fail);
    request.on('close', () => fail(new Error('the sender went away')));
  });
}

function limiter(): (who: string) => boolean {
  let minute = 0;
  const counts = new Map<string, number>();
  return who => {
    const now = Math.floor(performance.now() / 60_000);
    if (now !== minute) counts.clear();
    minute = now;
    const count = (counts.get(who) ?? 0) + 1;
    if (!counts.has(who) && counts.size >= MOST_SENDERS) return false;
    counts.set(who, count);
    return count <= MOST_A_MINUTE;
  };
}
