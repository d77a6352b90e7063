/** A hypervisor's view of a tap: what is written goes out of the guest's NIC as it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnLong } from '../../src/host/spawn-long.ts';
import type { TestNode } from './lab-node.ts';

export interface TapMouth {
  /** Whole Ethernet frames, tags and all; shorter ones than 60 bytes are filled up. */
  send(frames: readonly Buffer[]): Promise<void>;
  end(): Promise<void>;
}

const START_MS = 30_000;

/** Opens a tap of a node that nobody else has open; `socket` is a path that is not there yet. */
export async function openTap(node: TestNode, tap: string, socket: string): Promise<TapMouth> {
  // One datagram is one frame. A bridge of veths (`guestBehindTap`) would lose VLAN tags: a packet socket gets them aside.
  const child = spawnLong('nsenter', [...node.into(), 'socat', '-u', `UNIX-RECV:${socket}`, `TUN,tun-name=${tap},tun-type=tap,iff-no-pi`]);
  // The kernel lets a port in a moment after its carrier.
  const isForwarding = async (): Promise<boolean> => JSON.parse(await node.ok(`bridge -j link show dev ${tap}`))[0]?.state === 'forwarding';
  for (const end = Date.now() + START_MS; !(await isForwarding()); await sleep(20)) {
    if (Date.now() < end) continue;
    await child.stop();
    throw new Error(`cannot open ${tap}: ${child.stderr()}`);
  }
  return {
    send: async frames => {
      for (const frame of frames) {
        const stdin = Buffer.concat([frame, Buffer.alloc(Math.max(0, 60 - frame.length))]);
        const { exitCode, stderr } = await node.run(['socat', '-u', '-', `UNIX-SENDTO:${socket}`], { stdin });
        if (exitCode !== 0) throw new Error(`cannot send through ${tap}: ${stderr}`);
      }
    },
    end: () => child.stop(),
  };
}
