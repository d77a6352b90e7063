/** Who holds which address of which pool, as the ledger knows it. */
import type { Ledger, PoolEntry, PoolHolder } from '../model/ledger.ts';
import type { Catalog, InterfaceDef } from '../objects/object.ts';
import { floatingIPsOf } from '../objects/services.ts';
import { poolOf } from '../objects/tenancy.ts';

/** The two kinds of holders, as a PoolEntry names their lists. */
export type HolderPlural = 'floating' | 'routed';

export interface Held {
  /** Name of the pool. */
  readonly pool: string;
  readonly holder: PoolHolder;
}

/** What a FloatingIP or RoutedIP holds: in the pool where it should be, else where it lives, else its tombstone. */
export function heldBy(plural: HolderPlural, key: string, ledger: Ledger, home = ''): Held | undefined {
  const pools = Object.entries(ledger.pools ?? {});
  const found = pools.flatMap(([pool, entry]): Held[] => {
    const holder = entry[plural][key];
    return holder === undefined ? [] : [{ pool, holder }];
  });
  const live = found.filter(({ holder }) => holder.removed === undefined);
  return live.find(({ pool }) => pool === home) ?? live[0] ?? found[0];
}

/** The floating address that leads to an interface, with the FloatingIP that holds it; undefined for none. */
export function floatingTo(iface: InterfaceDef, catalog: Catalog, ledger: Ledger): { readonly key: string; readonly address: string } | undefined {
  const network = catalog.networks.get(`${iface.namespace}/${iface.spec.network}`);
  if (network === undefined) return undefined;
  for (const floating of floatingIPsOf(network, catalog)) {
    if (floating.namespace !== iface.namespace || floating.spec.interface !== iface.name) continue;
    const held = heldBy('floating', floating.key, ledger, poolOf(floating, catalog)?.name);
    if (held !== undefined && held.holder.removed === undefined) return { key: floating.key, address: held.holder.address };
  }
  return undefined;
}

/** Keys of all holders in the ledger, tombstones included. */
export function holderKeys(plural: HolderPlural, ledger: Ledger): readonly string[] {
  return Object.values(ledger.pools ?? {}).flatMap((entry: PoolEntry) => Object.keys(entry[plural]));
}
