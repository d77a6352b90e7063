/** What plan and apply speak for: a configured node with what it last accepted, or a folder with a node's name. */
import { existsSync } from 'node:fs';
import { nearest } from '../model/text.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import type { Target } from '../pass/enforce.ts';
import { loadGood, loadKeptLedger } from '../pass/kept.ts';
import { loadFolder, settleLocally } from '../pass/local.ts';
import { loadCached } from '../pass/parsed-cache.ts';
import { folderSource, sourceOf } from '../pass/saved-plan.ts';
import type { PlanSource } from '../plan/saved-plan.ts';
import { loadConfig } from './config.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT } from './exit.ts';

export interface NodeOptions {
  readonly config: string;
  readonly local?: string;
  readonly node?: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
}

export interface NodeContext {
  readonly target: Target;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** What could not be allocated, as sentences. */
  readonly pending: readonly string[];
  /** Sentences about this node that change nothing of what is wanted. */
  readonly remarks: readonly string[];
  /** What the target was made of. */
  readonly source: PlanSource;
}

/** A folder: validated whole, allocated against the ledger in the state directory. */
export async function localContext(options: NodeOptions, keepLedger: boolean): Promise<NodeContext> {
  const dir = options.local ?? '.';
  if (!existsSync(dir)) throw new CommandError(`there is no folder ${dir}`, { hint: 'name the folder that holds the definitions' });
  const { catalog, diagnostics, remarks, files } = await loadFolder(dir, options.stateDir);
  if (catalog === null) throw new CommandError(formatDiagnostics(diagnostics), { exitCode: EXIT.invalid, hint: `netloom validate ${dir}` });
  const node = nodeOf(catalog, options.node ?? onlyNode(catalog));
  const settled = await settleLocally(catalog, options.stateDir, keepLedger);
  const pending = settled.pending.map(ask => `${ask.definition}: ${ask.message}`);
  return {
    target: { catalog, ledger: settled.ledger, node },
    stateDir: options.stateDir,
    runtimeDir: options.runtimeDir,
    pending,
    remarks,
    source: folderSource(dir, files),
  };
}

/** Throws CommandError for a --node that would not be heeded. */
export function checkNodeOption({ node }: Pick<NodeOptions, 'node'>): void {
  if (node !== undefined) throw new CommandError('--node goes with --local DIR', { hint: 'leave it out: the configuration says which node this is' });
}

/** What this node accepted last; no remote is asked. */
export async function keptContext(options: NodeOptions): Promise<NodeContext> {
  checkNodeOption(options);
  const config = loadConfig(options.config);
  const good = await loadGood(config.stateDir);
  if (good === null) {
    throw new CommandError(`${config.node} has accepted no revision yet`, { hint: 'run netloom reconcile once, or name a folder with --local' });
  }
  const { catalog, remarks } = await loadCached(config.stateDir, good.files);
  if (catalog === null) throw new CommandError('the last good definitions are not good for this version of netloom', { hint: 'run netloom reconcile' });
  const kept = await loadKeptLedger(config.stateDir);
  // Without it everything would be taken for not allocated, hence for gone.
  if (kept === null) throw new CommandError(`${config.node} has no copy of what is allocated`, { hint: 'run netloom reconcile' });
  return {
    target: { catalog, ledger: kept.ledger, node: nodeOf(catalog, config.node) },
    stateDir: config.stateDir,
    runtimeDir: config.runtimeDir,
    pending: [],
    remarks,
    source: sourceOf(good.revision, good.files),
  };
}

/** The Node definition with this name. Throws CommandError that names those there are. */
export function nodeOf(catalog: Catalog, name: string): NodeDef {
  const found = catalog.nodes.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, catalog.nodes.keys());
  const hint = `${near === null ? '' : `did you mean ${near}? `}nodes there are: ${someOf([...catalog.nodes.keys()])}`;
  throw new CommandError(`there is no Node ${name} in the definitions`, { hint });
}

const NAMED = 20;

function someOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
}

function onlyNode(catalog: Catalog): string {
  const [only, ...more] = catalog.nodes.keys();
  if (only !== undefined && more.length === 0) return only;
  throw new CommandError('which node is this? name it with --node', { hint: `nodes there are: ${someOf([...catalog.nodes.keys()])}` });
}
