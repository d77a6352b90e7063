/** What `netloom doctor` is to look into, and which nodes are to do it. */
import type { Ledger } from '../model/ledger.ts';
import { membersOf } from '../objects/mesh.ts';
import type { Catalog, NetworkDef } from '../objects/object.ts';
import { targetOf } from '../objects/services.ts';
import { knownHere } from '../pass/known.ts';
import { type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
import { CommandError } from './exit.ts';
import { look, type ViewOptions } from './view-source.ts';

export interface DoctorOptions extends ViewOptions {
  readonly ssh?: readonly string[];
  readonly all?: true;
  readonly output: 'text' | 'json';
}

export interface Scope {
  /** `Network red/lan`; '' for everything. */
  readonly label: string;
  readonly networks: readonly NetworkDef[];
  /** Names of the nodes that take part. */
  readonly nodes: readonly string[];
  /** This machine is one of them. */
  readonly isHere: boolean;
}

/** Throws CommandError for a ref that means nothing, and where nobody takes part. */
export async function scopeOf(
  ref: string | undefined,
  options: DoctorOptions,
  here: { readonly node: string; readonly stateDir: string } | null,
): Promise<Scope> {
  const known = (here === null ? null : await knownHere(here.stateDir)) ?? (await look(options));
  const { catalog } = known;
  if (ref === undefined) {
    return { label: '', networks: [...catalog.networks.values()], nodes: [...catalog.nodes.keys()].sort(), isHere: here !== null };
  }
  const { kind, key } = meant(ref, options, known);
  const network = networkOf(kind, key, catalog);
  if (network === undefined)
    throw new CommandError(`${kind} ${key} leads to no network that is defined`, { hint: `netloom describe ${kind.toLowerCase()} ${key} says more` });
  const nodes = membersOf(network, known).map(({ name }) => name);
  const label = kind === 'Network' ? `Network ${key}` : `${kind} ${key} (Network ${network.key})`;
  const isHere = here !== null && nodes.includes(here.node);
  if (!isHere && options.ssh === undefined && options.all !== true) throw elsewhere(network.key, nodes, here?.node);
  return { label, networks: [network], nodes, isHere };
}

/** What ssh is given. Throws CommandError where nobody would be asked. */
export function nodesToAsk(options: DoctorOptions, scope: Scope, here: { readonly node: string } | null): readonly string[] {
  const others = options.all === true ? scope.nodes.filter(name => name !== here?.node) : [...new Set(options.ssh ?? [])];
  if (others.length === 0 && !scope.isHere)
    throw new CommandError('this machine is no node, and no other is to be asked', { hint: 'netloom doctor --ssh NODE, or --all' });
  return others;
}

const KINDS = ['Network', 'Interface', 'FloatingIP'] as const;

function meant(
  ref: string,
  options: DoctorOptions,
  known: { readonly catalog: Catalog; readonly ledger: Ledger },
): { readonly kind: RefKind; readonly key: string } {
  const index = refIndex(known);
  const found = KINDS.map(kind => ({ kind, ...resolveRef(ref, kind, options.allNamespaces ? null : options.namespace, index) }));
  for (const each of found) if ('key' in each) return each;
  const near = found.flatMap(each => ('candidates' in each ? each.candidates.map(key => `${each.kind} ${key}`) : []));
  const where = options.allNamespaces || ref.includes('/') ? '' : ` in namespace ${options.namespace}`;
  const hint = near.length === 0 ? 'netloom get networks -A lists the networks there are' : `candidates: ${near.slice(0, 10).join(', ')}`;
  throw new CommandError(`${JSON.stringify(ref)} is no network, interface or floating IP${where}`, { hint });
}

function networkOf(kind: RefKind, key: string, catalog: Catalog): NetworkDef | undefined {
  if (kind === 'Network') return catalog.networks.get(key);
  const floating = kind === 'FloatingIP' ? catalog.floatingIPs.get(key) : undefined;
  if (floating !== undefined) return targetOf(floating, catalog)?.network;
  const iface = catalog.interfaces.get(key);
  return iface === undefined ? undefined : catalog.networks.get(`${iface.namespace}/${iface.spec.network}`);
}

function elsewhere(network: string, nodes: readonly string[], here: string | undefined): CommandError {
  if (nodes.length === 0) return new CommandError(`no node carries Network ${network}`, { hint: `netloom describe network ${network} says why` });
  const who = here === undefined ? 'this machine' : here;
  return new CommandError(`${who} does not carry Network ${network}: ${nodes.join(' and ')} ${nodes.length === 1 ? 'does' : 'do'}`, {
    hint: `run it there, or here with --ssh ${nodes[0]}`,
  });
}
