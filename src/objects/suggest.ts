/** What a name that is not defined was probably meant to be. Bounded: a thousand wrong names must not be compared with a thousand right ones. */
import { nearest } from '../model/text.ts';
import type { Catalog } from './object.ts';

/** So many searches for one catalog; whoever has more wrong names than this has another problem than spelling. */
const SEARCHES = 200;

interface Names {
  left: number;
  readonly networks: ReadonlyMap<string, readonly string[]>;
  /** Namespace of the first network of a name. */
  readonly home: ReadonlyMap<string, string>;
}

const KNOWN = new WeakMap<Catalog, Names>();

/** The nearest of `candidates`, or null. */
export function suggestion(catalog: Catalog, word: string, candidates: Iterable<string>): string | null {
  const names = namesOf(catalog);
  names.left -= 1;
  return names.left < 0 ? null : nearest(word, candidates);
}

/** Names of the networks of a namespace. */
export function networkNames(catalog: Catalog, namespace: string): readonly string[] {
  return namesOf(catalog).networks.get(namespace) ?? [];
}

/** A namespace that has a network of this name; null when none has. */
export function networkElsewhere(catalog: Catalog, name: string): string | null {
  return namesOf(catalog).home.get(name) ?? null;
}

function namesOf(catalog: Catalog): Names {
  let names = KNOWN.get(catalog);
  if (names === undefined) {
    names = indexed(catalog);
    KNOWN.set(catalog, names);
  }
  return names;
}

function indexed(catalog: Catalog): Names {
  const networks = new Map<string, string[]>();
  const home = new Map<string, string>();
  for (const { namespace, name } of catalog.networks.values()) {
    const own = networks.get(namespace);
    if (own === undefined) networks.set(namespace, [name]);
    else own.push(name);
    if (!home.has(name)) home.set(name, namespace);
  }
  return { left: SEARCHES, networks, home };
}
