/**
 * Settings of many namespaces, by a /proc that is mounted nowhere. The kernel keeps each setting that was ever looked at, of all
 * namespaces under one name in one list, and walks it at each look: with 1,000 namespaces a value takes 50 to 100 us, in a /proc
 * that has shown few of them 5 us (measured, Linux 6.8).
 */
import { closeSync } from 'node:fs';
import type { Rows } from '../../kinds/rows.ts';
import { readSettings } from '../sysctls.ts';
import type { Library } from './library.ts';

/** How many readings one /proc is used for. */
const READINGS = 50;

/** Reads settings (slash form, below `net`) of the calling thread's namespace. Where there can be no other /proc, it is the usual one. */
export function settingsReader(lib: Pick<Library, 'mountProc'>): (keys: readonly string[]) => Rows['sysctls'] {
  let [proc, left] = [-1, 0];
  return keys => {
    if (left === 0) {
      if (proc >= 0) closeSync(proc);
      [proc, left] = [lib.mountProc(), READINGS];
    }
    left -= 1;
    return readSettings(keys, proc < 0 ? undefined : `/proc/self/fd/${proc}`);
  };
}
