/** FloatingIP: an address of a pool that is rewritten to an interface, on the gateway node of its network. */
import { address } from '../kinds/address.ts';
import { announce } from '../kinds/announce.ts';
import type { Origin, Resource } from '../kinds/kind.ts';
import { portRef } from '../kinds/refs.ts';
import { route } from '../kinds/route.ts';
import { rule } from '../kinds/rule.ts';
import { parseCidr } from '../model/ip.ts';
import { addressMark, floatingNames, poolMac } from '../model/names.ts';
import { holderAsks } from './asks.ts';
import { type WayOut, wayOut } from './egress.ts';
import { checkFloatingIP } from './floating-ip-check.ts';
import { addressHere, targetAddress } from './inbound.ts';
import { carriesRouter } from './mesh.ts';
import type { Compiled, FloatingIPDef, NodeView, ObjectKind } from './object.ts';
import { pairOf } from './pair.ts';
import { announcedAs, knownGateway } from './router.ts';
import { poolGateway, targetOf } from './services.ts';
import { poolOf } from './tenancy.ts';
import { originOf, want } from './want.ts';

export const floatingIP: ObjectKind<FloatingIPDef['spec']> = {
  kind: 'FloatingIP',
  plural: 'floatingips',
  scope: 'namespace',
  check: checkFloatingIP,
  asks: (self, catalog) => holderAsks('floating', self, catalog),
  compile,
};

/** Where rules of floating addresses stand among a namespace's: before the kernel's own (32766). */
const PRIORITY = 1000;

function compile(self: FloatingIPDef, view: NodeView): Compiled {
  const aim = targetOf(self, view.catalog);
  if (aim === undefined || !carriesRouter(aim.network, view)) return { resources: [], troubles: [] };
  const from = originOf(self);
  const pool = poolOf(self, view.catalog);
  const way = pool === undefined ? undefined : wayOut(pool, view);
  const ip = addressHere(self, view);
  const entry = view.ledger.networks[aim.network.key];
  const target = entry === undefined ? undefined : targetAddress(self, entry);
  if (way === undefined) return fatal(from, 'EgressMissing', `${view.node.name}, which carries Network ${aim.network.key}, has no way out for its pool`);
  if (ip === undefined) return fatal(from, 'AllocationPending', 'no address of the pool allocated yet');
  if (entry === undefined || target === undefined) return fatal(from, 'AllocationPending', `Interface ${aim.iface.key} has no address yet`);
  return { resources: path({ ip, target, netns: entry.uuid, way, alias: announcedAs(aim.network, view, from) }, view, from), troubles: [] };
}

function fatal(from: Origin, reason: string, message: string): Compiled {
  return { resources: [], troubles: [{ definition: from.definition, reason, message, fatal: true }] };
}

interface Path {
  readonly ip: string;
  readonly target: string;
  readonly netns: string;
  readonly way: WayOut;
  /** Of its announcement. */
  readonly alias: string;
}

// A table of its own, so that its traffic passes its own pair in both directions: the pair's counters are the accounting.
function path({ ip, target, netns, way, alias }: Path, view: NodeView, from: Origin): readonly Resource[] {
  const names = floatingNames(ip);
  const mac = poolMac(ip);
  const at = { netns, link: names.inner };
  const table = String(addressMark(ip));
  const via = poolGateway(way.pool);
  const range = parseCidr(way.pool.spec.cidr)?.text ?? way.pool.spec.cidr;
  const shunt = want(rule, { netns, priority: PRIORITY, mark: addressMark(ip), table }, from);
  const wayBack = want(route, { ...at, dst: 'default', table, via }, from);
  return [
    ...pairOf({ names, bridge: way.bridge, netns, mac, mtu: way.mtu, learning: true, node: view.node.name, announced: true }, from),
    want(address, { ...at, ip, prefix: 32 }, from),
    ...knownGateway(way, via, at, view, from),
    want(route, { ...at, dst: range, table }, from),
    wayBack,
    shunt,
    want(announce, { ...at, ip, mac, target, alias, after: [portRef('', names.outer), shunt.ref, wayBack.ref] }, from),
  ];
}
