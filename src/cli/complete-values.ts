/**
 * Values for completion, by the name that an argument or option has in its brackets. A command that wants its argument completed calls it what it is:
 *
 * | name                                                                         | completed by                                             |
 * | `<network>` `<interface>` `<node>` `<namespace>` `<pool>` `<floatingip>` `<routedip>` | names of these objects, of the tenant of `-n`      |
 * | `<kind>`                                                                     | the kinds that its description names                     |
 * | `<ref>`, `<name>`                                                            | objects of the `<kind>` before it; of an option `--node <name>`, what the option is called; else of all kinds (`ref`) |
 * | `<instance>`                                                                 | what interfaces are of                                   |
 * | `<device>`                                                                   | network devices of this machine                          |
 * | `<file>` `<planfile>` `<path>`                                               | files                                                    |
 * | `<dir>` `<folder>` `<state-dir>`                                             | folders                                                  |
 * | `<a|b>`                                                                      | both                                                     |
 *
 * `choices()` of commander come before all that. Other names are completed by nothing.
 */
import { isPlainWord } from '../model/shell.ts';
import { parseKind, type RefKind } from '../report/resolve-ref.ts';
import type { Candidate, Line, Slot } from './complete-line.ts';

/** What values are found in. Called only when it is needed. */
export interface Sources {
  /** `namespace/name`, or `name` for kinds of the cluster, by kind; and what interfaces are of, as `Instance`. */
  readonly names: (line: Line) => ReadonlyMap<string, readonly string[]>;
  readonly devices: () => readonly string[];
}

export type Values = { readonly values: readonly Candidate[] } | 'files' | 'folders';

/** What fits into a slot and begins with what is typed. */
export function valuesFor(slot: Slot, line: Line, typed: string, sources: Sources): Values {
  if (slot.choices.length > 0) return starting(slot.choices, typed);
  const words = slot.name
    .replace(/\.\.\.$/, '')
    .split('|')
    .map(plainWord);
  if (words.some(word => FILES.has(word))) return 'files';
  if (words.some(word => FOLDERS.has(word))) return 'folders';
  return starting([...new Set(words.flatMap(word => ofWord(word, slot, line, typed, sources)))], typed);
}

const FILES: ReadonlySet<string> = new Set(['file', 'planfile', 'path']);
const FOLDERS: ReadonlySet<string> = new Set(['dir', 'folder', 'statedir']);
const ALL_KINDS: readonly RefKind[] = ['Network', 'Interface', 'Node', 'Namespace', 'AddressPool', 'FloatingIP', 'RoutedIP'];
const OF_CLUSTER: ReadonlySet<string> = new Set(['Node', 'Namespace', 'AddressPool']);

const plainWord = (word: string): string => word.toLowerCase().replaceAll(/[- ]/g, '');

function ofWord(word: string, slot: Slot, line: Line, typed: string, sources: Sources): readonly string[] {
  if (word === 'kind') return kindsIn(slot.about);
  if (word === 'device') return sources.devices();
  if (word === 'instance') return refsOf('Instance', line, typed, sources);
  return kindsFor(word, slot, line).flatMap(kind => refsOf(kind, line, typed, sources));
}

function kindsIn(text: string): readonly string[] {
  return (text.match(/[A-Za-z-]+/g) ?? []).filter(word => word === word.toLowerCase() && parseKind(word) !== null);
}

function kindsFor(word: string, { option }: Slot, { given }: Line): readonly RefKind[] {
  const own = parseKind(word);
  if (own !== null) return [own];
  if (word !== 'ref' && word !== 'name') return [];
  const meant = parseKind(option === '' ? (given.get('kind') ?? '') : plainWord(option));
  if (meant !== null) return [meant];
  return word === 'ref' && option === '' && !given.has('kind') ? ALL_KINDS : [];
}

/** Names of the tenant that is meant; those of others step by step, `acme/` first: there may be ten thousand. */
function refsOf(kind: RefKind | 'Instance', line: Line, typed: string, sources: Sources): readonly string[] {
  const keys = sources.names(line).get(kind) ?? [];
  if (OF_CLUSTER.has(kind)) return keys;
  if (typed.includes('/')) return keys;
  const namespace = line.options.get('namespace') ?? 'default';
  const here = keys.flatMap(key => (key.startsWith(`${namespace}/`) ? [key.slice(namespace.length + 1)] : []));
  if (line.said.has('namespace')) return here;
  return [...here, ...new Set(keys.map(key => `${key.split('/')[0]}/`))];
}

// What a word is may be anybody's text (`spec.instance`, a device of the kernel), and shells put it into the line as it is.
function starting(words: readonly string[], typed: string): Values {
  return {
    values: words
      .filter(word => word.startsWith(typed) && isPlainWord(word))
      .sort()
      .map(word => ({ word, about: '' })),
  };
}
