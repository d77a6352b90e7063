/** Labels and annotations: set and removed one by one; and the few fields of a spec that are set often. */
import { isKey, shown } from '../model/text.ts';
import type { Definition, InterfaceDef } from '../objects/object.ts';
import { type Change, type Definitions, edited, type Texts } from './draft.ts';
import { definitionOf } from './find.ts';
import { Refusal } from './refusal.ts';
import { removeField, setField } from './set-field.ts';

/** `value` null takes the key away. */
export interface Assignment {
  readonly key: string;
  readonly value: string | null;
}

/** `KEY=VALUE` or `KEY-`; a key with an equals sign, or any other, can stand in double quotes as JSON has them. Throws Refusal. */
export function assignmentOf(text: string): Assignment {
  const quoted = /^"(?:[^"\\]|\\.)*"/s.exec(text)?.[0];
  const end = quoted?.length ?? (text.includes('=') ? text.indexOf('=') : text.length - 1);
  const [key, rest] = [quoted === undefined ? text.slice(0, end) : unquoted(quoted), text.slice(end)];
  if (key === null || key === '' || !(rest === '-' || rest.startsWith('=')))
    throw new Refusal(`${shown(text)} sets nothing`, 'write KEY=VALUE, or KEY- to remove it; a key with an equals sign stands in double quotes: \'"a=b"=c\'');
  if (!isKey(key)) throw new Refusal(`the key ${shown(key)} is too long`, 'use at most 253 bytes (UTF-8)');
  return { key, value: rest === '-' ? null : rest.slice(1) };
}

function unquoted(text: string): string | null {
  try {
    return String(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Sets and removes keys of a definition of any kind; what they say is its author's. Throws Refusal. */
export function setMetadata({ texts }: Definitions, what: Definition, field: 'labels' | 'annotations', all: readonly Assignment[]): Change {
  const now: Texts = all.reduce(
    (left, { key, value }) =>
      edited(left, what, `${value === null ? 'remove' : 'set'} ${shown(key)} in metadata.${field}`, (text, doc) => {
        const at = { doc, path: ['metadata', field, key] };
        return value === null ? removeField(text, at) : setField(text, at, value);
      }),
    texts,
  );
  const words = all.map(({ key, value }) => (value === null ? `without ${key}` : `${key}=${value}`)).join(', ');
  const subject = `set ${field} of ${what.kind} ${what.key}: ${words}`;
  return { texts: now, subject, notes: [], about: [{ kind: what.kind, key: what.key, is: 'there' }] };
}

/** Where an Interface is; null: nowhere, everything stays allocated. Throws Refusal. */
export function setNode({ catalog, texts }: Definitions, name: string, namespace: string, node: string | null): Change {
  const what = definitionOf(catalog, 'Interface', name, namespace) as InterfaceDef;
  if (node !== null) definitionOf(catalog, 'Node', node, '');
  const now = edited(texts, what, node === null ? 'take spec.node away' : `set spec.node to ${node}`, (text, doc) => {
    const at = { doc, path: ['spec', 'node'] };
    const placed = node === null ? removeField(text, at) : setField(text, at, node);
    // It is there now, or will not go there.
    return placed === null ? null : removeField(placed, { doc, path: ['spec', 'migrateTo'] });
  });
  const subject = node === null ? `take Interface ${what.key} off its node` : `place Interface ${what.key} on Node ${node}`;
  return { texts: now, subject, notes: [], about: [{ kind: 'Interface', key: what.key, is: 'there' }] };
}

/** To which node a guest is moved while it runs: both have its port until it is placed there. Throws Refusal. */
export function setMigration({ catalog, texts }: Definitions, name: string, namespace: string, node: string): Change {
  const what = definitionOf(catalog, 'Interface', name, namespace) as InterfaceDef;
  definitionOf(catalog, 'Node', node, '');
  const now = edited(texts, what, `set spec.migrateTo to ${node}`, (text, doc) => setField(text, { doc, path: ['spec', 'migrateTo'] }, node));
  const next = `Once the guest runs there: netloom set node ${what.key} ${node}`;
  return { texts: now, subject: `migrate Interface ${what.key} to Node ${node}`, notes: [next], about: [{ kind: 'Interface', key: what.key, is: 'there' }] };
}
