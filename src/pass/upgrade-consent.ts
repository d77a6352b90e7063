/**
 * The first pass of another version of netloom: what it would change waits for a word, unless it only adds. Which version enforced last
 * is kept beside what was enforced; where it is not known (a new node, a lost state), nobody is asked.
 */
import { join } from 'node:path';
import { judgeUpgrade, type UpgradePlan } from '../consent/upgrade.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { type Asked, dropUsedApprovals, loadApproval, loadUpgrade, saveApproval, saveAsked, saveUpgrade } from './control.ts';
import { version } from './program.ts';

export interface UpgradeArgs {
  readonly config: { readonly stateDir: string };
  /** Commit; '' for a folder of definitions, of which no version is kept. */
  readonly revision: string;
  /** A hash that a person named with the command. */
  readonly approve?: string | undefined;
  /** True: a person named this very plan. */
  readonly isExact?: boolean;
}

/** What waits for a word; null where the plan may be carried out. Keeps nothing. */
export async function askedByUpgrade(plan: UpgradePlan, { config: { stateDir }, revision }: Pick<UpgradeArgs, 'config' | 'revision'>): Promise<Asked | null> {
  const from = await enforcedBy(stateDir);
  const verdict = judgeUpgrade(plan, from, version());
  // What was begun by a word is finished by it, whatever is left of it.
  if (verdict === null || (await loadUpgrade(stateDir))?.to === version()) return null;
  const { hash, text, lines } = verdict;
  return { about: 'upgrade', hash, revision, why: text, deletions: lines };
}

/** The same for a pass: keeps what waits, and that a word was used. Throws HostError. */
export async function heldByUpgrade(plan: UpgradePlan, args: UpgradeArgs): Promise<Asked | null> {
  const { stateDir } = args.config;
  if (args.revision === '' || args.isExact === true) return null;
  const asked = await askedByUpgrade(plan, args);
  const approval = asked === null ? null : await loadApproval(stateDir, asked.hash);
  const isApproved = asked !== null && (approval !== null || args.approve === asked.hash || args.approve === 'all');
  await saveAsked(stateDir, isApproved ? null : asked, 'upgrade');
  if (isApproved) await saveUpgrade(stateDir, { to: version() });
  if (isApproved && approval !== null) await saveApproval(stateDir, { ...approval, usedFrom: '' });
  return isApproved ? null : asked;
}

/** This version has brought the kernel to what is enforced. Writes only what is new. Throws HostError. */
export async function noteEnforcedBy(stateDir: string): Promise<void> {
  if ((await enforcedBy(stateDir)) === version()) return;
  await writeAtomic(fileOf(stateDir), `${version()}\n`);
  await saveUpgrade(stateDir, null);
  await dropUsedApprovals(stateDir);
}

async function enforcedBy(stateDir: string): Promise<string | null> {
  return (await readTextIfThere(fileOf(stateDir)))?.trim() || null;
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'version');
}
