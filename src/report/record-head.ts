/** What all records have in common. */
import { formatPlace } from '../model/place.ts';
import type { Definition } from '../objects/object.ts';
import type { NodeStand, State } from './state.ts';

export const API_VERSION = 'netloom.dev/v1';

export interface RecordHead {
  readonly apiVersion: typeof API_VERSION;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** `networks/blue.yaml:3`. */
  readonly from: string;
}

export interface Standing {
  readonly state: State;
  readonly reason: string;
  readonly message: string;
  readonly nodes: readonly NodeStand[];
}

/** Metadata and place of a definition, or of what the ledger remembers of it; `key` is `namespace/name` or `name`. */
export function head(def: Definition | undefined, key: string, entry: { readonly from: string } | undefined): Pick<RecordHead, 'metadata' | 'from'> {
  const [first = '', second] = key.split('/');
  const where = second === undefined ? { name: first } : { name: second, namespace: first };
  const from = def === undefined ? (entry?.from ?? '') : formatPlace({ ...def.at, col: 0 });
  return { metadata: { ...where, labels: def?.labels ?? {}, annotations: def?.annotations ?? {} }, from };
}

/** Each key once, sorted. */
export function keysOf(defined: Iterable<string>, others: Iterable<string>): readonly string[] {
  return [...new Set([...defined, ...others])].sort();
}

/** Which records of a list are wanted, asked before they are made: a state may take compiling a whole node. */
export type KeepKey = (key: string) => boolean;

export const everyKey: KeepKey = () => true;
