/** Links of one namespace by what they are asked for, each looked up once: a node has ten thousand. */
import type { FdbRow, LinkRow } from './rows.ts';

export interface LinkIndex {
  readonly named: (ifname: string) => LinkRow | undefined;
  /** VXLAN devices with this id. */
  readonly vxlans: (vni: number) => readonly LinkRow[];
  /** What is in a bridge. */
  readonly ports: (bridge: string) => readonly LinkRow[];
  /** What stands on a link: VLAN devices, macvlans. */
  readonly uppers: (ifname: string) => readonly LinkRow[];
  readonly entries: (ifname: string) => readonly FdbRow[];
}

export function indexOf({ links, fdb }: { readonly links: readonly LinkRow[]; readonly fdb: readonly FdbRow[] }): LinkIndex {
  return {
    named: first(links, ({ ifname }) => ifname),
    vxlans: all(links, ({ linkinfo }) => (linkinfo?.info_kind === 'vxlan' ? Number(linkinfo.info_data?.['id']) : undefined)),
    ports: all(links, ({ master }) => master),
    uppers: all(links, ({ link, linkinfo }) => (linkinfo?.info_kind === 'veth' ? undefined : link)),
    entries: all(fdb, ({ ifname }) => ifname),
  };
}

function first<K, V>(rows: readonly V[], keyOf: (row: V) => K | undefined): (key: K) => V | undefined {
  const found = all(rows, keyOf);
  return key => found(key)[0];
}

// Made when it is first asked for: most nodes have nothing to take over.
function all<K, V>(rows: readonly V[], keyOf: (row: V) => K | undefined): (key: K) => readonly V[] {
  let found: Map<K, V[]> | undefined;
  return key => {
    found ??= grouped(rows, keyOf);
    return found.get(key) ?? [];
  };
}

function grouped<K, V>(rows: readonly V[], keyOf: (row: V) => K | undefined): Map<K, V[]> {
  const found = new Map<K, V[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === undefined) continue;
    const some = found.get(key);
    if (some === undefined) found.set(key, [row]);
    else some.push(row);
  }
  return found;
}
