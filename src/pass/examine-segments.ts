/** What is asked by frames: DHCP and addresses in networks, floating addresses and routers on the ways out, addresses on the wire. */
import type { Evidence, Floating, Segment, SegmentAddress } from '../doctor/evidence.ts';
import { pingOnce } from '../host/probe.ts';
import { askSegments, type SegmentAnswer, type SegmentAsk } from '../host/segment.ts';
import { contains, ipFamily } from '../model/ip.ts';
import { bridgeName, poolMac } from '../model/names.ts';
import { live, type WayOut, wayOut } from '../objects/egress.ts';
import { isMember, localInterfaces, routerNodes } from '../objects/mesh.ts';
import type { NetworkDef, NodeView } from '../objects/object.ts';
import { floatingIPsOf, poolGateway, poolsOfNetwork, servesDhcp } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';

/** Silence is waited for so long. */
const MOST_MS = 4_000;
/** Addresses of one network that are asked for. */
const MOST_ADDRESSES = 254;

export interface SegmentArgs {
  readonly view: NodeView;
  readonly networks: readonly NetworkDef[];
  /** MACs of the node's links, by ifname. */
  readonly macs: ReadonlyMap<string, string>;
  /** Underlay addresses that are on the wire itself. */
  readonly wire: readonly string[];
  /** True where it is known already why a definition does not work: its silence is not waited for. */
  readonly isExplained: (definition: string) => boolean;
}

export interface Asked {
  readonly segments: readonly Segment[];
  readonly outside: Evidence['outside'];
  /** Who answered for underlay addresses; null where frames could not be sent. */
  readonly wire: ReadonlyMap<string, readonly string[]> | null;
  readonly frames: string | null;
}

/** Asks everything at the same time. */
export async function askByFrames(args: SegmentArgs): Promise<Asked> {
  const { view, networks, macs, wire } = args;
  const asks: SegmentAsk[] = [];
  const put = (link: string, what: SegmentAsk['what'], isAwaited: boolean): number => asks.push({ link, mac: macs.get(link) ?? '', what, isAwaited }) - 1;
  const drafts = networks.flatMap(network => segmentDraft(network, args, put));
  const ways = waysOf(networks, view);
  const floating = networks.flatMap(network => floatingDrafts(network, ways, args, put));
  const gateways = ways.map(way => gatewayDraft(way, args, put));
  const underlay = view.facts.underlay?.device;
  const onWire = underlay !== undefined && macs.has(underlay) ? wire.map(ip => ({ ip, index: put(underlay, { ask: 'arp', ip }, false) })) : [];
  const answers = await askSegments(asks, MOST_MS);
  const at = (index: number): SegmentAnswer | null => answers?.[index] ?? null;
  return {
    segments: drafts.map(draft => draft(at)),
    outside: { floating: await Promise.all(floating.map(draft => draft(at))), gateways: await Promise.all(gateways.map(draft => draft(at))) },
    wire: answers === null ? null : new Map(onWire.map(({ ip, index }) => [ip, at(index)?.macs ?? []])),
    frames: answers === null ? 'this program cannot send frames (the optional package koffi is not installed, or CAP_NET_RAW is missing)' : null,
  };
}

type Put = (link: string, what: SegmentAsk['what'], isAwaited: boolean) => number;
type At = (index: number) => SegmentAnswer | null;

// A bridge that is not there is told by the plan.
function segmentDraft(network: NetworkDef, { view, macs, isExplained }: SegmentArgs, put: Put): readonly ((at: At) => Segment)[] {
  const entry = view.ledger.networks[network.key];
  const bridge = entry === undefined ? '' : bridgeName(entry.vxid);
  if (entry === undefined || !macs.has(bridge)) return [];
  const holders = holdersOf(network, view);
  const here = new Set(localInterfaces(view).map(({ iface }) => iface.key));
  const [router = ''] = routerNodes(network, view);
  const guest = holders.find(({ key }) => here.has(key)) ?? (router === view.node.name ? holders.find(({ key }) => key !== '') : undefined);
  const isAwaited = !isExplained(`Network ${network.key}`);
  const serves = guest !== undefined && servesDhcp(network, view.catalog);
  const dhcp = serves ? { guest: guest.mac, index: put(bridge, { ask: 'dhcp', guest: guest.mac }, isAwaited) } : null;
  const own = router === '' ? undefined : entry.router;
  const echo =
    guest === undefined || own === undefined ? null : put(bridge, { ask: 'echo', guest: guest.ip, router: { mac: own.mac, ip: own.address } }, isAwaited);
  const asked = holders.slice(0, MOST_ADDRESSES).map(holder => ({ holder, index: put(bridge, { ask: 'arp', ip: holder.ip }, false) }));
  return [
    at => ({
      network: network.key,
      bridge,
      router,
      routerMac: entry.router?.mac ?? '',
      dhcp: dhcp === null ? null : { guest: dhcp.guest, macs: [], ...at(dhcp.index) },
      echo: echo === null ? null : echoed(at(echo)),
      addresses: asked.map(({ holder: { ip, owner, mac, isShared }, index }) => ({ ip, owner, mac, isShared, macs: at(index)?.macs ?? [] })),
      skipped: holders.length - asked.length,
    }),
  ];
}

