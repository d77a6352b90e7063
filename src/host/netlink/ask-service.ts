/**
 * A question to a network's service from inside its namespace: a datagram to all hosts, by its link, that lives for no hop.
 * The kernel hands it to who holds the port there and sends it to nobody; the namespace's `lo`, which is down, is not needed.
 */
import { closeSync } from 'node:fs';
import { errnoOf, HostError } from '../errors.ts';
import type { Question } from '../reader.ts';
import type { Library } from './library.ts';
import { inNamespace } from './namespaces.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const IPPROTO_IP = 0;
const IP_MULTICAST_TTL = 33;

/** Too short to mean anything: what is alive reads it and goes on. */
const WORD = Buffer.alloc(1);

/** Asks each port once. A link that is gone or down, and a namespace that is gone, are told by others. */
export function askService(lib: Pick<Library, 'setns' | 'socket' | 'setsockopt' | 'sendTo'>, { netns, link, ports }: Question): void {
  try {
    const fd = inNamespace(lib, netns, () => lib.socket(AF_INET, SOCK_DGRAM, 0));
    try {
      lib.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, link);
      lib.setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, 0);
      for (const port of ports) lib.sendTo(fd, WORD, allHosts(port));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof HostError) && errnoOf(error) === '') throw error;
  }
}

// A sockaddr_in (ip(7)) of 224.0.0.1, which every link belongs to.
function allHosts(port: number): Buffer {
  const address = Buffer.alloc(16);
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_INET;
  address.writeUInt16BE(port, 2);
  address.set([224, 0, 0, 1], 4);
  return address;
}
