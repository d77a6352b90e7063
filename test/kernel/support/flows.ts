/** Flows through the node under test: echo requests at 200 a second and a TCP connection beside them, for as long as a test runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../../src/host/exec.ts';
import { spawnLong } from '../../../src/host/spawn-long.ts';
import type { TestNode } from '../../support/lab-node.ts';
import { type Talk, talk } from '../../support/lab-talk.ts';

/** From a namespace to an address that a server of `serveIn` has. */
export interface Way {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** False: echo requests alone. */
  readonly talks?: false;
}

export interface Flow extends Way {
  /** Now, for `since`. */
  mark(): Mark;
  /** What became of it since then, known once later requests were answered; all is lost when none is in that time. */
  since(mark: Mark, withinMs: number): Promise<Fate>;
  /** Waits until it goes again, with a new connection where the old one has ended. Throws when it does not within ten seconds. */
  revive(): Promise<void>;
  /** Answers so far. */
  answered(): number;
  stop(): Promise<void>;
}

export interface Mark {
  readonly sent: number;
  readonly bytes: number;
}

export interface Fate {
  readonly lost: number;
  /** Whether the connection goes on. */
  readonly talks: boolean;
}

const PORT = 7007;
/** ping(8) spins on a whole processor between requests that are less than 10 ms apart. */
const EVERY_MS = 12;
/** Nearly what an mtu of 1500 takes; alone in its frame, where TCP's would be made of several. */
const PAYLOAD = 1372;
/** So many answers more tell that those before them are lost. */
const LATER = 8;

const SERVER = `require('node:net').createServer(socket => socket.on('error', () => undefined).pipe(socket)).listen(Number(process.argv[1]), () => console.log('listening'))`;

const inside = (netns: string): readonly string[] => ['netns', 'exec', netns];

/** Sends back what it hears over TCP, in a namespace; resolves when it listens. */
export async function serveIn(netns: string): Promise<() => Promise<void>> {
  const child = spawnLong('ip', [...inside(netns), process.execPath, '-e', SERVER, String(PORT)]);
  let heard = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    heard += Buffer.from(chunk).toString();
  });
  await until(
    () => heard.includes('listening'),
    20_000,
    () => `nothing listens in ${netns}: ${child.stderr()}`,
  );
  return () => child.stop();
}

// What lab-talk asks of a node: a way into a namespace of it.
const HERE = { into: (netns?: string) => [findProgram('ip'), ...inside(netns ?? '')] } as unknown as TestNode;

const SILENT: Talk = { heard: () => performance.now(), hearsMoreThan: async () => true, end: async () => '' };

/** Starts both, and resolves when both go. */
export async function startFlow(way: Way): Promise<Flow> {
  const { name, from, to } = way;
  const echo = echoes(from, to);
  const connect = (): Talk => (way.talks === false ? SILENT : talk({ node: HERE, netns: from }, to, PORT));
  let tcp = connect();
  const talks = async (bytes: number, withinMs: number): Promise<boolean> => {
    for (const end = performance.now() + withinMs; tcp.heard() <= bytes; await sleep(5)) if (performance.now() > end) return false;
    return true;
  };
  const revive = async (): Promise<void> => {
    for (const end = performance.now() + 10_000; ; ) {
      if ((await echo.goesOn(LATER, 1000)) && (await talks(tcp.heard(), 500))) return;
      if (performance.now() > end) throw new Error(`${name} does not come back: ${echo.last()} answered last, TCP at ${tcp.heard()} bytes${echo.said()}`);
      if (await echo.goesOn(LATER, 2 * LATER * EVERY_MS)) {
        await tcp.end();
        tcp = connect();
        await talks(0, 2000);
      }
    }
  };
  await revive();
  return {
    ...way,
    mark: () => ({ sent: echo.last(), bytes: tcp.heard() }),
    since: async (mark, withinMs) => {
      const isAnswered = await echo.goesOn(LATER, withinMs);
      const lost = isAnswered ? echo.missing(mark.sent) : Number.POSITIVE_INFINITY;
      return { lost, talks: isAnswered && (await talks(tcp.heard(), withinMs)) };
    },
    revive,
    answered: echo.count,
    stop: async () => {
      await echo.stop();
      await tcp.end();
    },
  };
}

function echoes(from: string, to: string) {
  const child = spawnLong('ip', [...inside(from), 'ping', '-n', '-M', 'do', '-s', String(PAYLOAD), '-i', String(EVERY_MS / 1000), '-W', '1', to]);
  const seen = new Set<number>();
  let [last, rest] = [0, ''];
  child.stdout.on('data', (chunk: Uint8Array) => {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const number = Number(/icmp_seq=(\d+) ttl=/.exec(line)?.[1] ?? 0);
      if (number === 0) continue;
      seen.add(number);
      last = Math.max(last, number);
    }
  });
  return {
    last: () => last,
    count: () => seen.size,
    said: () => ` ${rest}${child.stderr()}`,
    /** True once `more` further requests are answered. */
    goesOn: async (more: number, withinMs: number): Promise<boolean> => {
      const goal = seen.size + more;
      for (const end = performance.now() + withinMs; seen.size < goal; await sleep(4)) if (performance.now() > end) return false;
      return true;
    },
    missing: (after: number): number => {
      let count = 0;
      // Answers may overtake each other: the newest few are not judged yet.
      for (let number = after + 1; number < last - LATER / 2; number++) if (!seen.has(number)) count++;
      return count;
    },
    stop: () => child.stop(),
  };
}

async function until(met: () => boolean, withinMs: number, why: () => string): Promise<void> {
  for (const end = performance.now() + withinMs; !met(); await sleep(10)) if (performance.now() > end) throw new Error(why());
}
