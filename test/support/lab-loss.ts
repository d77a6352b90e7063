/** What a change costs: an echo request every so often, and which of them stayed without an answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnLong } from '../../src/host/spawn-long.ts';
import type { Place } from './lab-node-probe.ts';

export interface Loss {
  /** Requests that were sent before the last one that was answered, and are not answered. */
  readonly lost: number;
  readonly answered: number;
  /** The longest time without an answer, in milliseconds. */
  readonly longestMs: number;
}

export interface Meter {
  /** Answers so far. */
  answered(): number;
  /** Ends it, after waiting for another `more` answers (10 by default) for at most five seconds; throws when they do not come. */
  stop(more?: number): Promise<Loss>;
}

/** Starts to ping every `everyMs`; resolves with the first answer. Throws when there is none within ten seconds. */
export async function measureLoss(from: Place, to: string, everyMs = 50): Promise<Meter> {
  const argv = ['ping', '-n', '-i', String(everyMs / 1000), '-W', '1', to];
  const child = spawnLong('nsenter', [...from.node.into(from.netns), ...argv]);
  let heard = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    heard += Buffer.from(chunk).toString();
  });
  const seen = (): number[] => [...heard.matchAll(/icmp_seq=(\d+) ttl=/g)].map(found => Number(found[1]));
  const atLeast = async (count: number, withinMs: number): Promise<boolean> => {
    for (const end = Date.now() + withinMs; seen().length < count; await sleep(20)) if (Date.now() > end) return false;
    return true;
  };
  if (!(await atLeast(1, 10_000))) {
    await child.stop();
    throw new Error(`${to} does not answer: ${heard}${child.stderr()}`);
  }
  return {
    answered: () => seen().length,
    stop: async (more = 10) => {
      const goesOn = await atLeast(seen().length + more, 5000);
      await child.stop();
      const sequence = [...new Set(seen())].sort((a, b) => a - b);
      if (!goesOn) throw new Error(`${to} does not answer ${from.netns ?? from.node.name} any more, after ${sequence.length} answers`);
      const gaps = sequence.map((number, index) => number - (sequence[index - 1] ?? 0));
      const last = sequence.at(-1) ?? 0;
      return { lost: last - sequence.length, answered: sequence.length, longestMs: Math.max(...gaps) * everyMs - everyMs };
    },
  };
}
