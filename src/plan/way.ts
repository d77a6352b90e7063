/** Whether a plan can cut the way by which the node is managed: a pass that could is armed before its first change. */
import type { Ref } from '../kinds/kind.ts';
import { type Reach, reachOf } from '../kinds/reach.ts';
import type { Step } from '../kinds/step.ts';
import { contains } from '../model/ip.ts';
import type { Way, WayLink, WayReading } from '../model/way.ts';

/** A step that the way passes by. */
export interface Touch {
  readonly ref: Ref;
  readonly title: string;
  readonly verb: Step['verb'];
  /** `passes eth0`: what of the way it meets. */
  readonly meets: string;
}

/** The way, from what was read: the devices of all routes to what must be reached, and the links that these stand on or are in. */
export function wayOf({ links, routes, defaults, underlay, ends }: WayReading): Way {
  const all = [...routes, ...defaults];
  const names = closure(links, [...all.map(route => route.link), ...(underlay === null ? [] : [underlay.link])]);
  const gateways = defaults.map(route => route.to).filter(to => to !== 'default');
  return {
    links: [...names].sort(),
    isBridged: links.some(link => link.isBridge && names.has(link.ifname)),
    ends: unique([...ends, ...gateways, ...all.flatMap(route => route.via ?? [])]),
    own: unique([...all.flatMap(route => route.from ?? []), ...(underlay === null ? [] : [underlay.address])]),
  };
}

/** The steps that can cut the way, in the plan's order. */
export function touchesOf(steps: readonly Step[], way: Way): readonly Touch[] {
  const links = new Set(way.links);
  return steps.flatMap(({ ref, title, verb, ops }) => {
    for (const op of ops) {
      for (const reach of reachOf(op)) {
        const meets = meeting(reach, way, links);
        if (meets !== null) return [{ ref, title, verb, meets }];
      }
    }
    return [];
  });
}

// Down to what a link stands on, up to the bridge that it is in, and to all ports of that bridge: by one of them the packets leave.
function closure(links: readonly WayLink[], from: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const known = new Map(links.map(link => [link.ifname, link]));
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const link = known.get(name);
    open.push(...[link?.master, link?.below].filter(next => next !== undefined));
    if (link !== undefined) open.push(...links.filter(({ master }) => master === name).map(({ ifname }) => ifname));
  }
  return found;
}

function meeting(reach: Reach, way: Way, links: ReadonlySet<string>): string | null {
  switch (reach.to) {
    case 'link':
      return links.has(reach.name) ? `passes ${reach.name}` : null;
    case 'prefix': {
      const end = [...way.ends, ...way.own].find(ip => covers(reach.cidr, ip));
      return end === undefined ? null : `leads to ${end}`;
    }
    case 'bridges':
      return way.isBridged ? 'passes a bridge' : null;
    case 'all':
      return 'passes the node';
    default:
      return reach satisfies never;
  }
}

function covers(cidr: string, ip: string): boolean {
  if (cidr === 'default' || cidr === ip) return true;
  return cidr.includes('/') && contains(cidr, ip);
}

function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)].sort();
}
