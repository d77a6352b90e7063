/** The digest of a definition on one node, the same for the node that reports it and for whoever checks the report. */
import { compile, digestOf } from '../compile/compile.ts';
import type { Facts } from '../model/facts.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog, Compiled } from '../objects/object.ts';

/** A network is what it and its interfaces are; an interface is itself. */
export function definitionDigest(compiled: Compiled, catalog: Catalog): (definition: string) => string {
  const digest = digestOf(compiled);
  return definition => digest([definition, ...guestsOf(definition, catalog)]);
}

/** The definitions of a network's interfaces; none for anything else. */
export function guestsOf(definition: string, catalog: Catalog): readonly string[] {
  if (!definition.startsWith('Network ')) return [];
  return (catalog.interfacesOf.get(definition.slice('Network '.length)) ?? []).map(iface => `Interface ${iface.key}`);
}

/** What a node should report, compiled with the facts that it reported; undefined for a node that is not defined. */
export function wantedDigests(
  catalog: Catalog,
  ledger: Ledger,
  factsOf: (node: string) => Facts | undefined,
): (node: string, definition: string) => string | undefined {
  const known = new Map<string, ((definition: string) => string) | undefined>();
  return (name, definition) => {
    if (!known.has(name)) {
      const node = catalog.nodes.get(name);
      const facts = factsOf(name);
      known.set(name, node === undefined || facts === undefined ? undefined : definitionDigest(compile({ catalog, ledger, node, facts }), catalog));
    }
    return known.get(name)?.(definition);
  };
}
