/** What was removed and is still remembered: what `get --deleted` shows. */
import { parseDuration } from '../model/duration.ts';
import type { AnyRecord } from './records.ts';
import type { Listing } from './rows.ts';
import type { View } from './state.ts';

/** Until when a removed object keeps something: both ISO 8601, null for what is there. */
export interface Afterlife {
  /** Until then nobody gets its addresses, but the object itself when it comes back. */
  readonly quarantinedUntil: string | null;
  /** Until then it gets everything back when it comes back: uuid, vxid, MAC, address. */
  readonly rememberedUntil: string | null;
}

/** How long what was removed then is kept, by the Cluster's quarantine and memory. */
export function afterlifeOf(removed: string | null, { catalog }: Pick<View, 'catalog'>): Afterlife {
  if (removed === null) return { quarantinedUntil: null, rememberedUntil: null };
  const { quarantine, memory } = catalog.cluster.spec;
  const [quarantineMs, memoryMs] = [parseDuration(quarantine) ?? 0, parseDuration(memory) ?? 0];
  const after = (ms: number): string => `${new Date(Date.parse(removed) + ms).toISOString().slice(0, 19)}Z`;
  // The ledger lets go of nothing that is in quarantine.
  return { quarantinedUntil: after(quarantineMs), rememberedUntil: after(Math.max(quarantineMs, memoryMs)) };
}

/** True for what the ledger remembers as removed. */
export function isTombstone({ status }: AnyRecord): boolean {
  return 'removed' in status && status.removed !== null;
}

/** Tombstones of any kinds as a table. `namespaces` shows the tenant. */
export function tombstoneRows(records: readonly AnyRecord[], namespaces: boolean): Listing {
  const columns = ['KIND', ...(namespaces ? ['NAMESPACE'] : []), 'NAME', 'STATE', 'ADDRESS', 'REMOVED', 'QUARANTINED', 'REMEMBERED', 'FROM'];
  const rows = records.map(record => {
    const { kind, metadata, status, from } = record;
    const gone = 'removed' in status ? status : undefined;
    const address = 'address' in status ? status.address : 'cidr' in status ? status.cidr : null;
    return [
      kind,
      ...(namespaces ? [metadata.namespace ?? ''] : []),
      metadata.name,
      gone?.state ?? '',
      address ?? '',
      gone?.removed ?? '',
      gone?.quarantinedUntil ?? '',
      gone?.rememberedUntil ?? '',
      from,
    ];
  });
  return { columns, rows };
}
