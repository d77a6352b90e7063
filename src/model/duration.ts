/** Lengths of time as people write them: a whole number and one unit. */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `300s`, `5m`, `2h` or `30d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^([0-9]{1,6})([smhd])$/.exec(text);
  const unit = match === null ? undefined : UNIT_MS[match[2] ?? ''];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}
