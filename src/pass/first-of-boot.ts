/**
 * The first pass of a boot: guests wait for it. Git may be down then, or this node's way to it, so the remote has a moment to answer, and
 * then the last good revision is enforced; the next pass has patience again. A remote that does answer is heard first: what moved to
 * another node while this one was off is not claimed back for the moment.
 */
import { join } from 'node:path';
import { isOfThisBoot, noteThisBoot } from '../host/boot.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Enforced } from './enforce.ts';
import { loadGood } from './kept.ts';

/** How long the remote may take for one answer then, and its name to be found. */
export const MOMENT_MS = 2_000;
const NOTE = 'enforced';

/** True while nothing was enforced in this boot. A node that has nothing to enforce yet keeps nobody waiting. */
export async function isFirstOfBoot({ stateDir, runtimeDir }: NodeConfig): Promise<boolean> {
  return !(await isOfThisBoot(join(runtimeDir, NOTE))) && (await loadGood(stateDir)) !== null;
}

/** How long the remote is waited for in this pass. */
export async function patienceOf(config: NodeConfig): Promise<{ readonly deadlineMs?: number; readonly lookupMs?: number }> {
  return (await isFirstOfBoot(config)) ? { deadlineMs: MOMENT_MS, lookupMs: MOMENT_MS } : {};
}

/** The passes after one that enforced something are not the first. */
export async function noteFirst({ runtimeDir }: NodeConfig, enforced: Enforced | null): Promise<void> {
  // A note that cannot be written costs the next pass its patience, and nothing else.
  if (enforced !== null) await noteThisBoot(join(runtimeDir, NOTE)).catch(() => undefined);
}
