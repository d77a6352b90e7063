/** Stands between a client and a real git server, and spoils what a test tells it to; everything else passes unchanged. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CERT, KEY } from './tls.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Bytes of the body that are sent; the rest never comes. */
  readonly cutAt?: number;
  /** How a cut answer ends: `close` looks like its regular end to http, `short` breaks the promised length, `reset` and `stall` speak for themselves. */
  readonly end?: 'close' | 'short' | 'reset' | 'stall';
}

/** Called for each request; `real` asks the server behind. `reset` and `stall` answer nothing at all. */
export type Fault = (asked: Asked, real: () => Promise<Reply>) => Promise<Reply | 'reset' | 'stall'>;

export interface FaultServer {
  readonly url: string;
  readonly asked: Asked[];
  /** Spoils from now on; without one it only passes on. */
  spoil(fault?: Fault): void;
  close(): Promise<void>;
}

/** `upstream` is the url of the real server, without path; `tls` shows a certificate that nobody signed. */
export async function faultServer(upstream: string, { tls = false } = {}): Promise<FaultServer> {
  const asked: Asked[] = [];
  let fault: Fault | undefined;
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    void collect(incoming).then(async body => {
      const one = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      asked.push(one);
      const real = (): Promise<Reply> => pass(upstream, one);
      send(response, await (fault === undefined ? real() : fault(one, real)));
    });
  };
  const server = tls ? createTlsServer({ cert: CERT, key: KEY }, listener) : createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    spoil(next) {
      fault = next;
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, reply: Reply | 'reset' | 'stall'): void {
  if (reply === 'stall') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body, cutAt, end } = reply;
  if (cutAt === undefined) {
    response.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body);
    return;
  }
  if (end === 'close') response.removeHeader('transfer-encoding');
  response.shouldKeepAlive = false;
  response.writeHead(status, { ...headers, ...(end === 'close' ? {} : { 'content-length': String(body.length) }) });
  const after = (): void => {
    if (end === 'reset') response.socket?.resetAndDestroy();
    else if (end === 'short') response.socket?.destroy();
    else if (end === 'close') response.end();
  };
  response.flushHeaders();
  response.write(body.subarray(0, cutAt), after);
}

function pass(upstream: string, { method, url, headers, body }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { host: _, connection: __, ...rest } = headers;
    const outgoing = request(`${upstream}${url}`, { method, headers: rest, agent: false }, answer => {
      const kept = Object.entries(answer.headers).filter(([name]) => !['transfer-encoding', 'connection', 'keep-alive', 'content-length'].includes(name));
      collect(answer).then(
        content => resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(kept) as Record<string, string>, body: content }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
