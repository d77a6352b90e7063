import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { beAlive } from '../../src/watch/alive.ts';

test('who hangs is not said to live', async () => {
  const said: string[] = [];
  const alive = beAlive({ say: (...states) => void said.push(...states), watchdogMs: 4 }, 40);
  const lives = (): number => said.filter(state => state === 'WATCHDOG=1').length;
  let go: (value: string) => void = () => undefined;
  const hung = new Promise<string>(done => {
    go = done;
  });
  const work = alive.told({ look: () => hung, pass: () => hung, also: async () => undefined, failed: () => undefined });
  const passing = work.pass(['start']);
  while (lives() === 0) await sleep(1);
  // Long past its time: how often it pinged by then does not change any more.
  await sleep(60);
  const before = lives();
  await sleep(30);
  expect([lives(), said.includes('READY=1')]).toEqual([before, false]);
  go('a');
  await passing;
  while (lives() === before) await sleep(1);
  expect(said).toContain('READY=1');
  alive.close();
});
