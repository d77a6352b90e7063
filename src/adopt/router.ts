/** The router of a network as Shaken Fist makes it: a namespace with an end in the bridge, one on the way out, and NAT rules. */
import type { Inventory, Room } from '../host/inventory.ts';
import type { LinkRow, NftJson } from '../kinds/rows.ts';
import { parseCidr } from '../model/ip.ts';

export interface FoundRouter {
  /** Name of its namespace. */
  readonly netns: string;
  /** ifname of its end in the bridge, and of the other one inside. */
  readonly port: string;
  readonly inner: string;
  readonly mac: string;
  /** With prefix length. */
  readonly address: string;
  /** Its way out, where it has one. */
  readonly egress?: { readonly pool: string; readonly address: string; readonly device?: string };
  readonly nat: boolean;
  /** Floating address -> address of a guest. */
  readonly floats: ReadonlyMap<string, string>;
}

/** What is behind a port, if that is a router: by Shaken Fist's names, or because it does NAT. */
export function routerOf({ rooms }: Inventory, port: LinkRow): FoundRouter | undefined {
  const room = rooms.find(({ netns }) => netns !== '' && netns === port.peer?.netns);
  const inner = room?.links.find(({ ifname }) => ifname === port.peer?.name);
  const address = inner?.addr_info.find(({ family }) => family === 'inet');
  if (room === undefined || inner === undefined || address === undefined) return undefined;
  const rules = natRules(room);
  if (!/^veth-[0-9a-f]{1,6}-o$/.test(port.ifname) && !rules.nat) return undefined;
  const egress = egressOf(room, inner, rooms[0]);
  return {
    netns: room.netns,
    port: port.ifname,
    inner: inner.ifname,
    mac: inner.address ?? '',
    address: `${address.local}/${address.prefixlen}`,
    nat: rules.nat,
    floats: rules.floats,
    ...(egress === undefined ? {} : { egress }),
  };
}

function egressOf(room: Room, inner: LinkRow, own: Room | undefined): FoundRouter['egress'] {
  const way = room.routes.find(({ family, dst }) => family === 'inet' && dst === 'default')?.dev;
  const link = room.links.find(({ ifname }) => ifname === way && ifname !== inner.ifname) ?? room.links.find(({ ifname }) => /^egr-[0-9a-f]+-i$/.test(ifname));
  const address = link?.addr_info.find(({ family }) => family === 'inet');
  const pool = address === undefined ? undefined : parseCidr(`${address.local}/${address.prefixlen}`)?.text;
  if (link === undefined || address === undefined || pool === undefined) return undefined;
  const outer = own?.links.find(({ ifname }) => link.peer?.netns === '' && ifname === link.peer.name);
  const device = /^egr-br-(.+)$/.exec(outer?.master ?? '')?.[1];
  return { pool, address: address.local, ...(device === undefined ? {} : { device }) };
}

interface NatRules {
  readonly nat: boolean;
  readonly floats: ReadonlyMap<string, string>;
}

function natRules({ iptablesNat, tables }: Room): NatRules {
  const rules = tables.flatMap(({ rows }) => rows.flatMap(exprOf));
  const floats = new Map([...iptablesNat.flatMap(iptablesFloat), ...rules.flatMap(nftFloat)]);
  const masks =
    iptablesNat.some(line => line.startsWith('-A POSTROUTING ') && ['MASQUERADE', 'SNAT'].includes(wordAfter(line, '-j') ?? '')) ||
    rules.some(expr => expr.some(part => 'masquerade' in part || 'snat' in part));
  return { nat: masks, floats };
}

function iptablesFloat(line: string): readonly (readonly [string, string])[] {
  const [from, to] = [wordAfter(line, '-d'), wordAfter(line, '--to-destination')];
  if (!line.startsWith('-A PREROUTING ') || wordAfter(line, '-j') !== 'DNAT' || from === undefined || to === undefined) return [];
  return [[from.replace(/\/32$/, ''), to]];
}

function wordAfter(line: string, option: string): string | undefined {
  const words = line.split(' ');
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

type Expr = readonly Readonly<Record<string, NftJson>>[];

function exprOf(row: NftJson): readonly Expr[] {
  const { rule } = row as { readonly rule?: { readonly expr?: Expr } };
  return rule?.expr === undefined ? [] : [rule.expr];
}

function nftFloat(expr: Expr): readonly (readonly [string, string])[] {
  const match = expr.find(part => JSON.stringify(part['match'] ?? null).includes('"field":"daddr"'))?.['match'] as { readonly right?: NftJson } | undefined;
  const to = (expr.find(part => 'dnat' in part)?.['dnat'] as { readonly addr?: NftJson } | undefined)?.addr;
  return typeof match?.right === 'string' && typeof to === 'string' ? [[match.right, to]] : [];
}
