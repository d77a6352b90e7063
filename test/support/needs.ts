/** What a machine may lack: there its tests are skipped and named as such, in CI they fail. */
import { describe, test } from 'vitest';

/** What becomes of tests that need what is missing (in a few words, '' for nothing), by what the variable CI says. */
export function fateOf(missing: string, ci: string | undefined): 'run' | 'skip' | 'fail' {
  if (missing === '') return 'run';
  return ci === 'true' ? 'fail' : 'skip';
}

/** Registers tests that need something of the machine; `missing` says what it lacks. */
export function describeWhere(missing: string, title: string, tests: () => void): void {
  const fate = fateOf(missing, process.env['CI']);
  if (fate === 'run') describe(title, tests);
  else if (fate === 'skip') describe.skip(`${title}, without ${missing}`, tests);
  else {
    test(title, () => {
      throw new Error(`this machine has no ${missing}, and with CI=true a test that cannot run fails`);
    });
  }
}
