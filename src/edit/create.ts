/** New definitions, as people ask for them in one line. */

import { added, type Change, type Definitions } from './draft.ts';
import { assertFree, freeName } from './find.ts';
import type { NewDefinition } from './new-document.ts';
import type { Value } from './yaml-text.ts';

export type NewKind = 'Network' | 'Interface' | 'FloatingIP' | 'RoutedIP';

export interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What is undefined is not said. */
  readonly spec: { readonly [field: string]: Value | undefined };
  readonly file: string | undefined;
}

/** One definition more. Throws Refusal. */
export function create(definitions: Definitions, kind: NewKind, asked: Asked): Change {
  const { namespace, name, labels, spec, file } = asked;
  assertFree(definitions.catalog, kind, namespace, name);
  const what: NewDefinition = { kind, namespace, name, labels, spec: saidOnly(spec) };
  const { texts, note } = added(definitions, what, file);
  const key = `${namespace}/${name}`;
  return { texts, subject: `create ${kind} ${key}`, notes: [note], about: [{ kind, key, is: 'there' }] };
}

/** An Interface and a FloatingIP that leads to it. `pool`: '' where the Cluster says which. */
export function createFloated(definitions: Definitions, asked: Asked, pool: string): Change {
  const first = create(definitions, 'Interface', asked);
  const second = floatTo({ ...definitions, texts: first.texts }, { namespace: asked.namespace, interface: asked.name, pool: pool || undefined });
  const subject = `${first.subject} with FloatingIP ${second.about[0]?.key ?? ''}`;
  return { texts: second.texts, subject, notes: [...first.notes, ...second.notes], about: [...second.about, ...first.about] };
}

export interface FloatAsked {
  readonly namespace: string;
  readonly interface: string;
  readonly name?: string | undefined;
  readonly pool?: string | undefined;
  readonly address?: string | undefined;
  readonly file?: string | undefined;
}

/** A FloatingIP for an Interface, named like it where that is free. Throws Refusal. */
export function floatTo(definitions: Definitions, asked: FloatAsked): Change {
  const { namespace, interface: target, pool, address, file } = asked;
  const name = asked.name ?? freeName(definitions.catalog, 'FloatingIP', namespace, target);
  return create(definitions, 'FloatingIP', { namespace, name, labels: {}, spec: { pool, interface: target, address }, file });
}

function saidOnly(spec: Asked['spec']): NewDefinition['spec'] {
  return Object.fromEntries(Object.entries(spec).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
