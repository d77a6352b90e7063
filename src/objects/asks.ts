/** What definitions want allocated of the gateway's things: routers, addresses of pools, and what is given to nobody. */
import { parseIpRange } from '../model/ip.ts';
import { parseVxid } from '../model/vxid.ts';
import type { AddressPoolDef, Ask, Catalog, FloatingIPDef, GatewayAsk, NetworkDef, ReservedRange, RoutedIPDef } from './object.ts';
import { egressOf, gatewayCandidates, hasRouter, poolGateway } from './services.ts';
import { poolOf } from './tenancy.ts';

/** A network's vxid and uuid, and where its router may be. */
export function networkAsks(self: NetworkDef, catalog: Catalog): readonly Ask[] {
  const { cidr, reservations } = self.spec;
  const vxid = self.spec.vxid === undefined ? null : parseVxid(self.spec.vxid);
  return [
    {
      for: 'network',
      key: self.key,
      namespace: self.namespace,
      name: self.name,
      from: fromOf(self),
      ...(cidr === undefined ? {} : { cidr }),
      ...(vxid === null ? {} : { vxid }),
      ...(reservations === undefined ? {} : { reserved: rangesOf(reservations) }),
      ...(hasRouter(self, catalog) ? { gateway: gatewayAsk(self, catalog) } : {}),
    },
  ];
}

function gatewayAsk(self: NetworkDef, catalog: Catalog): GatewayAsk {
  const { gateway: pin } = self.spec;
  // Without NAT too its way out is an address of the pool.
  const pool = egressOf(self, catalog) === 'none' ? undefined : poolOf(self, catalog)?.name;
  return { candidates: gatewayCandidates(self, catalog), ...(pin === undefined ? {} : { pin }), ...(pool === undefined ? {} : { pool }) };
}

/** The pool itself: its prefix, its router, and what is given to nobody. */
export function poolAsks(self: AddressPoolDef): readonly Ask[] {
  const { cidr, reserved = [] } = self.spec;
  return [{ for: 'pool', key: self.name, cidr, gateway: poolGateway(self), reserved: rangesOf(reserved), from: fromOf(self) }];
}

/** The one address of a FloatingIP or RoutedIP. */
export function holderAsks(kind: 'floating' | 'routed', self: FloatingIPDef | RoutedIPDef, catalog: Catalog): readonly Ask[] {
  const pool = poolOf(self, catalog);
  if (pool === undefined) return [];
  const { address } = self.spec;
  const { key, namespace, name } = self;
  return [{ for: kind, key, namespace, name, pool: pool.name, from: fromOf(self), ...(address === undefined ? {} : { address }) }];
}

/** Ranges as they are written, in their order; what is no range is left out (the schema refuses it). */
export function rangesOf(reservations: readonly { readonly addresses: string; readonly comment?: string }[]): readonly ReservedRange[] {
  return reservations.flatMap(({ addresses, comment = '' }) => {
    const range = parseIpRange(addresses);
    return range === null ? [] : [{ ...range, comment }];
  });
}

function fromOf(self: NetworkDef | AddressPoolDef | FloatingIPDef | RoutedIPDef): string {
  return `${self.at.file}:${self.at.line}`;
}
