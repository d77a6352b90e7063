/** Ends a lab, also one that was only half made or half removed: nothing of it stays, and asking twice is fine. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../host/errors.ts';
import { killAll, processesOf } from './holder.ts';
import { removeFolder } from './lab.ts';

const ROUNDS = 20;
const SETTLE_MS = 50;

/** Kills every process of the lab in this folder, with which its namespaces, links and mounts go, and removes the folder. Throws HostError. */
export async function labDown(dir: string): Promise<{ readonly killed: number }> {
  let killed = 0;
  // What is killed may have started something in the same moment.
  for (let round = 0; round < ROUNDS; round += 1) {
    const victims = processesOf(dir);
    if (victims.length === 0) {
      await removeFolder(dir);
      // A child of a git that was killed may write on for a moment, and make its folders anew.
      await sleep(SETTLE_MS);
      if (!existsSync(dir)) return { killed };
    }
    killed += victims.length;
    await killAll(victims);
  }
  throw new HostError('busy', `the lab in ${dir} starts processes faster than they can be ended: stop what does it and try again`);
}
