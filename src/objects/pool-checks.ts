/** What pools and their addresses must agree on: no two of one address, one target, one network card in two ways. Nothing here is quadratic. */
import { contested } from './contested.ts';
import { beside, error, titled } from './finding.ts';
import type { AddressPoolDef, Catalog, Finding, FloatingIPDef, NodeDef, RoutedIPDef } from './object.ts';
import { checkPoolOverlaps } from './pool-overlaps.ts';
import { egressDevice, nodesOfPool } from './services.ts';
import { poolOf } from './tenancy.ts';

export function checkPools(catalog: Catalog): readonly Finding[] {
  return [...pinned(catalog), ...targets(catalog), ...mixedModes(catalog), ...checkPoolOverlaps(catalog)];
}

function pinned(catalog: Catalog): readonly Finding[] {
  const holders: readonly (FloatingIPDef | RoutedIPDef)[] = [...catalog.floatingIPs.values(), ...catalog.routedIPs.values()];
  const path = ['spec', 'address'];
  const claims = holders.flatMap(on => {
    const pool = poolOf(on, catalog);
    return on.spec.address === undefined || pool === undefined ? [] : [{ what: `${pool.name} ${on.spec.address}`, on, path }];
  });
  return contested(claims).map(([{ on }, earlier]) =>
    error('duplicate-address', on, path, `address ${on.spec.address} is that of ${titled(earlier.on)} too`, {
      hint: 'choose another one, or leave it out to have one allocated',
      related: [earlier],
    }),
  );
}

// What the guest begins could leave by one of them only, and answers must leave by the one that was asked.
function targets({ floatingIPs }: Catalog): readonly Finding[] {
  const path = ['spec', 'interface'];
  const claims = [...floatingIPs.values()].flatMap(on => (on.spec.interface === undefined ? [] : [{ what: `${on.namespace}/${on.spec.interface}`, on, path }]));
  return contested(claims).map(([{ what, on }, earlier]) =>
    error('duplicate-target', on, path, `Interface ${what} has a floating address already, of ${titled(earlier.on)}`, {
      hint: 'take the interface out of one of them',
      related: [earlier],
    }),
  );
}

/** A network card is a port of a bridge, or it is not: pools that leave by one card of a node agree about that. Two pools are told once. */
function mixedModes(catalog: Catalog): readonly Finding[] {
  const first = new Map<string, AddressPoolDef>();
  const told = new Map<string, Finding>();
  for (const pool of catalog.pools.values()) {
    for (const name of nodesOfPool(pool, catalog)) {
      const node = catalog.nodes.get(name);
      const device = node === undefined ? undefined : egressDevice(pool, node).device;
      if (node === undefined || device === undefined) continue;
      const other = first.get(`${name} ${device}`);
      if (other === undefined) first.set(`${name} ${device}`, pool);
      else if ((other.spec.mode === 'bridged') !== (pool.spec.mode === 'bridged') && !told.has(`${pool.name} ${other.name}`)) {
        told.set(`${pool.name} ${other.name}`, twoWays(pool, other, device, node));
      }
    }
  }
  return [...told.values()];
}

function twoWays(pool: AddressPoolDef, other: AddressPoolDef, device: string, node: NodeDef): Finding {
  const message = `${titled(pool)} (mode ${pool.spec.mode}) and ${titled(other)} (mode ${other.spec.mode}) both leave Node ${node.name} by ${device}`;
  const hint = 'a card that is bridged carries bridged pools only: use another card, or one mode';
  return error('contradiction', pool, ['spec', 'mode'], message, { hint, related: beside(other, 'spec', 'mode') });
}
