/** What `ping` printed, as programs read it. */
import { API_VERSION } from './record-head.ts';

export interface PingStatistics {
  readonly transmitted: number;
  readonly received: number;
  /** 0..100. */
  readonly lossPercent: number;
  /** Milliseconds; null when nothing answered. `mdev` is null where ping does not tell it (busybox). */
  readonly rttMs: { readonly min: number; readonly avg: number; readonly max: number; readonly mdev: number | null } | null;
}

export interface PingRecord {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: 'Ping';
  /** `namespace/name`. */
  readonly network: string;
  readonly address: string;
  /** Where it ran. */
  readonly node: string;
  /** Lines. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** null when ping ended before it told any. */
  readonly statistics: PingStatistics | null;
}

/** The statistics at the end of ping's output (iputils, busybox); null when there are none. */
export function pingStatistics(stdout: string): PingStatistics | null {
  const counts = /^(\d+) packets transmitted, (\d+) (?:packets )?received/m.exec(stdout);
  if (counts === null) return null;
  const [transmitted, received] = [Number(counts[1]), Number(counts[2])];
  const times = /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = ([\d.]+)\/([\d.]+)\/([\d.]+)(?:\/([\d.]+))? ms/m.exec(stdout);
  const [, min, avg, max, mdev] = times ?? [];
  return {
    transmitted,
    received,
    lossPercent: transmitted === 0 ? 0 : Math.round((1000 * Math.max(0, transmitted - received)) / transmitted) / 10,
    rttMs: times === null ? null : { min: Number(min), avg: Number(avg), max: Number(max), mdev: mdev === undefined ? null : Number(mdev) },
  };
}

/** The record of one run. */
export function pingRecord(about: Pick<PingRecord, 'network' | 'address' | 'node'>, stdout: string, stderr: string): PingRecord {
  return { apiVersion: API_VERSION, kind: 'Ping', ...about, stdout: linesOf(stdout), stderr: linesOf(stderr), statistics: pingStatistics(stdout) };
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
