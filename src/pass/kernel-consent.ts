/**
 * Whether a plan may delete what it deletes where no earlier definitions say what lived: the kernel itself is asked. So it is for a
 * node that lost its own state and finds nothing on the status branch, and always for a folder of definitions.
 */
import { judgeKernel, type KernelVerdict, type NetworkLink } from '../consent/kernel.ts';
import type { Ref } from '../kinds/kind.ts';
import type { Ledger } from '../model/ledger.ts';
import { nearMac, vethNames, vxlanName } from '../model/names.ts';
import type { Catalog } from '../objects/object.ts';
import type { Plan } from '../plan/plan.ts';
import { type Asked, loadApproval, saveApproval, saveAsked } from './control.ts';
import type { Prepared } from './enforce.ts';
import { lastEnforced } from './last-enforced.ts';

export interface KernelConsentArgs {
  readonly config: { readonly stateDir: string };
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** Commit; '' for a folder of definitions. */
  readonly revision: string;
  /** A hash that a person named with the command; `all`: whatever it is. */
  readonly approve?: string | undefined;
}

/** Why the plan is not carried out; null when it may be. Keeps what is asked for, and that an approval was used. Throws HostError. */
export async function heldByKernel({ plan, observed }: Pick<Prepared, 'plan' | 'observed'>, args: KernelConsentArgs): Promise<Asked | null> {
  const { catalog, revision } = args;
  const gone = goneIn(plan);
  if (gone.size === 0) return null;
  const verdict = judgeKernel(observed, gone, revision === '' ? () => false : knownTo(args.ledger), catalog);
  if (verdict.reasons.length === 0) return null;
  // Then its definitions were compared with the new ones.
  if (revision !== '' && (await lastEnforced(args.config.stateDir)).good !== null) return null;
  if (await isApproved(verdict.hash, args)) return null;
  const asked = { hash: verdict.hash, revision, why: whyText(verdict, revision), deletions: verdict.links.map(deletionText) };
  if (revision !== '') await saveAsked(args.config.stateDir, asked);
  return asked;
}

async function isApproved(hash: string, { config: { stateDir }, revision, approve }: KernelConsentArgs): Promise<boolean> {
  if (approve === hash || approve === 'all') return true;
  const approval = revision === '' ? null : await loadApproval(stateDir, hash);
  if (approval === null) return false;
  await saveApproval(stateDir, { ...approval, usedFrom: '' });
  await saveAsked(stateDir, null);
  return true;
}

function deletionText({ name, definition }: NetworkLink): string {
  return `${definition === '' ? 'a link' : definition} is deleted (${name})`;
}

function whyText({ text, reasons }: KernelVerdict, revision: string): string {
  const whose = revision === '' ? 'a folder of definitions does not say what lived before' : 'neither this node nor the status branch knows what they were';
  return `${text}, and ${whose}: ${reasons.join(', ')}`;
}

function goneIn({ steps, swept }: Plan): ReadonlySet<Ref> {
  const made = new Set(steps.filter(({ verb }) => verb === 'make').map(({ ref }) => ref));
  const gone = [...steps.filter(({ verb }) => verb === 'delete'), ...swept].map(({ ref }) => ref);
  return new Set(gone.filter(ref => !made.has(ref)));
}

// What was removed is remembered there too.
function knownTo({ networks }: Ledger): (link: NetworkLink) => boolean {
  const all = Object.values(networks);
  const names = new Set(all.flatMap(({ vxid }) => [vxlanName(vxid), vethNames(vxid).outer]));
  const macs = new Set(all.flatMap(({ interfaces }) => Object.values(interfaces).map(({ mac }) => nearMac(mac))));
  return ({ name, mac }) => names.has(name) || macs.has(mac);
}
