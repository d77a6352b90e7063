/** Marks in an environment may be anybody's: a watcher, or the owner of a lab's node, is one only from the user who makes them. */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { spawnLong } from '../../src/host/spawn-long.ts';
import { isWatched } from '../../src/host/watcher.ts';
import { holdersOf } from '../../src/lab/holder.ts';

const [ID, LAB, FOLDER] = ['0badcafe', '/run/netloom-lab/imitated', '/run/netloom-imitated'];

test.each([
  ['0', true],
  ['12345', false],
])('marks of a process of user %s count: %s', async (uid, counts) => {
  const marks = [`NETLOOM_UNDO=${ID}`, `NETLOOM_LAB=${LAB}`, 'NETLOOM_LAB_ROLE=node/n1'];
  const child = spawnLong('setpriv', [`--reuid=${uid}`, '--clear-groups', 'env', ...marks, 'sleep', 'infinity']);
  onTestFinished(() => child.stop());
  await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n');
  expect([...holdersOf(LAB)]).toEqual(counts ? [['node/n1', child.pid]] : []);
  expect(await isWatched(ID, FOLDER)).toBe(counts);
});
