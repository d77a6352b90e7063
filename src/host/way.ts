/** Reads how this node reaches what it is managed by: routes to the git servers and to the other nodes, default routes, links. */
import type { WayLink, WayReading, WayRoute } from '../model/way.ts';
import { arraysOf } from './corrections.ts';
import { run } from './exec.ts';
import { addressesOf } from './lookup.ts';

export interface WayArgs {
  /** Names or addresses of the git servers. */
  readonly hosts: readonly string[];
  /** Underlay addresses of the other nodes. */
  readonly peers: readonly string[];
  readonly underlay: WayReading['underlay'];
}

const LOOKUP_MS = 3_000;

/** One look. A name that nobody resolves, and an address without a route, have no route in it. Throws HostError. */
export async function readWay({ hosts, peers, underlay }: WayArgs): Promise<WayReading> {
  // A resolver that is down must not hold up a pass: then the way is what the routes tell of it.
  const servers = (await Promise.all(hosts.map(host => addressesOf(host, LOOKUP_MS)))).flatMap(found => found ?? []);
  const ends = [...new Set([...servers, ...peers])];
  const [links, routes, defaults] = await Promise.all([readLinks(), readRoutes(ends), readDefaults()]);
  return { links, routes, defaults, underlay, ends };
}

async function readLinks(): Promise<readonly WayLink[]> {
  const { stdout } = await run('ip', ['-N', '-j', '-d', 'link', 'show'], { okCodes: [0] });
  return arraysOf(stdout)
    .flat()
    .flatMap(row => {
      const { ifname, master, link, linkinfo } = row as { ifname?: string; master?: string; link?: string; linkinfo?: { info_kind?: string } };
      if (ifname === undefined) return [];
      return [
        { ifname, ...(master === undefined ? {} : { master }), ...(link === undefined ? {} : { below: link }), isBridge: linkinfo?.info_kind === 'bridge' },
      ];
    });
}

interface RouteJson {
  readonly dst?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
  readonly nexthops?: readonly { readonly dev?: string; readonly gateway?: string }[];
}

// One process for all of them; for what cannot be reached ip says so on stderr, and goes on.
async function readRoutes(ends: readonly string[]): Promise<readonly WayRoute[]> {
  if (ends.length === 0) return [];
  const stdin = ends.map(ip => `route get ${ip}\n`).join('');
  const { stdout } = await run('ip', ['-N', '-j', '-force', '-batch', '-'], { stdin });
  return arraysOf(stdout)
    .flat()
    .flatMap(row => {
      const { dst, dev, gateway, prefsrc } = row as RouteJson;
      if (dst === undefined || dev === undefined) return [];
      return [{ to: dst, link: dev, ...(gateway === undefined ? {} : { via: gateway }), ...(prefsrc === undefined ? {} : { from: prefsrc }) }];
    });
}

async function readDefaults(): Promise<readonly WayRoute[]> {
  const asked = ['-4', '-6'].map(family => run('ip', ['-N', '-j', family, 'route', 'show', 'default'], { okCodes: [0] }));
  return (await Promise.all(asked)).flatMap(({ stdout }) =>
    arraysOf(stdout)
      .flat()
      .flatMap(row => {
        const { dev, gateway, nexthops = [] } = row as RouteJson;
        return [{ dev, gateway }, ...nexthops].flatMap(hop => (hop.dev === undefined ? [] : [{ to: hop.gateway ?? 'default', link: hop.dev }]));
      }),
  );
}
