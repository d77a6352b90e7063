/** allocate: what the definitions ask for against the ledger. Pure but for the clock. */
import { type Allocation, allocate } from '../allocate/allocate.ts';
import { parseDuration } from '../model/duration.ts';
import type { Ledger } from '../model/ledger.ts';
import { definitionsOf, objectKind } from '../objects/index.ts';
import type { Ask, Catalog } from '../objects/object.ts';

/** The next ledger for a catalog; the same value when nothing is to be allocated, released or forgotten. */
export function decide(catalog: Catalog, ledger: Ledger, now: Date, unreadable: readonly string[] = []): Allocation {
  const { vxids, macPrefix, quarantine, memory } = catalog.cluster.spec;
  return allocate({
    asks: asksOf(catalog),
    ledger,
    unreadable,
    nodes: [...catalog.nodes.keys()],
    now: `${now.toISOString().slice(0, 19)}Z`,
    cluster: {
      id: catalog.cluster.name,
      vxids,
      macPrefix,
      quarantineMs: parseDuration(quarantine) ?? 300_000,
      memoryMs: parseDuration(memory) ?? 30 * 86_400_000,
    },
  });
}

/** What all definitions ask to be allocated. */
export function asksOf(catalog: Catalog): readonly Ask[] {
  return [...definitionsOf(catalog)].flatMap(definition => objectKind(definition.kind).asks(definition, catalog));
}
