/**
 * What a writer that was killed may have left running: its git dies with it, unless it had only just begun, and what git itself
 * began (ssh, index-pack) ends some time later. All of them write to names that the next clone has too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { killNow, markedProcesses } from '../host/marked.ts';
import { RepoError } from './repo.ts';

const STEP_MS = 5;
const MOST_MS = 10_000;

/** Kills all processes with `mark` (`NAME=value`) in their environment, and waits until they are gone. Throws RepoError `timeout`. */
export async function endOrphans(mark: string, url: string): Promise<void> {
  const until = Date.now() + MOST_MS;
  for (let left = markedProcesses(mark); left.length > 0; left = markedProcesses(mark)) {
    if (Date.now() > until) throw new RepoError('timeout', `process ${left[0]}, which an earlier run left, does not end`, url);
    for (const pid of left) killNow(pid);
    await sleep(STEP_MS);
  }
}
