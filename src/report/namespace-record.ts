/** A tenant as `get` and `describe` show it: what it has, and what it may have. */
import { COUNTED, poolNamesOf, type Quotas, quotasOf } from '../objects/tenancy.ts';
import { counts } from './census.ts';
import { type Field, named, sections } from './describe-parts.ts';
import { API_VERSION, head, keysOf, type RecordHead } from './record-head.ts';
import type { View } from './state.ts';
import { fields } from './table.ts';

export interface NamespaceRecord extends RecordHead {
  readonly kind: 'Namespace';
  readonly spec: object;
  readonly status: Readonly<Record<keyof Quotas, number>> & {
    /** The most of each; null: no bound. */
    readonly quotas: Readonly<Record<keyof Quotas, number | null>>;
    /** Pools that it may use, the default first; null: all. */
    readonly pools: readonly string[] | null;
    /** Its network that a template makes: `bakery/main`. */
    readonly mainNetwork: string | null;
  };
}

/** Tenants: those that are defined, and those that are only named by an object. */
export function namespaceRecords({ catalog }: View): readonly NamespaceRecord[] {
  const counted = COUNTED.map(({ field, all }) => ({ field, by: counts([...all(catalog).values()].map(({ namespace }) => namespace)) }));
  const used = counted.flatMap(({ by }) => [...by.keys()]);
  return keysOf(catalog.namespaces.keys(), used).map(name => {
    const def = catalog.namespaces.get(name);
    const most = quotasOf(name, catalog);
    const main = catalog.networks.get(`${name}/main`);
    const each = <T>(value: (of: (typeof counted)[number]) => T) => Object.fromEntries(counted.map(of => [of.field, value(of)])) as Record<keyof Quotas, T>;
    const status = {
      ...each(({ by }) => by.get(name) ?? 0),
      quotas: each(({ field }) => most[field] ?? null),
      pools: poolNamesOf(name, catalog) ?? null,
      mainNetwork: main?.made === undefined ? null : main.key,
    };
    return { apiVersion: API_VERSION, kind: 'Namespace', ...head(def, name, undefined), spec: def?.spec ?? {}, status };
  });
}

/** `2/3`: what there is, and what there may be; a number alone has no bound. */
export function usedText({ status }: NamespaceRecord, field: keyof Quotas): string {
  const most = status.quotas[field];
  return most === null ? String(status[field]) : `${status[field]}/${most}`;
}

/** `quay,edge`; `all` without a list, `none` with an empty one. */
export function poolsText({ status: { pools } }: NamespaceRecord): string {
  return pools === null ? 'all' : pools.join(',') || 'none';
}

/** A tenant. */
export function describeNamespace(record: NamespaceRecord, width: number | undefined): string {
  const { quotas, mainNetwork } = record.status;
  const used = (label: string, field: keyof Quotas): Field => [label, `${record.status[field]}${quotas[field] === null ? '' : ` of at most ${quotas[field]}`}`];
  const shown: readonly Field[] = [
    ...named('Namespace', record),
    used('Networks', 'networks'),
    used('Interfaces', 'interfaces'),
    used('Floating', 'floatingIPs'),
    used('Routed', 'routedIPs'),
    ['Pools', poolsText(record)],
    ['Main network', mainNetwork ?? ''],
  ];
  return sections([fields(shown, width)]);
}
