/** What `netloom get` was asked for, and the records that are that. */
import { type LabelSelector, selects } from '../model/label-selector.ts';
import type { Seen } from '../pass/view.ts';
import { pluralWord, REF_KINDS } from '../report/kind-words.ts';
import type { KeepKey } from '../report/record-head.ts';
import type { AnyRecord } from '../report/records.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import type { RowOptions } from '../report/rows.ts';
import { type SortKey, sorted, sortKeyOf } from '../report/sort-records.ts';
import { isTombstone } from '../report/tombstones.ts';
import { CommandError } from './exit.ts';
import { viewOf } from './view-kinds.ts';
import type { Form } from './view-output.ts';
import { keyOf, kindOf, labelsIn, selectorOf, type ViewOptions } from './view-source.ts';

export interface GetOptions extends ViewOptions {
  readonly output: Form;
  readonly network?: string;
  readonly selector?: string;
  readonly showLabels?: true;
  readonly labelColumns?: readonly string[];
  readonly sortBy?: string;
  readonly deleted?: true;
  readonly watch?: true;
  readonly poll: string;
}

/** What was asked for. */
export interface Wanted {
  readonly kinds: readonly RefKind[];
  readonly ref: string | undefined;
  readonly selector: LabelSelector;
  readonly keys: ReadonlyMap<RefKind, SortKey>;
  readonly options: GetOptions;
}

/** Throws CommandError for what does not go together. */
export function wantedBy(word: string | undefined, ref: string | undefined, options: GetOptions): Wanted {
  const kinds = kindsOf(word, options);
  if (ref !== undefined && kinds.length > 1) throw new CommandError('a REF goes with one kind', { hint: 'netloom get network REF' });
  if (options.network !== undefined && !(kinds.length === 1 && kinds[0] === 'Interface'))
    throw new CommandError('--network goes with interfaces', { hint: 'get interfaces --network NAME' });
  if (ref !== undefined && options.selector !== undefined) throw new CommandError('-l and a REF exclude each other', { hint: 'leave one of them out' });
  if (options.deleted && options.watch) throw new CommandError('--deleted and --watch exclude each other', { hint: 'get KIND --watch tells what goes' });
  return { kinds, ref, selector: selectorOf(options.selector), keys: sortKeys(kinds, options.sortBy), options };
}

function kindsOf(word: string | undefined, { deleted }: GetOptions): readonly RefKind[] {
  if (word === undefined && !deleted) throw new CommandError('which kind?', { hint: `${REF_KINDS.map(pluralWord).join(', ')}, or all` });
  if (word === undefined || word === 'all') return deleted ? REF_KINDS.filter(leavesTombstones) : REF_KINDS;
  const kinds = [...new Set(word.split(',').map(kindOf))];
  const without = deleted ? kinds.find(kind => !leavesTombstones(kind)) : undefined;
  if (without !== undefined)
    throw new CommandError(`nothing is remembered of ${pluralWord(without)} that were removed`, { hint: 'git log has their definitions' });
  return kinds;
}

function leavesTombstones(kind: RefKind): boolean {
  return kind !== 'Node' && kind !== 'Namespace';
}

// A word that none of several kinds has is a slip; one that some have sorts these.
function sortKeys(kinds: readonly RefKind[], word: string | undefined): ReadonlyMap<RefKind, SortKey> {
  const keys = new Map<RefKind, SortKey>();
  if (word === undefined) return keys;
  const known: string[] = [];
  for (const kind of kinds) {
    const key = sortKeyOf(word, kind);
    if (typeof key === 'function') keys.set(kind, key);
    else known.push(...key.known);
  }
  if (keys.size === 0) throw new CommandError(`--sort-by ${word} is no column`, { hint: `${[...new Set(known)].join(', ')}, or a path: .status.address` });
  return keys;
}

/** The records that are wanted of one kind, in their order. Throws CommandError where a REF means none. */
export function recordsOf(kind: RefKind, { ref, selector, keys, options }: Wanted, seen: Seen): readonly AnyRecord[] {
  if (ref !== undefined) return [one(kind, ref, options, seen)];
  const of = options.network === undefined ? undefined : keyOf(options.network, 'Network', options, seen);
  const tenant = of?.split('/')[0] ?? options.namespace;
  const isAnywhere = options.allNamespaces === true && of === undefined;
  const labels = selector.length === 0 ? null : labelsIn(seen.catalog);
  const keep: KeepKey = name =>
    (isAnywhere || !name.includes('/') || name.startsWith(`${tenant}/`)) && (labels === null || selects(selector, labels(`${kind} ${name}`)));
  const records = viewOf(kind)
    .list(seen, options.deleted === true, keep)
    .filter(record => keep(nameIn(record)) && (!options.deleted || isTombstone(record)) && (of === undefined || isIn(record, of)));
  const key = keys.get(kind);
  return key === undefined ? records : sorted(records, key);
}

/** `namespace/name`, or the name of what has no tenant. */
export function nameIn({ metadata: { namespace, name } }: AnyRecord): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function isIn(record: AnyRecord, network: string): boolean {
  return record.kind === 'Interface' && record.status.network === network;
}

function one(kind: RefKind, ref: string, options: GetOptions, seen: Seen): AnyRecord {
  const key = keyOf(ref, kind, options, seen);
  const found = viewOf(kind).one(key, seen);
  if (found === null) throw new CommandError(`there is no ${kind} ${key}`, { hint: `netloom get ${kind.toLowerCase()} -A` });
  return found;
}

/** How rows are to be shown. */
export function rowOptions({ options }: Wanted, seen: Seen): RowOptions {
  const { output, allNamespaces, labelColumns = [], showLabels = false } = options;
  const wide = output === 'wide';
  return { wide, namespaces: wide || allNamespaces === true, labels: labelColumns, showLabels, now: seen.now };
}
