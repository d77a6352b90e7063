/** Definitions with edits on their way: texts by path, from which nothing is written before all of it is known to be valid. */
import { formatPlace } from '../model/place.ts';
import type { Catalog, Definition, KindName } from '../objects/object.ts';
import { appendDocument, definitionText, homeOf, type NewDefinition, schemaFor } from './new-document.ts';
import { Refusal } from './refusal.ts';
import { removeDocument } from './remove-document.ts';
import type { Edited } from './set-field.ts';

/** By path below the folder of the definitions; null: the file is gone. */
export type Texts = ReadonlyMap<string, string | null>;

/** What an edit begins with. */
export interface Definitions {
  readonly catalog: Catalog;
  readonly texts: Texts;
}

/** What it comes to. */
export interface Change {
  /** All texts as they are to be. */
  readonly texts: Texts;
  /** The subject of a commit, in the words of networks: `create Network bakery/shop`. */
  readonly subject: string;
  /** Sentences: which file was chosen and why, what goes along. */
  readonly notes: readonly string[];
  /** What it is about: what --wait waits for, and of which it shows the last. */
  readonly about: readonly About[];
}

export interface About {
  readonly kind: KindName;
  readonly key: string;
  readonly is: 'there' | 'gone';
}

/** With one definition more; `file` says where, instead of the repository's habit. */
export function added({ catalog, texts }: Definitions, what: NewDefinition, file: string | undefined): { readonly texts: Texts; readonly note: string } {
  const home = file === undefined ? homeOf(what, catalog) : { file, why: 'as --file says' };
  const before = texts.get(home.file) ?? null;
  const document = definitionText(what, schemaFor(what.kind, home.file, texts));
  const text = before === null ? document : appendDocument(before, document);
  if (text === null)
    throw new Refusal(`${home.file} is written in a way that is not edited by machine`, 'name another file with --file, or add the definition by hand');
  return { texts: new Map([...texts, [home.file, text]]), note: `${keyed(what)} goes into ${home.file}: ${home.why}.` };
}

function keyed({ kind, namespace, name }: NewDefinition): string {
  return `${kind} ${namespace}/${name}`;
}

/** Without these definitions; a file that held nothing else goes. What a template made goes with the template alone. */
export function without(texts: Texts, definitions: readonly Definition[]): Texts {
  const left = new Map(texts);
  const written = definitions.filter(each => !definitions.some(other => isMadeBy(each, other)));
  // From the last of a file on, so that the others keep their number.
  for (const each of [...written].sort((a, b) => b.doc - a.doc)) {
    assertWritten(each);
    const text = removeDocument(left.get(each.at.file) ?? '', each.doc);
    if (text === null) throw byHand(each, `take ${each.kind} ${each.key} out of it by hand`);
    left.set(each.at.file, text === '' ? null : text);
  }
  return left;
}

/** With one definition's text edited. `what`: what a person would do by hand: `set spec.node to n2`. */
export function edited(texts: Texts, definition: Definition, what: string, edit: (text: string, doc: number) => Edited): Texts {
  assertWritten(definition);
  const text = edit(texts.get(definition.at.file) ?? '', definition.doc);
  if (text === null) throw byHand(definition, `${what} of ${definition.kind} ${definition.key} by hand`);
  return new Map([...texts, [definition.at.file, text]]);
}

function isMadeBy({ made }: Definition, other: Definition): boolean {
  return made !== undefined && made[0].on.kind === other.kind && made[0].on.key === other.key;
}

// It has no document of its own: what stands at its place is another's.
function assertWritten({ kind, key, made, at }: Definition): void {
  if (made === undefined) return;
  const [{ on }] = made;
  throw new Refusal(
    `${kind} ${key} has no document of its own: ${on.kind} ${on.name} has it made from a template (${formatPlace(at)})`,
    'edit that template, or end it with spec.mainNetwork: false there',
  );
}

function byHand({ at }: Definition, hint: string): Refusal {
  return new Refusal(`${formatPlace(at)} is written in a way that is not edited by machine (an anchor, a tag, a template)`, hint);
}
