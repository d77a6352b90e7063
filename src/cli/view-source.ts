/** Options of the commands that look, and what they see. */
import { existsSync } from 'node:fs';
import { type Seen, see } from '../pass/view.ts';
import { parseKind, type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
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
export async function look(options: ViewOptions): Promise<Seen> {
  const seen = await see(options.repo === undefined ? loadConfig(options.config) : adHoc(options.repo, options.statusBranch));
  for (const remark of seen.remarks) say(remark);
  return seen;
}

/** Which node this is, where it is one: null with --repo, and without a configuration. */
export function hereIn(options: Pick<ViewOptions, 'config' | 'repo'>): { readonly node: string; readonly stateDir: string } | null {
  if (options.repo !== undefined || !existsSync(options.config)) return null;
  const { node, stateDir } = loadConfig(options.config);
  return { node, stateDir };
}

/** A repository that nobody configured, by its url. */
export function adHoc(url: string, statusBranch: string): Parameters<typeof see>[0] {
  return { repo: { url, branch: 'main', path: '' }, status: { url: '', branch: statusBranch }, stateDir: '/nonexistent' };
}

/** `networks`, `network`, `net` ... Throws CommandError that names the kinds. */
export function kindOf(word: string): RefKind {
  const kind = parseKind(word);
  if (kind === null)
    throw new CommandError(`${JSON.stringify(word)} is no kind`, { hint: 'networks, interfaces, nodes, namespaces, pools, floatingips or routedips' });
  return kind;
}

/** The key of the one object that `ref` means. Throws CommandError with the candidates. */
export function keyOf(ref: string, kind: RefKind, options: Pick<ViewOptions, 'namespace' | 'allNamespaces'>, seen: Pick<Seen, 'catalog' | 'ledger'>): string {
  const found = resolveRef(ref, kind, options.allNamespaces ? null : options.namespace, refIndex(seen));
  if ('key' in found) return found.key;
  const hint =
    found.candidates.length === 0 ? `netloom get ${kind.toLowerCase()} -A lists all there are` : `candidates: ${found.candidates.slice(0, 10).join(', ')}`;
  throw new CommandError(found.message, { hint });
}
