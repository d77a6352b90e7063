/** `netloom watch` holds no more after many passes than after some: the short form of test/bench/watch-memory.mjs, which does ten thousand. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';

/** Less than a thousandth of what any pass allocates, for each pass. */
const MOST_KB = 3_000;

test('a hundred passes more, with and without changes, leave no memory, descriptor or handle behind', async () => {
  const env = { NETLOOM_LOG_LEVEL: 'error' };
  const { stdout } = await run(process.execPath, [join(ROOT, 'test', 'bench', 'watch-memory.mjs'), '200', '1'], { okCodes: [0], timeoutMs: 170_000, env });
  const [some, many] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect([some.passes, many.passes]).toEqual([100, 200]);
  expect(many.heapKb - some.heapKb).toBeLessThan(MOST_KB);
  expect(many.externalKb - some.externalKb).toBeLessThan(MOST_KB);
  // A connection or a child may just be on its way out.
  expect(many.descriptors - some.descriptors).toBeLessThan(10);
  expect(many.resources - some.resources).toBeLessThan(10);
});
