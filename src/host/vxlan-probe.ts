/**
 * Whether datagrams to the VXLAN port of another node get there. A node's own filter table answers a probe with an ICMP error once
 * everything before it let the probe pass; VXLAN itself never answers anything.
 */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { OURS } from '../kinds/marks.ts';
import type { VxlanWord } from '../model/vxlan-word.ts';
import { errnoOf } from './errors.ts';

const PROBE = Buffer.alloc(64);
PROBE.writeUInt32BE(OURS.probe);
PROBE.write('e of netloom doctor', 4);
/** As little VXLAN as the probe, and known to nobody: what rejects this too is no answer of ours. */
const CONTROL = Buffer.alloc(64);
/** The kernel answers one such datagram a second for each asker, and a few more at once (icmp_ratelimit). */
const AGAIN_MS = 400;
const CONTROL_MS = 600;

/** One direction: from this node's underlay address to another's. */
export async function probeVxlan(from: string, to: string, port: number, mostMs: number): Promise<VxlanWord> {
  const probed = await ask({ from, to, port }, PROBE, mostMs);
  if (probed.answer !== 'refused') return probed;
  const control = await ask({ from, to, port }, CONTROL, CONTROL_MS);
  return control.answer === 'refused' ? control : { answer: 'open', why: '' };
}

interface Way {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

// A socket that is connected hears the ICMP errors of what it sent.
function ask({ from, to, port }: Way, datagram: Buffer, mostMs: number): Promise<VxlanWord> {
  return new Promise(done => {
    const socket = createSocket(isIPv6(to) ? 'udp6' : 'udp4');
    let isConnected = false;
    const end = (answer: VxlanWord): void => {
      clearInterval(again);
      clearTimeout(late);
      socket.removeAllListeners('error').on('error', () => undefined);
      try {
        socket.close();
      } catch {
        // Closed by what went wrong.
      }
      done(answer);
    };
    const fail = (error: Error): void => {
      const code = errnoOf(error);
      if (isConnected && code in ANSWERS) end({ answer: ANSWERS[code as keyof typeof ANSWERS], why: '' });
      else end({ answer: 'unsent', why: code === 'EPERM' ? "this node's own filters drop it" : code || error.message });
    };
    const send = (): void => socket.send(datagram, error => void (error && fail(error)));
    const again = setInterval(() => isConnected && send(), AGAIN_MS);
    const late = setTimeout(() => end({ answer: 'silent', why: '' }), mostMs);
    socket.on('error', fail);
    socket.bind({ address: from, exclusive: true }, () => {
      try {
        socket.connect(port, to, (error?: Error) => {
          if (error) return fail(error);
          isConnected = true;
          send();
        });
      } catch (error) {
        fail(error as Error);
      }
    });
  });
}

/** By what the kernel makes of ICMP errors: IPv4 says EHOSTUNREACH where IPv6 says EACCES. */
const ANSWERS = { EHOSTUNREACH: 'refused', EACCES: 'refused', ECONNREFUSED: 'closed' } as const;
