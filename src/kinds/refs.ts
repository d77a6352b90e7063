/** How kinds name each other: the refs that ties and parsers need, built in one place. */
import type { Observed, Ref, Tie } from './kind.ts';

/** A link of any type: the kernel has one name space for all of them. */
export function linkRef(netns: string, name: string): Ref {
  return `link:${netns}/${name}`;
}

/** What a link is in its bridge. */
export function portRef(netns: string, link: string): Ref {
  return `port:${netns}/${link}`;
}

/** A network namespace below /run/netns. */
export function netnsRef(name: string): Ref {
  return `netns:${name}`;
}

/** A whole nft table. */
export function tableRef(netns: string, family: string, name: string): Ref {
  return `nft:${netns}/${family}/${name}`;
}

/** A key below /proc/sys, in its slash form. */
export function sysctlRef(netns: string, key: string): Ref {
  return `sysctl:${netns}/${key}`;
}

/** What was announced on a link. */
export function announceRef(netns: string, link: string): Ref {
  return `announce:${netns}/${link}`;
}

/** All addresses of a link that are of the family of `ip`: routes through a gateway need one of them. */
export function addressesRef(netns: string, link: string, ip: string): Ref {
  return `addresses:${netns}/${link}/${ip.includes(':') ? 6 : 4}`;
}

/** Link-local IPv6: every link that is up may have one, and it makes no subnet. */
export function isLinkLocal(ip: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(ip);
}

/** `<netns>/<name>`: how a veth's spec names its other end. */
export function endName(netns: string, name: string): string {
  return `${netns}/${name}`;
}

/** The link that an end name means; namespace names have no slash. */
export function endRef(end: string): Ref {
  return `link:${end}`;
}

/** The claim to a name among the links of a namespace. */
export function ifnameClaim(netns: string, name: string): string {
  return `ifname:${netns}/${name}`;
}

/** What lives in a namespace goes with it; the node's own namespace never goes and has no ref. */
export function tiesToNetns(netns: string): readonly Tie[] {
  return netns === '' ? [] : [{ to: netnsRef(netns), when: 'goes' }];
}

/**
 * One of each ref, ours before others': the kernel may keep apart what netloom does not (a route of another tos).
 */
export function firstOfEach<T extends Observed>(found: readonly T[]): readonly T[] {
  const chosen = new Map<Ref, T>();
  for (const one of found) {
    const known = chosen.get(one.ref);
    if (known === undefined || (known.owner !== 'ours' && one.owner === 'ours')) chosen.set(one.ref, one);
  }
  return [...chosen.values()];
}
