/** The manager's end of sd_notify(3): a unix datagram socket, which Node has not. */
import { closeSync, rmSync } from 'node:fs';
import koffi from 'koffi';
import { usualLibrary } from '../../../src/host/netlink/library.ts';

const [AF_UNIX, SOCK_DGRAM] = [1, 2];

export interface Datagrams {
  /** All that came so far, one entry for each. */
  received(): readonly string[];
  close(): void;
}

export async function listenAt(path: string): Promise<Datagrams> {
  const lib = await usualLibrary();
  if (lib === null) throw new Error('this test needs koffi');
  const fd = lib.socket(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), Buffer.from(`${path}\0`)]);
  const bind = koffi.load(null).func('int bind(int, const void *, uint32_t)');
  if (bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);
  const all: string[] = [];
  const into = Buffer.alloc(4096);
  return {
    received: () => {
      try {
        for (;;) all.push(into.subarray(0, lib.receive(fd, into)).toString());
      } catch {
        // Nothing more for now.
      }
      return all;
    },
    close: () => {
      closeSync(fd);
      rmSync(path, { force: true });
    },
  };
}
