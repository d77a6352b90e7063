/** Gives back what was taken over by a change that is taken back: it is somebody else's again before anything of ours is deleted. */
import { apply } from '../host/apply.ts';
import { HostError } from '../host/errors.ts';
import { type OwnReading, readOwn } from '../host/read.ts';
import { isOurGroup } from '../kinds/marks.ts';
import type { LinkSet } from '../kinds/op.ts';
import type { Outcome, Step } from '../kinds/step.ts';
import { loadTakenOver, type TakenLink, type TakenOver } from './taken-over.ts';

export interface GivenBack {
  /** Names as they are now. */
  readonly links: readonly string[];
  /** What could not be made as it was. */
  readonly failed: readonly Outcome[];
}

/**
 * Needs the node's lock. May be cut anywhere and begun again. What is gone or somebody else's by now is left alone. Throws HostError
 * while anything of it would still pass for ours: then nothing may be deleted.
 */
export async function giveBack(stateDir: string): Promise<GivenBack> {
  const taken = await loadTakenOver(stateDir);
  const ours = taken.links.length === 0 ? [] : stillOurs(taken, (await readOwn()).links);
  if (ours.length === 0) return { links: [], failed: [] };
  const undone = await apply(stepsBack(taken, ours), { singleLines: true });
  let { links } = await readOwn();
  // An old name may be refused (the kernel is too old for it, another has it by now): whose it is counts more.
  await apply(stillOurs(taken, links).map(({ now, back: { name: _, ...set } }) => markStep(now, set)));
  ({ links } = await readOwn());
  const left = stillOurs(taken, links).map(({ now }) => now);
  if (left.length > 0) throw new HostError('other', `${left.join(', ')} could not be given back to whoever made it, so nothing is deleted`);
  const numbers = new Set(ours.map(({ ifindex }) => ifindex));
  return {
    links: links.flatMap(({ ifindex, ifname }) => (numbers.has(ifindex) ? [ifname] : [])),
    failed: undone.filter(({ status }) => status === 'failed' || status === 'unknown'),
  };
}

interface Still extends TakenLink {
  readonly now: string;
}

/** The links that were taken over and carry our mark, under the names that they have. */
export function stillOurs({ links: taken }: Pick<TakenOver, 'links'>, links: OwnReading['links']): readonly Still[] {
  return taken.flatMap(one => {
    const link = links.find(({ ifindex }) => ifindex === one.ifindex);
    return link === undefined || !isOurGroup(link.group) ? [] : [{ ...one, now: link.ifname }];
  });
}

/** The last that was done is undone first; marks and names go at the very end, one act each. */
export function stepsBack({ steps }: Pick<TakenOver, 'steps'>, ours: readonly Still[]): readonly Step[] {
  if (ours.length === 0) return [];
  const there = new Set(ours.flatMap(({ ref, now }) => (ref === `link:/${now}` ? [ref] : [])));
  const undone = steps.filter(({ on }) => on.every(ref => there.has(ref))).map(({ title, ref, ops }): Step => ({ ...STEP, title, ref, ops }));
  return [...undone.reverse(), ...[...ours].reverse().map(({ now, back }) => markStep(now, back))];
}

function markStep(name: string, set: LinkSet): Step {
  return { ...STEP, ref: `link:/${name}`, ops: [{ op: 'link-set', netns: '', name, set }] };
}

const STEP = { verb: 'update', kind: 'link', title: 'link', from: [], changes: [], replacing: false, impact: 'no-traffic', needs: [] } as const;
