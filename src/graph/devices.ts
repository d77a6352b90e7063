/** What a node's kernel has for netloom, looked up by name: the compiled resources, which a pass compares with the kernel itself. */
import type { AddressSpec } from '../kinds/address.ts';
import type { BridgeSpec } from '../kinds/bridge.ts';
import type { FarSpec } from '../kinds/far.ts';
import type { FloodSpec } from '../kinds/flood.ts';
import type { AnyKind, Resource } from '../kinds/kind.ts';
import type { PortSpec } from '../kinds/port.ts';
import type { ServiceSpec } from '../kinds/service.ts';
import type { VethSpec } from '../kinds/veth.ts';
import type { VxlanSpec } from '../kinds/vxlan.ts';

/** Specs of each kind that is drawn, in the order in which they were compiled. */
interface Drawn {
  readonly vxlan: readonly VxlanSpec[];
  readonly bridge: readonly BridgeSpec[];
  readonly veth: readonly VethSpec[];
  readonly far: readonly FarSpec[];
  readonly service: readonly ServiceSpec[];
}

export interface Devices extends Drawn {
  /** The bridge that a link of the node is in; undefined for none. */
  readonly bridgeOf: (link: string) => string | undefined;
  /** `10.0.0.1/24` ... of a link, `netns` '' for the node's own. */
  readonly addressesOf: (netns: string, link: string) => readonly string[];
  /** Underlay addresses that a VXLAN device floods to, sorted. */
  readonly peersOf: (vxlan: string) => readonly string[];
  /** The link that a definition (`Interface acme/web`) plugs into a bridge of the node; undefined for none. */
  readonly portOf: (definition: string) => string | undefined;
}

/** Makes the look-ups. */
export function devicesOf(resources: readonly Resource[]): Devices {
  const of = <S>(kind: AnyKind['name']): readonly S[] => resources.filter(each => each.kind === kind).map(each => each.spec as S);
  const ports = of<PortSpec>('port').filter(({ netns }) => netns === '');
  const bridges = new Map(ports.map(({ link, bridge }) => [link, bridge]));
  const addresses = grouped(
    of<AddressSpec>('address'),
    ({ netns, link }) => `${netns}/${link}`,
    ({ ip, prefix }) => `${ip}/${prefix}`,
  );
  const peers = grouped(
    of<FloodSpec>('flood'),
    ({ link }) => link,
    ({ dst }) => dst,
  );
  const plugged = new Map(resources.flatMap(({ kind, spec, from }) => (kind === 'port' ? [[from[0]?.definition, (spec as PortSpec).link] as const] : [])));
  return {
    vxlan: of('vxlan'),
    bridge: of('bridge'),
    veth: of('veth'),
    far: of('far'),
    service: of('service'),
    bridgeOf: link => bridges.get(link),
    addressesOf: (netns, link) => addresses.get(`${netns}/${link}`) ?? [],
    peersOf: vxlan => [...(peers.get(vxlan) ?? [])].sort(),
    portOf: definition => (definition.startsWith('Interface ') ? plugged.get(definition) : undefined),
  };
}

function grouped<S>(all: readonly S[], key: (one: S) => string, value: (one: S) => string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const one of all) found.set(key(one), [...(found.get(key(one)) ?? []), value(one)]);
  return found;
}
