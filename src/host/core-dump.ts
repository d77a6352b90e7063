/** What a core of this process may hold: secrets are in its memory. */
import { writeFileSync } from 'node:fs';

/**
 * Leaves all memory out of cores of this process and of those that it starts, also where a program collects them whatever
 * `ulimit -c` says (core(5)). A kernel without it makes none.
 */
export function keepOutOfCores(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // Built without ELF cores, or no /proc: nothing to keep out of.
  }
}
