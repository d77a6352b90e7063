/** What a guest is to be plugged into on this node, when all of it is there. */

import { parseCidr } from '../model/ip.ts';
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, hostLinkName, tapName } from '../model/names.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { networkKey } from '../objects/interface.ts';
import { isOn, networkMtu, nodesOf } from '../objects/mesh.ts';
import type { Catalog, InterfaceDef } from '../objects/object.ts';
import { idleness, loadSuspension } from './control.ts';
import { prepare } from './enforce.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { obstaclesOf } from './obstacles.ts';
import { loadCached } from './parsed-cache.ts';

export interface Plug {
  readonly apiVersion: 'netloom.dev/v1';
  readonly kind: 'Plug';
  /** `namespace/name`. */
  readonly interface: string;
  /** The tap that a hypervisor opens, the guest's end of a veth, or the port that libvirt named; null while libvirt has made none. */
  readonly device: string | null;
  /** Network namespace of the device; absent in the node's own. */
  readonly netns?: string;
  readonly bridge: string;
  /** The guest's own. */
  readonly mac: string;
  readonly mtu: number;
  /** With prefix length; null when it has none. */
  readonly address: string | null;
}

/** Looks at what this node accepted last and at its kernel; `why` says what is missing. */
export async function plugOf(
  config: NodeConfig,
  find: (known: { readonly catalog: Catalog; readonly ledger: Ledger }) => string,
): Promise<Plug | { readonly why: string }> {
  const good = await loadGood(config.stateDir);
  const kept = await loadKeptLedger(config.stateDir);
  const catalog = good === null ? null : (await loadCached(config.stateDir, good.files)).catalog;
  if (catalog === null || kept === null) return { why: 'this node has accepted no revision yet' };
  const found = keyOrWhy(() => find({ catalog, ledger: kept.ledger }));
  if ('why' in found) return { why: `${found.why} (or is it in a commit that this node has not pulled?)` };
  const iface = catalog.interfaces.get(found.key);
  if (iface === undefined) return { why: 'it is not defined any more' };
  if (!isOn(iface, config.node))
    return { why: iface.spec.node === undefined ? 'it is not placed on a node' : `it is placed on ${nodesOf(iface).join(' and ')}, this is ${config.node}` };
  const node = catalog.nodes.get(config.node);
  if (node === undefined) return { why: `there is no Node ${config.node} in the definitions` };
  const { plan, compiled } = await prepare({ catalog, ledger: kept.ledger, node }, config.runtimeDir);
  const about = new Set([`Interface ${iface.key}`, `Network ${networkKey(iface)}`]);
  const obstacles = obstaclesOf({
    outcomes: [],
    remaining: plan.steps,
    held: plan.held.map(held => ({ ...held, definitions: held.from.map(origin => origin.definition) })),
    left: plan.left,
    troubles: compiled.troubles.filter(trouble => trouble.fatal),
    observing: idleness(config, await loadSuspension(config.stateDir)),
  });
  const left = obstacles.find(obstacle => about.has(obstacle.definition));
  if (left !== undefined) return { why: `${left.reason}: ${left.message}` };
  return describe(iface, catalog, kept.ledger);
}

function describe(iface: InterfaceDef, catalog: Catalog, ledger: Ledger): Plug | { readonly why: string } {
  const network = catalog.networks.get(networkKey(iface));
  const entry = ledger.networks[networkKey(iface)];
  const given = entry?.interfaces[iface.key];
  if (network === undefined || entry === undefined || given === undefined) return { why: 'nothing is allocated to it yet' };
  const { tap, netns, host, bridge } = iface.spec.attach;
  const prefix = network.spec.cidr === undefined ? undefined : parseCidr(network.spec.cidr)?.prefix;
  const device = tap
    ? (tap.ifname ?? tapName(given.uuid))
    : netns
      ? (netns.ifname ?? `eth${iface.spec.order}`)
      : host
        ? (host.ifname ?? hostLinkName(given.uuid))
        : (bridge?.port ?? null);
  return {
    apiVersion: 'netloom.dev/v1',
    kind: 'Plug',
    interface: iface.key,
    device,
    ...(netns === undefined ? {} : { netns: netns.name }),
    bridge: bridgeName(entry.vxid),
    mac: given.mac,
    mtu: networkMtu(network, catalog),
    address: given.address === undefined ? null : `${given.address}/${prefix}`,
  };
}

// A name that is not known yet may be known after the next pull.
function keyOrWhy(find: () => string): { readonly key: string } | { readonly why: string } {
  try {
    return { key: find() };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
