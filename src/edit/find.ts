/** The one definition that a person means: exact names only, since what is edited must not be guessed. */
import { nearest, shown } from '../model/text.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, Definition, KindName } from '../objects/object.ts';
import { Refusal } from './refusal.ts';

/** `name` in a namespace, or `namespace/name`; of kinds of the cluster the name. Throws Refusal. */
export function definitionOf(catalog: Catalog, kind: KindName, name: string, namespace: string): Definition {
  const all = [...definitionsOf(catalog)].filter(each => each.kind === kind);
  const isOfTenant = all.some(each => each.namespace !== '') || TENANTS.has(kind);
  const key = isOfTenant && !name.includes('/') ? `${namespace}/${name}` : name;
  const found = all.find(each => each.key === key);
  if (found !== undefined) return found;
  const [elsewhere] = all.filter(each => each.name === name);
  const near = nearest(
    key,
    all.map(each => each.key),
  );
  const hint =
    elsewhere !== undefined
      ? `there is ${elsewhere.key}: name the tenant with -n ${elsewhere.namespace}`
      : near !== null
        ? `did you mean ${near}? names are taken as they are here, not abbreviated`
        : `those that there are: ${orNone(all.map(each => each.key))}`;
  throw new Refusal(`there is no ${kind} ${shown(key).slice(1, -1)} in the definitions`, hint);
}

function orNone(keys: readonly string[]): string {
  const rest = keys.length > SHOWN ? ` and ${keys.length - SHOWN} more` : '';
  return keys.length === 0 ? 'none' : keys.slice(0, SHOWN).join(', ') + rest;
}

const SHOWN = 10;

const TENANTS: ReadonlySet<KindName> = new Set(['Network', 'Interface', 'FloatingIP', 'RoutedIP']);

/** Throws Refusal where a definition of that name is there already. */
export function assertFree(catalog: Catalog, kind: KindName, namespace: string, name: string): void {
  const there = [...definitionsOf(catalog)].find(each => each.kind === kind && each.key === `${namespace}/${name}`);
  if (there === undefined) return;
  throw new Refusal(`there is a ${kind} ${there.key} already, in ${there.at.file}:${there.at.line}`, 'choose another name, or edit that one');
}

/** `name`, else `name-2`, `name-3`, …: the first that no definition of the kind has. */
export function freeName(catalog: Catalog, kind: KindName, namespace: string, name: string): string {
  const taken = new Set([...definitionsOf(catalog)].filter(each => each.kind === kind && each.namespace === namespace).map(each => each.name));
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) {
    const next = `${name.slice(0, 58)}-${n}`;
    if (!taken.has(next)) return next;
  }
}
