/** Addresses of the outside: led to an Interface and away from it, routed into a Network and not any more. */
import type { FloatingIPDef, InterfaceDef, NetworkDef, RoutedIPDef } from '../objects/object.ts';
import { create, type FloatAsked, floatTo } from './create.ts';
import { remove } from './delete.ts';
import { type Change, type Definitions, edited } from './draft.ts';
import { definitionOf, freeName } from './find.ts';
import { Refusal } from './refusal.ts';
import { addItem, removeField, setField } from './set-field.ts';

/** A FloatingIP leads to the Interface: a new one, or the one of that name, which is moved. Throws Refusal. */
export function float(definitions: Definitions, asked: FloatAsked): Change {
  const { catalog, texts } = definitions;
  const target = definitionOf(catalog, 'Interface', asked.interface, asked.namespace);
  const { namespace, name } = target;
  const has = floatingOf(definitions, target as InterfaceDef);
  const there = asked.name === undefined ? undefined : catalog.floatingIPs.get(`${namespace}/${asked.name}`);
  const [other] = has.filter(each => each !== there);
  if (other !== undefined)
    throw new Refusal(
      `FloatingIP ${other.key} leads to Interface ${target.key} already (${other.at.file}:${other.at.line})`,
      `netloom defloat ${target.key} ends that`,
    );
  if (there === undefined) return floatTo(definitions, { ...asked, namespace, interface: name });
  if (asked.pool !== undefined || asked.address !== undefined)
    throw new Refusal(
      `there is a FloatingIP ${there.key} already: it keeps its address when it moves`,
      'leave out --pool and --address, or choose another --name',
    );
  const moved = edited(texts, there, `set spec.interface to ${name}`, (text, doc) => setField(text, { doc, path: ['spec', 'interface'] }, name));
  const from = there.spec.interface === undefined ? 'held for later' : `which led to Interface ${namespace}/${there.spec.interface}`;
  const subject = `float Interface ${target.key} by FloatingIP ${there.key}`;
  return { texts: moved, subject, notes: [`FloatingIP ${there.key}, ${from}, leads to it.`], about: [{ kind: 'FloatingIP', key: there.key, is: 'there' }] };
}

/** No FloatingIP leads to the Interface any more: they go, or are kept for later. Throws Refusal. */
export function defloat(definitions: Definitions, name: string, namespace: string, keep: boolean): Change {
  const target = definitionOf(definitions.catalog, 'Interface', name, namespace);
  const has = floatingOf(definitions, target as InterfaceDef);
  const [first] = has;
  if (first === undefined)
    throw new Refusal(`no FloatingIP leads to Interface ${target.key}`, `netloom get floatingips -n ${target.namespace} lists those that there are`);
  let change: Pick<Change, 'texts'> = definitions;
  // From the last document of a file on, so that the others keep their number.
  for (const each of [...has].sort((a, b) => b.doc - a.doc)) {
    change = keep ? { texts: unled({ ...definitions, texts: change.texts }, each) } : remove({ ...definitions, texts: change.texts }, each, false);
  }
  const subject = `defloat Interface ${target.key}: ${has.map(each => `FloatingIP ${each.key}`).join(', ')} ${keep ? 'held for later' : 'deleted'}`;
  return { texts: change.texts, subject, notes: [], about: [{ kind: 'FloatingIP', key: first.key, is: keep ? 'there' : 'gone' }] };
}

function unled({ texts }: Definitions, each: FloatingIPDef): Change['texts'] {
  return edited(texts, each, 'take spec.interface away', (text, doc) => removeField(text, { doc, path: ['spec', 'interface'] }));
}

function floatingOf({ catalog }: Definitions, { namespace, name }: InterfaceDef): readonly FloatingIPDef[] {
  return [...catalog.floatingIPs.values()].filter(each => each.namespace === namespace && each.spec.interface === name);
}

export interface RouteAsked {
  readonly namespace: string;
  readonly network: string;
  readonly name?: string | undefined;
  readonly pool?: string | undefined;
  readonly address?: string | undefined;
  /** Interfaces that may carry it. */
  readonly carriers: readonly string[];
  readonly file?: string | undefined;
}

/** A RoutedIP into a Network, and its name at the Interfaces that may carry it. Throws Refusal. */
export function route(definitions: Definitions, asked: RouteAsked): Change {
  const { pool, address, carriers, file } = asked;
  const network = definitionOf(definitions.catalog, 'Network', asked.network, asked.namespace) as NetworkDef;
  const { namespace } = network;
  const name = asked.name ?? freeName(definitions.catalog, 'RoutedIP', namespace, network.name);
  const change = create(definitions, 'RoutedIP', { namespace, name, labels: {}, spec: { pool, network: network.name, address }, file });
  let { texts } = change;
  for (const carrier of carriers.map(each => definitionOf(definitions.catalog, 'Interface', each, namespace)))
    texts = edited(texts, carrier, `add ${name} to spec.routedIPs`, (text, doc) => addItem(text, { doc, path: ['spec', 'routedIPs'] }, name));
  const lonely = 'No Interface may carry it yet: name those that may in their spec.routedIPs, or with --interface.';
  return { ...change, texts, notes: carriers.length === 0 ? [...change.notes, lonely] : change.notes };
}

/**
 * Without a RoutedIP, and without its name at Interfaces. Throws Refusal.
 *
 * @param ref        its name, or its address
 * @param allocated  keys of those that the address was allocated to, where that is known
 */
export function unroute(definitions: Definitions, ref: string, namespace: string, allocated: readonly string[]): Change {
  return remove(definitions, routedBy(definitions, ref, namespace, allocated), false);
}

function routedBy({ catalog }: Definitions, ref: string, namespace: string, allocated: readonly string[]): RoutedIPDef {
  const found = [...catalog.routedIPs.values()].filter(each => each.spec.address === ref || allocated.includes(each.key));
  const [one, ...others] = found;
  if (one === undefined) return definitionOf(catalog, 'RoutedIP', ref, namespace) as RoutedIPDef;
  if (others.length === 0) return one;
  throw new Refusal(`${ref} is the address of ${found.map(each => each.key).join(' and ')}`, 'say which one by its name');
}
