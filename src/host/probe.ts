/** Asks whether somebody can be reached from the node's own namespace: by an echo, by ARP, by a connection. */
import { connect } from 'node:net';
import { arraysOf } from './corrections.ts';
import { HostError } from './errors.ts';
import { run } from './exec.ts';

const ANSWER_S = 1;

/** null when it answers an echo, else why not, as the end of a sentence. */
export async function pingOnce(address: string): Promise<string | null> {
  return (await echoOnce(address)).why;
}

/**
 * null when a neighbour answers an echo or, once it was sent one, ARP; else why not. What was
 * heard by ARP longer ago than `sinceMs` says, in milliseconds, does not count.
 */
export async function neighbourAnswers(address: string, link: string, sinceMs: () => number): Promise<string | null> {
  const { why, isSent } = await echoOnce(address);
  // Where no echo can be sent nothing makes the kernel ask by ARP, and what it knows is of another time.
  return why === null || !isSent ? why : heardOf(address, link, sinceMs());
}

// ping(8) ends with 1 when there was no answer, and with 2 when there was no question.
async function echoOnce(address: string): Promise<{ readonly why: string | null; readonly isSent: boolean }> {
  try {
    const { exitCode, stderr } = await run('ping', ['-n', '-q', '-c', '1', '-W', String(ANSWER_S), address], { timeoutMs: 5_000 });
    const why = exitCode === 0 ? null : (stderr.trim().split('\n')[0] ?? '') || 'does not answer';
    return { why, isSent: exitCode === 0 || exitCode === 1 };
  } catch (error) {
    if (error instanceof HostError) return { why: error.message, isSent: false };
    throw error;
  }
}

export interface Echo {
  /** Round trip; null when there was none. */
  readonly ms: number | null;
  readonly why: string;
}

/**
 * One echo in a single packet that nobody may cut: its round trip in milliseconds, or why there was none.
 *
 * @param bytes  of payload; the packet has 28 more (IPv4), or 48
 */
export async function echo(address: string, bytes: number): Promise<Echo> {
  try {
    const { exitCode, stdout, stderr } = await run('ping', ['-n', '-M', 'do', '-s', String(bytes), '-c', '1', '-W', String(ANSWER_S), address], {
      timeoutMs: 5_000,
    });
    const time = /time[=<]([\d.]+) ms/.exec(stdout)?.[1];
    if (exitCode === 0 && time !== undefined) return { ms: Number(time), why: '' };
    return { ms: null, why: stderr.trim().split('\n')[0] || 'no answer within a second' };
  } catch (error) {
    if (error instanceof HostError) return { ms: null, why: error.message };
    throw error;
  }
}

// For a neighbour that answers no echo: null when the kernel has heard of it since, that many milliseconds ago.
async function heardOf(address: string, link: string, sinceMs: number): Promise<string | null> {
  const { stdout } = await run('ip', ['-s', '-j', 'neigh', 'show', 'to', address, 'dev', link]);
  const [row] = arraysOf(stdout).flat() as readonly { readonly state?: readonly string[]; readonly confirmed?: number }[];
  const isKnown = row?.state?.includes('REACHABLE') === true && (row.confirmed ?? Number.POSITIVE_INFINITY) * 1000 <= sinceMs;
  return isKnown ? null : 'does not answer, nor is it heard of by ARP';
}

/** null when a connection comes about, else why not. */
export function connectOnce(host: string, port: number): Promise<string | null> {
  return new Promise(done => {
    const socket = connect({ host, port, timeout: ANSWER_S * 2000 });
    const end = (why: string | null): void => {
      socket.destroy();
      done(why);
    };
    socket.once('connect', () => end(null));
    socket.once('timeout', () => end('does not answer'));
    socket.once('error', error => end((error as NodeJS.ErrnoException).code ?? error.message));
  });
}
