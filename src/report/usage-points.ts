/** Where the usage of each object is counted on a node: one link for each. */
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, egressNames, floatingNames, nearMac, tapName } from '../model/names.ts';
import { routerNodes } from '../objects/mesh.ts';
import type { Catalog, InterfaceDef } from '../objects/object.ts';
import { egressOf, targetOf } from '../objects/services.ts';
import { floatingTo } from './holders.ts';

/** One link whose counters are an object's usage. */
export interface UsagePoint {
  /** `Network default/demo`. */
  readonly object: string;
  /** Key of its network. */
  readonly network: string;
  /** '' is the node's own. */
  readonly netns: string;
  /** ifname; absent where another program names the link: then the port of `bridge` with the address `mac` is meant. */
  readonly link?: string;
  readonly bridge?: string;
  readonly mac?: string;
  /** True: the link is the near end, the object is at the other one. */
  readonly isFar: boolean;
}

interface Known {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
}

/**
 * All objects that are counted on a node: networks at the inner end of their egress pair, interfaces at their port, floating
 * addresses at the inner end of their pair. In this order, each by key.
 */
export function usagePoints(node: string, known: Known): readonly UsagePoint[] {
  const { catalog, ledger } = known;
  const points: UsagePoint[] = [];
  for (const network of catalog.networks.values()) {
    const entry = ledger.networks[network.key];
    if (entry?.floatingGateway === undefined || egressOf(network, catalog) === 'none' || !routerNodes(network, known).includes(node)) continue;
    points.push({ object: `Network ${network.key}`, network: network.key, netns: entry.uuid, link: egressNames(entry.vxid).inner, isFar: false });
  }
  for (const iface of catalog.interfaces.values()) if (iface.spec.node === node) points.push(...portOf(iface, known));
  for (const floating of catalog.floatingIPs.values()) {
    const aim = targetOf(floating, catalog);
    const held = aim === undefined ? undefined : floatingTo(aim.iface, catalog, ledger);
    const entry = aim === undefined ? undefined : ledger.networks[aim.network.key];
    if (aim === undefined || held?.key !== floating.key || entry === undefined || !routerNodes(aim.network, known).includes(node)) continue;
    points.push({
      object: `FloatingIP ${floating.key}`,
      network: aim.network.key,
      netns: entry.uuid,
      link: floatingNames(held.address).inner,
      isFar: false,
    });
  }
  return points;
}

function portOf(iface: InterfaceDef, { ledger }: Known): readonly UsagePoint[] {
  const network = `${iface.namespace}/${iface.spec.network}`;
  const entry = ledger.networks[network];
  const given = entry?.interfaces[iface.key];
  if (entry === undefined || given === undefined || given.removed !== undefined) return [];
  const point = { object: `Interface ${iface.key}`, network, netns: '', isFar: true } as const;
  const { tap, bridge } = iface.spec.attach;
  if (bridge === undefined) return [{ ...point, link: tap?.ifname ?? tapName(given.uuid) }];
  return [bridge.port === undefined ? { ...point, bridge: bridgeName(entry.vxid), mac: nearMac(given.mac) } : { ...point, link: bridge.port }];
}