function echoed(answer: SegmentAnswer | null): Segment['echo'] {
  if (answer === null) return null;
  return { isAnswered: answer.macs.length > 0, ...(answer.error === undefined ? {} : { error: answer.error }) };
}

interface Holder extends Omit<SegmentAddress, 'macs'> {
  /** '' for the router. */
  readonly key: string;
}

function holdersOf(network: NetworkDef, { catalog, ledger }: NodeView): readonly Holder[] {
  const entry = ledger.networks[network.key];
  const interfaces = catalog.interfacesOf.get(network.key) ?? [];
  const found = interfaces.flatMap((iface): Holder[] => {
    const given = entry?.interfaces[iface.key];
    if (given?.address === undefined || given.removed !== undefined || ipFamily(given.address) !== 4) return [];
    const ip = given.address;
    const isShared = interfaces.some(
      other => other.key !== iface.key && other.spec.allowedAddresses.some(range => range === ip || (range.includes('/') && contains(range, ip))),
    );
    return [{ key: iface.key, ip, owner: `Interface ${iface.key}`, mac: given.mac, isShared }];
  });
  const router = entry?.router;
  return router === undefined ? found : [...found, { key: '', ip: router.address, owner: `the router of ${network.key}`, mac: router.mac, isShared: false }];
}

function waysOf(networks: readonly NetworkDef[], view: NodeView): readonly WayOut[] {
  const pools = new Map(networks.flatMap(network => poolsOfNetwork(network, view.catalog).map(pool => [pool.name, pool] as const)));
  return [...pools.values()].flatMap(pool => wayOut(pool, view) ?? []);
}

function floatingDrafts(
  network: NetworkDef,
  ways: readonly WayOut[],
  { view, macs, isExplained }: SegmentArgs,
  put: Put,
): readonly ((at: At) => Promise<Floating>)[] {
  if (routerNodes(network, view)[0] !== view.node.name) return [];
  return floatingIPsOf(network, view.catalog).flatMap(floating => {
    const pool = poolOf(floating, view.catalog);
    const way = ways.find(each => each.pool === pool);
    const address = live(view.ledger.pools?.[pool?.name ?? '']?.floating[floating.key]);
    if (pool === undefined || way === undefined || address === undefined) return [];
    const isAwaited = ![`FloatingIP ${floating.key}`, `Network ${network.key}`, `AddressPool ${pool.name}`].some(isExplained);
    const index = macs.has(way.bridge) ? put(way.bridge, { ask: 'arp', ip: address }, isAwaited) : null;
    const head = { key: floating.key, address, network: network.key, pool: pool.name, link: way.bridge, mac: poolMac(address) };
    // A bridged pool is reached by the outside alone, and who may answer whom is the definition's word.
    const mayEcho = pool.spec.mode !== 'bridged' && floating.spec.allow === undefined;
    return [
      async at => {
        const got = index === null ? null : at(index);
        const answered = (got?.macs.length ?? 0) > 0;
        const echo = mayEcho && answered ? { echo: await pingOnce(address) } : {};
        return { ...head, macs: got?.macs ?? (index === null ? [] : null), ...(got?.error === undefined ? {} : { error: got.error }), ...echo };
      },
    ];
  });
}

type Gateway = Evidence['outside']['gateways'][number];

function gatewayDraft(way: WayOut, { view: { facts }, macs, isExplained }: SegmentArgs, put: Put): (at: At) => Promise<Gateway> {
  const device = way.device ?? way.bridge;
  const isBridged = way.pool.spec.mode === 'bridged';
  const link = isBridged ? way.bridge : device;
  const address = isBridged ? poolGateway(way.pool) : (facts.egress?.[device]?.gateway ?? '');
  const head = { pool: way.pool.name, device, address };
  if (address === '') return async () => ({ ...head, why: null });
  const index = macs.has(link) ? put(link, { ask: 'arp', ip: address }, !isExplained(`AddressPool ${way.pool.name}`)) : null;
  return async at => {
    const got = index === null ? null : at(index);
    if (got !== null && got.macs.length > 0) return { ...head, why: null };
    const why = isBridged ? 'it does not answer ARP' : await pingOnce(address);
    return { ...head, why: got === null && isBridged ? null : why };
  };
}

/** True where this node carries it. */
export function isHere(network: NetworkDef, view: NodeView): boolean {
  return isMember(network, view.node, view);
}
