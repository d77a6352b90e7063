/** One long TCP connection to a server that sends back what it hears: it must live on, whatever else happens. */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnLong } from '../../src/host/spawn-long.ts';
import type { Spot } from './lab-tcp.ts';

export interface Talk {
  /** Bytes that came back so far, each as it was sent. */
  heard(): number;
  /** True as soon as more than this came back; false when the connection ended or half a minute is over. */
  hearsMoreThan(bytes: number): Promise<boolean>;
  /** Ends it; why it had ended before that, else ''. */
  end(): Promise<string>;
}

const PATIENCE_MS = 30_000;

/** Sends all the time, up to 64 KiB ahead of what came back. Prints how many bytes came back; its last line says why it ended. */
const CLIENT = `const [, host, port] = process.argv;
const bytes = Buffer.from(Array.from({ length: 251 * 64 }, (_, at) => at % 251));
const socket = require('node:net').connect({ host, port: Number(port) });
let [sent, heard] = [0, 0];
const end = why => { console.log(why); process.exit(); };
socket.on('error', error => end(error.message));
socket.on('close', () => end('closed'));
socket.on('data', chunk => {
  const wanted = bytes.subarray(heard % 251, heard % 251 + chunk.length);
  if (chunk.length > wanted.length ? chunk.some((byte, at) => byte !== (heard + at) % 251) : !chunk.equals(wanted)) end('other bytes came back');
  heard += chunk.length;
  console.log(heard);
});
setInterval(() => {
  if (sent - heard > 65536) return;
  socket.write(bytes.subarray(sent % 251, sent % 251 + 4096));
  sent += 4096;
}, 5);`;

/** Connects and begins to send. */
export function talk({ node, netns }: Spot, to: string, port: number): Talk {
  const child = spawnLong('nsenter', [...node.into(netns), process.execPath, '-e', CLIENT, to, String(port)]);
  let heard = 0;
  let ended = '';
  createInterface({ input: child.stdout }).on('line', line => {
    if (/^\d+$/.test(line)) heard = Number(line);
    else ended = line;
  });
  return {
    heard: () => heard,
    hearsMoreThan: async bytes => {
      for (const end = Date.now() + PATIENCE_MS; heard <= bytes && ended === '' && Date.now() < end; ) await sleep(20);
      return heard > bytes && ended === '';
    },
    end: async () => {
      const why = ended;
      await child.stop();
      return why;
    },
  };
}
