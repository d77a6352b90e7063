/** Definitions that go, with those that stand on them where that is asked for. */
import { standing } from '../consent/lived.ts';
import { PROTECT } from '../model/annotations.ts';
import { formatPlace } from '../model/place.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, Definition, InterfaceDef } from '../objects/object.ts';
import { type Change, type Definitions, edited, type Texts, without } from './draft.ts';
import { Refusal } from './refusal.ts';
import { removeItem } from './set-field.ts';

/** Without a definition. Throws Refusal that names what stands on it, unless that is to go too. */
export function remove({ catalog, texts }: Definitions, what: Definition, withDependants: boolean): Change {
  if (what.kind === 'Cluster')
    throw new Refusal('the Cluster is what all else stands on: it is not deleted', 'netloom leave, on each node, takes all of it away');
  const dependants = dependantsOf(catalog, what);
  if (dependants.length > 0 && !withDependants) {
    const named = dependants.map(each => `\n  ${each.kind} ${each.key} (${formatPlace(each.at)})`).join('');
    throw new Refusal(`${what.kind} ${what.key} is what these stand on:${named}`, 'delete these first, or all of them at once with --with-dependants');
  }
  const all = [what, ...dependants];
  const kept = all.find(each => each.annotations[PROTECT] === 'true');
  if (kept !== undefined)
    throw new Refusal(
      `${kept.kind} ${kept.key} is protected (${formatPlace(kept.at)}): nodes refuse a revision that deletes it`,
      `take the annotation off first, in a commit of its own: netloom set metadata ${kept.kind.toLowerCase()} ${kept.key} --annotation ${PROTECT}-`,
    );
  const along = dependants.length === 0 ? '' : ` with ${dependants.map(each => `${each.kind} ${each.key}`).join(', ')}`;
  return {
    texts: without(unnamed(catalog, texts, all), all),
    subject: `delete ${what.kind} ${what.key}${along.length > 200 ? ` with ${dependants.length} that stand on it` : along}`,
    notes: [],
    about: [{ kind: what.kind, key: what.key, is: 'gone' }],
  };
}

/** What would not be what it is without a definition, and what stands on those; in the order of their files. */
function dependantsOf(catalog: Catalog, what: Definition): readonly Definition[] {
  const all = [...definitionsOf(catalog)].filter(each => each.kind !== 'Cluster');
  const gone = new Set([`${what.kind} ${what.key}`]);
  const found: Definition[] = [];
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const each of all) {
      const name = `${each.kind} ${each.key}`;
      const isIn = what.kind === 'Namespace' && each.namespace === what.name;
      if (gone.has(name) || !(isIn || standing(each, catalog).standsOn.some(on => gone.has(on)))) continue;
      gone.add(name);
      found.push(each);
    }
  }
  return found.sort((a, b) => (a.at.file === b.at.file ? a.doc - b.doc : a.at.file < b.at.file ? -1 : 1));
}

// An Interface only names the RoutedIPs that it may carry: it stays, without the name.
function unnamed(catalog: Catalog, texts: Texts, gone: readonly Definition[]): Texts {
  let left = texts;
  for (const { namespace, name } of gone.filter(each => each.kind === 'RoutedIP')) {
    for (const carrier of carriersOf(catalog, namespace, name).filter(each => !gone.includes(each)))
      left = edited(left, carrier, `take ${name} out of spec.routedIPs`, (text, doc) => removeItem(text, { doc, path: ['spec', 'routedIPs'] }, name));
  }
  return left;
}

function carriersOf(catalog: Catalog, namespace: string, name: string): readonly InterfaceDef[] {
  return [...catalog.interfaces.values()].filter(each => each.namespace === namespace && (each.spec.routedIPs ?? []).includes(name));
}
