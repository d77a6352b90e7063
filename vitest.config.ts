/**
 * Two projects. `unit`: pure, no root, seconds; its files share the modules of their worker (loading them anew for each file took
 * half of the time), so a test puts back what it changes of the process. `kernel`: needs root and a private lab around the whole
 * of vitest (`.ci/test.mjs` makes it), since a worker cannot leave its namespaces; its files run one after another in processes
 * of their own.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/kernel/**', 'test/lab/**', 'test/booted/**', 'test/package/**', 'test/repo-slow/**'],
          isolate: false,
          setupFiles: ['test/support/one-seed.ts'],
          maxWorkers: '100%',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'kernel',
          include: [
            'test/kernel/**/*.test.ts',
            'test/lab/**/*.test.ts',
            'test/booted/**/*.test.ts',
            'test/package/**/*.test.ts',
            'test/repo-slow/**/*.test.ts',
          ],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
