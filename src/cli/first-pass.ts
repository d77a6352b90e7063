/** Passes that `join` does itself: one that waits for another to end, and the wait for a merge before it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../host/errors.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { loadCached } from '../pass/parsed-cache.ts';
import { type Remote, readTips } from '../pass/remote.ts';
import { readFiles } from '../pass/revision.ts';
import { type PassResult, reconcile } from '../reconcile.ts';
import { RepoError } from '../repo/repo.ts';
import type { ExitCode } from './exit.ts';
import { outcomeText } from './outcome-text.ts';
import { endOf } from './reconcile-command.ts';

const LONGEST_PASS_MS = 120_000;
const LOOK_MS = 200;
const POLL_MS = 2_000;

/** A pass, once nobody else is at one. Throws HostError. */
export async function onePass(
  config: NodeConfig,
  stop: AbortSignal,
): Promise<{ readonly result: PassResult; readonly exitCode: ExitCode; readonly text: string }> {
  const until = performance.now() + LONGEST_PASS_MS;
  for (;;) {
    try {
      const result = await reconcile(config, { command: 'netloom join', isUrgent: true });
      return { result, exitCode: endOf(config, result), text: textOf(result) };
    } catch (error) {
      const isLocked = error instanceof HostError && error.code === 'locked';
      if (!isLocked || performance.now() > until || stop.aborted) throw error;
      await sleep(LOOK_MS);
    }
  }
}

function textOf({ pulled, suspended, settled, enforced, published }: PassResult): string {
  const said = [
    pulled.refusal?.message,
    suspended === null ? undefined : 'this node is suspended',
    settled?.problem,
    enforced === null ? undefined : outcomeText(enforced),
  ];
  const told = published?.result === 'failed' ? `the status could not be published: ${published.message}` : undefined;
  return [...said, told].filter(text => typeof text === 'string').join('\n') || 'nothing was there to enforce';
}

/** True as soon as the branch defines the node; false when it does not by then. */
export async function untilMerged(remote: Remote, node: string, waitMs: number, stop: AbortSignal): Promise<boolean> {
  const until = performance.now() + waitMs;
  for (;;) {
    if (await isDefined(remote, node)) return true;
    if (performance.now() >= until || stop.aborted) return false;
    await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function isDefined(remote: Remote, node: string): Promise<boolean> {
  try {
    const { main } = await readTips(remote);
    if (main === null) return false;
    await remote.definitions.sync(remote.branch, main);
    const { files, entries } = await readFiles(remote.definitions, main, remote.path);
    return (await loadCached(null, files, entries)).catalog?.nodes.has(node) === true;
  } catch (error) {
    if (error instanceof RepoError) return false;
    throw error;
  }
}
