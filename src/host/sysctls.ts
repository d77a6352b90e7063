/** Values of kernel settings, as the calling thread's network namespace has them. */
import { readFileSync } from 'node:fs';
import type { Rows } from '../kinds/rows.ts';
import { errnoOf } from './errors.ts';
import { sysctlPath } from './namespace.ts';

/**
 * Those of the keys (slash form, below `net`) that exist and can be read. Synchronous: the namespace is that of this very thread.
 *
 * @param proc  folder where a /proc is
 */
export function readSettings(keys: readonly string[], proc?: string): Rows['sysctls'] {
  return Object.fromEntries(keys.flatMap(key => settingOf(key, proc)));
}

function settingOf(key: string, proc?: string): readonly (readonly [string, string])[] {
  try {
    return [[key, readFileSync(sysctlPath(key, proc), 'utf8').trimEnd()]];
  } catch (error) {
    if (ABSENT.has(errnoOf(error))) return [];
    throw error;
  }
}

// EINVAL and EIO: keys that exist and cannot be read (stable_secret before it was set).
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EINVAL', 'EIO']);
