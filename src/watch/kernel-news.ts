/** Which lines of `ip -N -o monitor all-nsid` and `nft monitor` tell of something of ours. What merely comes and goes with traffic does not. */
import type { Resource } from '../kinds/kind.ts';
import { isOurName } from '../model/names.ts';

/** What a node has of ours, by the last pass. */
export interface Interest {
  /** Links in the node's own namespace. */
  readonly links: ReadonlySet<string>;
  /** Other network namespaces, by name. */
  readonly namespaces: ReadonlySet<string>;
}

export function interestIn(resources: readonly Resource[]): Interest {
  const links = resources.flatMap(({ ref }) => (ref.startsWith('link:/') ? [ref.slice('link:/'.length)] : []));
  const namespaces = resources.flatMap(({ spec }) => ('netns' in spec && typeof spec.netns === 'string' && spec.netns !== '' ? [spec.netns] : []));
  return { links: new Set(links), namespaces: new Set(namespaces) };
}

/** A line that may matter: where it happened (null: in the node's own namespace; else that namespace's id), and its words. */
export interface News {
  readonly nsid: number | null;
  readonly text: string;
}

/** Null for what is no news anywhere: learned neighbours, the kernel's own routes and link-local addresses. */
export function newsIn(line: string): News | null {
  const [, label = '', body = ''] = /^(?:\[nsid (\w+)\])?(?:Deleted )?(.*)$/s.exec(line) ?? [];
  const text = body.trim();
  if (text === '' || isTraffic(text)) return null;
  return { nsid: /^\d+$/.test(label) ? Number(label) : null, text };
}

/** True for what happened in the node's own namespace to a thing of ours. */
export function isOurs(text: string, { links }: Interest): boolean {
  if (MARKED.test(text)) return true;
  return text.split(/[\s:@\\]+/).some(word => links.has(word) || isOurName(word));
}

/** True for a line of `nft monitor` about a table of ours, and for its word that it lost some. */
export function isOurTable(line: string): boolean {
  return TABLE.test(line) || line.startsWith('# ERROR');
}

// The marks of kinds/marks.ts: groups and protocol, and the name of tables.
const MARKED = / (group|proto) 9[78]( |\\|$)/;
const TABLE = /^[a-z]+ [a-z]+ (inet|ip|ip6|bridge|arp|netdev) netloom( |$)/;

// States of neighbours as ip-neighbour(8) has them; RTPROT_KERNEL is 2, and the local table 255.
function isTraffic(text: string): boolean {
  const isNeigh = / lladdr | (FAILED|INCOMPLETE)\s*$/.test(text) && !text.includes('\\');
  if (isNeigh) return !/ (PERMANENT|NOARP)\b/.test(text) || / lladdr (33:33|01:00:5e):/.test(text);
  return / (proto 2|table 255)( |$)/.test(text) || / inet6 fe80:/.test(text);
}
