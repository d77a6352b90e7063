/**
 * Whether another machine speaks under this node's name: a disk that was cloned, a name that was given twice. Each report names the
 * boot that made it, and a node keeps by which it spoke last.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { bootId } from '../host/boot.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import type { Problem } from '../report/condition.ts';
import type { NodeReport } from '../report/node-report.ts';

const FILE = 'spoken';

/** Tells boots of machines apart, and nothing of the machine. */
export function bootMark(): string {
  return createHash('sha256').update(`netloom boot\n${bootId()}`).digest('hex').slice(0, 12);
}

/**
 * Why this node is not alone; null when it is, as far as its newest report tells. A node without memory (new, or its state is lost)
 * takes that report for its own.
 *
 * @param before  what stands on the status branch under this node's name
 */
export async function otherVoice(stateDir: string, before: Pick<NodeReport, 'node' | 'boot'> | null): Promise<Problem | null> {
  const last = await readTextIfThere(join(stateDir, FILE));
  if (before?.boot === undefined || last === null || [last, bootMark()].includes(before.boot)) return null;
  const message = `another machine publishes as Node ${before.node}: give each machine a name of its own (node in its configuration), and stop netloom on the one that is a copy`;
  return { reason: 'NameTaken', message };
}

/** Who made the report that stands under this node's name, as far as this machine remembers. */
export async function whoseVoice(stateDir: string, before: Pick<NodeReport, 'node' | 'boot'>): Promise<'ours' | 'another' | 'unknown'> {
  if (before.boot === bootMark()) return 'ours';
  if ((await readTextIfThere(join(stateDir, FILE))) === null) return 'unknown';
  return (await otherVoice(stateDir, before)) === null ? 'ours' : 'another';
}

/** This boot has published. Throws HostError. */
export async function noteSpoken(stateDir: string): Promise<void> {
  const path = join(stateDir, FILE);
  if ((await readTextIfThere(path)) !== bootMark()) await writeAtomic(path, bootMark());
}
