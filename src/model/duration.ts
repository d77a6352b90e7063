/** Lengths of time as people write them: a whole number and one unit. */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `300s`, `5m`, `2h` or `30d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^([0-9]{1,6})([smhd])$/.exec(text);
  const unit = match === null ? undefined : UNIT_MS[match[2] ?? ''];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

/** A length of time in one word, as tables show an age: `45s`, `12m`, `5h`, `30d`; what is below zero is `0s`. */
export function briefSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
