/**
 * What a plan takes away from a kernel, counted in links: the last witness of what was enforced, where definitions and ledger are lost,
 * and the only one of definitions that come from a folder.
 */
import { createHash } from 'node:crypto';
import type { Observed, Ref } from '../kinds/kind.ts';
import type { LinkFields } from '../kinds/link-fields.ts';
import type { PortSpec } from '../kinds/port.ts';
import { linkRef } from '../kinds/refs.ts';
import type { Catalog } from '../objects/object.ts';
import { tooMany } from './judge.ts';
import { USUAL } from './lived.ts';

export interface KernelVerdict {
  /** What would go. By name. */
  readonly links: readonly NetworkLink[];
  /** What `netloom approve` takes; '' for none. */
  readonly hash: string;
  /** Why somebody must agree, a phrase each; [] = nobody needs to. */
  readonly reasons: readonly string[];
  /** One clause: how much would go. */
  readonly text: string;
}

/** A link of ours in the node's own namespace: a network's vxlan, or what is plugged into the bridge of one. */
export interface NetworkLink {
  readonly name: string;
  readonly mac: string;
  readonly isNetwork: boolean;
  /** What it was made for, as its alias says; '' where it says nothing. */
  readonly definition: string;
}

/**
 * Judges what a plan would delete of ours.
 *
 * @param observed  all that was read
 * @param gone      what will not be there afterwards
 * @param isKnown   links that a ledger tells of, be it as removed: about those others have judged
 * @param after     what is to be enforced
 */
export function judgeKernel(
  observed: readonly Observed[],
  gone: ReadonlySet<Ref>,
  isKnown: (link: NetworkLink) => boolean,
  { networks: { size }, cluster: { name } }: Pick<Catalog, 'networks' | 'cluster'>,
): KernelVerdict {
  const all = linksOf(observed.filter(({ owner }) => owner === 'ours'));
  const links = all.filter(link => gone.has(linkRef('', link.name)) && !isKnown(link)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const networks = links.filter(({ isNetwork }) => isNetwork).length;
  const reasons = [...tooMany(links.length, all.length, USUAL), ...(size === 0 && networks > 0 ? ['the last Network'] : [])];
  const text = `${links.length} of ${all.length} links of networks would be deleted from this kernel (${networks} of them networks)`;
  return { links, hash: links.length === 0 ? '' : hashOf(name, links), reasons, text };
}

function linksOf(ours: readonly Observed[]): readonly NetworkLink[] {
  const of = <S>(...kinds: readonly string[]): readonly S[] => ours.flatMap(({ kind, spec }) => (kinds.includes(kind) ? [spec as S] : []));
  const vxlans = of<LinkFields>('vxlan');
  const names = new Set(vxlans.map(({ name }) => name));
  const ports = of<PortSpec>('port');
  const bridges = new Set(ports.filter(({ link }) => names.has(link)).map(({ bridge }) => bridge));
  const plugged = new Set(ports.filter(({ bridge }) => bridges.has(bridge)).map(({ link }) => link));
  const ends = of<LinkFields>('veth', 'tap').filter(({ netns, name }) => netns === '' && plugged.has(name));
  return [...vxlans.map(link => networkLink(link, true)), ...ends.map(link => networkLink(link, false))];
}

// Anybody who may set it may have said anything.
function networkLink({ name, mac, alias = '' }: LinkFields, isNetwork: boolean): NetworkLink {
  return { name, mac, isNetwork, definition: /^netloom:([A-Za-z]+ [a-z0-9./-]+)$/.exec(alias)?.[1] ?? '' };
}

function hashOf(cluster: string, links: readonly NetworkLink[]): string {
  return createHash('sha256')
    .update(['netloom kernel deletions 1', cluster, ...links.map(({ name }) => name)].join('\n'))
    .digest('hex')
    .slice(0, 16);
}
