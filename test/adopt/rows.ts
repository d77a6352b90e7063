/** A node on which somebody made networks by hand: its rows, and the definitions that permit to take them over. */
import { adopting, onlyWanted } from '../../src/kinds/adopt.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';
import type { Facts } from '../../src/model/facts.ts';
import { adoptionsOn } from '../../src/objects/adoption.ts';
import type { Catalog } from '../../src/objects/object.ts';
import type { Prepared } from '../../src/pass/enforce.ts';
import { NOTHING_SPARED, planSparing } from '../../src/pass/spared.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { catalogOf, FACTS, ledgerOf, on } from '../compile/world.ts';

let ifindex = 1;

/** A link as a reader gives it. */
export function link(ifname: string, kind: string, more: Partial<LinkRow> & { readonly data?: Readonly<Record<string, unknown>> } = {}): LinkRow {
  const { data = {}, master, ...rest } = more;
  const slave = master === undefined ? {} : { info_slave_kind: 'bridge', info_slave_data: { state: 'forwarding', learning: true, flood: true } };
  return {
    ifindex: ++ifindex,
    ifname,
    flags: ['UP', 'LOWER_UP'],
    mtu: 1550,
    operstate: 'UP',
    address: '7e:2f:28:6d:cf:76',
    group: '0',
    inet6_addr_gen_mode: 'eui64',
    addr_info: [],
    ...(master === undefined ? {} : { master }),
    linkinfo: { info_kind: kind, info_data: data, ...slave },
    ...rest,
  };
}

export const vxlan = (ifname: string, id: number, more: Partial<LinkRow> = {}, port = 8472): LinkRow =>
  link(ifname, 'vxlan', { ...more, data: { id, port, learning: true } });

export const tap = (ifname: string, master: string, more: Partial<LinkRow> = {}): LinkRow => link(ifname, 'tun', { ...more, master, data: { type: 'tap' } });

/** The rows of the node's own namespace. */
export function rows(links: readonly LinkRow[], more: Partial<Rows> = {}): Rows {
  const empty = { routes: [], neighs: [], proxies: [], rules: [], fdb: [], tables: [], files: [], services: [], sysctls: {} };
  return { netns: '', namespaces: [], ...empty, links, ...more };
}

/** `vxlan100` in `br100`, with the tap of a guest. */
export const HAND_MADE: readonly LinkRow[] = [link('br100', 'bridge'), vxlan('vxlan100', 100, { master: 'br100' }), tap('tap7', 'br100')];

/** The node n2 has a guest of the same network, so that it is a peer. */
export const PEER = { mac: '00:00:00:00:00:00', ifname: 'vxlan100', flags: ['self'], dst: '10.9.0.2', state: 'permanent' } as const;

const adopt = (is: boolean): string => (is ? ', annotations: { netloom.dev/adopt: "true" }' : '');

/** The definitions of HAND_MADE; the cluster uses the port that hand-made devices have. */
export function definitions({ network = true, guest = true, more = '' } = {}): Catalog {
  const head = 'apiVersion: netloom.dev/v1\nkind:';
  return catalogOf(
    `${head} Network\nmetadata: { name: lan${adopt(network)} }\nspec: { vxid: 100, cidr: 10.0.0.0/24, mtu: 1550${more} }\n`,
    `${head} Interface\nmetadata: { name: web${adopt(guest)} }\nspec: { network: lan, node: n1, address: 10.0.0.7, mac: "02:00:00:00:00:07", attach: { tap: { ifname: tap7 } } }\n`,
    `${head} Interface\nmetadata: { name: far }\nspec: { network: lan, node: n2, address: 10.0.0.8, mac: "02:00:00:00:00:08" }\n`,
  );
}

function factsOf({ links }: Rows): Facts {
  const ours = (each: LinkRow): boolean => each.adopted !== undefined || each.group === '97';
  return {
    ...FACTS,
    devices: links.filter(each => !ours(each)).map(({ ifname }) => ifname),
    ports: links.flatMap(each =>
      each.master?.startsWith('br-vxlan-') ? [{ bridge: each.master, ifname: each.ifname, mac: each.address ?? '', ours: ours(each) }] : [],
    ),
  };
}

/** What a pass of n1 would do that finds these rows. */
export function planOn(catalog: Catalog, found: Rows): Plan {
  return preparedOn(catalog, found).plan;
}

/** The same with what it starts from. */
export function preparedOn(catalog: Catalog, found: Rows): Pick<Prepared, 'plan' | 'observed' | 'compiled'> {
  const node = catalog.nodes.get('n1');
  if (node === undefined) throw new Error('no node n1');
  const ledger = ledgerOf(catalog);
  const permitted = adoptionsOn({ catalog, ledger, node });
  const compiled = on('n1', catalog, { ledger, facts: factsOf(adopting(found, permitted)) });
  const adoptions = onlyWanted(permitted, compiled.resources);
  const viewed = adopting(found, adoptions);
  const observed = [...KINDS.values()].flatMap(kind => kind.parse(viewed));
  return { plan: planSparing(compiled.resources, observed, NOTHING_SPARED), observed, compiled };
}
