/** Options of the commands that look, and what they see. */
import { existsSync } from 'node:fs';
import { type LabelSelector, parseSelector } from '../model/label-selector.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog } from '../objects/object.ts';
import { type Lookout, lookout, type Seen } from '../pass/view.ts';
import { asOfText } from '../report/freshness.ts';
import { kindsCalled, pluralWord, REF_KINDS } from '../report/kind-words.ts';
import { type Manner, type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
import { loadConfig } from './config.ts';
import { CommandError } from './exit.ts';
import { say } from './terminal.ts';

export interface ViewOptions {
  readonly config: string;
  readonly repo?: string;
  readonly statusBranch: string;
  readonly namespace: string;
  readonly allNamespaces?: true;
}

/** Looks at the repository of --repo, else at the configured one; remarks go to stderr. */
export async function look(options: Pick<ViewOptions, 'config' | 'repo' | 'statusBranch'>): Promise<Seen> {
  const seen = await (await lookoutOf(options)).see();
  for (const remark of seen.remarks) say(remark);
  return seen;
}

/** The same, to look more than once; `stop` ends what is under way. */
export function lookoutOf(options: Pick<ViewOptions, 'config' | 'repo' | 'statusBranch'>, stop?: AbortSignal): Promise<Lookout> {
  return lookout(options.repo === undefined ? loadConfig(options.config) : adHoc(options.repo, options.statusBranch), { stop });
}

/** Says, beside what was printed for people, how old it is. */
export function sayAge(seen: Seen): void {
  say(`as of ${asOfText(seen)}`);
}

/** Which node this is, where it is one: null with --repo, and without a configuration. */
export function hereIn(options: Pick<ViewOptions, 'config' | 'repo'>): { readonly node: string; readonly stateDir: string } | null {
  if (options.repo !== undefined || !existsSync(options.config)) return null;
  const { node, stateDir } = loadConfig(options.config);
  return { node, stateDir };
}

/** A repository that nobody configured, by its url. */
export function adHoc(url: string, statusBranch: string): Parameters<typeof lookout>[0] {
  return { repo: { url, branch: 'main', path: '' }, status: { url: '', branch: statusBranch }, stateDir: '/nonexistent' };
}

/** `networks`, `network`, `net`, `netw` ... Throws CommandError that names the kinds. */
export function kindOf(word: string): RefKind {
  const [kind, ...more] = kindsCalled(word);
  if (kind === undefined) throw new CommandError(`${JSON.stringify(word)} is no kind`, { hint: `${listed(REF_KINDS)}` });
  if (more.length > 0) throw new CommandError(`${word} could be ${listed([kind, ...more])}`, { hint: 'a letter more decides' });
  return kind;
}

function listed(kinds: readonly RefKind[]): string {
  const words = kinds.map(pluralWord);
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The key of the one object that `ref` means. Throws CommandError with the candidates. */
export function keyOf(
  ref: string,
  kind: RefKind,
  options: Pick<ViewOptions, 'namespace' | 'allNamespaces'>,
  seen: Pick<Seen, 'catalog' | 'ledger'>,
  manner: Manner = {},
): string {
  const found = resolveRef(ref, kind, options.allNamespaces ? null : options.namespace, refIndex(seen, kind), manner);
  if ('key' in found) return found.key;
  const hint =
    found.candidates.length === 0 ? `netloom get ${kind.toLowerCase()} -A lists all there are` : `candidates: ${found.candidates.slice(0, 10).join(', ')}`;
  throw new CommandError(found.message, { hint });
}

/** Reads `-l`; absent = everything. Throws CommandError that shows where it is wrong. */
export function selectorOf(text: string | undefined): LabelSelector {
  const read = parseSelector(text ?? '');
  if (!('message' in read)) return read;
  const shown = `${text}\n  ${' '.repeat(read.column - 1)}^ ${read.message}`;
  throw new CommandError(`-l is no selector, at character ${read.column}:\n  ${shown}`, {
    hint: 'role=web, role!=web, role in (a,b), role notin (a,b), role, !role',
  });
}

/** The labels of what is defined, by `Network default/demo`; none of what is not. */
export function labelsIn(catalog: Catalog): (definition: string) => Readonly<Record<string, string>> {
  const labels = new Map([...definitionsOf(catalog)].map(def => [`${def.kind} ${def.key}`, def.labels]));
  return definition => labels.get(definition) ?? {};
}
