/** What becomes of a leaving node's definition: who still counts on it, and the commit that takes it away. */
import { join } from 'node:path';
import { removeDocument } from '../edit/remove-document.ts';
import { lookAt } from '../join/look.ts';
import type { SourceFile } from '../load/source.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { isOn } from '../objects/mesh.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { loadGood, loadKeptLedger } from '../pass/kept.ts';
import { loadCached } from '../pass/parsed-cache.ts';
import { editableText } from '../pass/push-edit.ts';
import { errorsWith } from '../pass/with-edits.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT } from './exit.ts';
import { branchOf, push } from './join-definition.ts';
import type { PushOptions } from './join-options.ts';
import { print, say } from './terminal.ts';

export interface Departure {
  /** Its definition; null where there is none, or nobody knows. */
  readonly node: NodeDef | null;
  /** How many nodes there are with it. */
  readonly nodes: number;
  /** Interfaces that are placed on it. */
  readonly placed: readonly string[];
  /** Networks whose router is on it. */
  readonly routed: readonly string[];
  readonly files: readonly SourceFile[];
  /** Why the newest definitions could not be read; '' when they were. */
  readonly why: string;
}

const NOBODY: Departure = { node: null, nodes: 1, placed: [], routed: [], files: [], why: '' };

/** What the definitions say of this node now; what it keeps where the remote does not answer. */
export async function departureOf(config: NodeConfig | null, scratch: string): Promise<Departure> {
  if (config === null) return NOBODY;
  const { pulled, said } = await lookAt(config, scratch);
  const { catalog, good, tips } = pulled;
  if (catalog !== null && good !== null && tips !== null) return { ...departing(config.node, catalog, said.ledger), files: good.files, why: '' };
  const kept = await loadGood(config.stateDir);
  const why = pulled.refusal?.message ?? 'the remote did not answer';
  const known = kept === null ? null : (await loadCached(null, kept.files)).catalog;
  if (kept === null || known === null) return { ...NOBODY, why };
  return { ...departing(config.node, known, (await loadKeptLedger(config.stateDir))?.ledger ?? null), files: kept.files, why };
}

function departing(name: string, catalog: Catalog, ledger: Ledger | null): Omit<Departure, 'files' | 'why'> {
  const placed = [...catalog.interfaces.values()].filter(iface => isOn(iface, name)).map(({ key }) => key);
  const routed = Object.entries(ledger?.networks ?? {}).flatMap(([key, { gateway }]) => (gateway?.node === name && catalog.networks.has(key) ? [key] : []));
  return { node: catalog.nodes.get(name) ?? null, nodes: catalog.nodes.size, placed: placed.sort(), routed: routed.sort() };
}

/** Says who counts on it. With --push throws CommandError where its definition cannot go yet; nothing is removed then. */
export function tellDeparture(departure: Departure, { push: isPushed, force }: PushOptions & { readonly force?: true }): void {
  const { node, placed, routed, why } = departure;
  if (why !== '') say(`the newest definitions cannot be read: ${why}`);
  if (node === null) {
    if (why === '') print('No definition names this node.');
    else if (isPushed !== undefined)
      throw new CommandError('its definition cannot be removed by --push now', {
        exitCode: EXIT.tryAgain,
        hint: 'nothing was removed: leave it out, and remove the definition by hand',
      });
    return;
  }
  if (placed.length > 0) print(`Interfaces placed on ${node.name}, which lose their network here: ${placed.join(', ')}`);
  if (routed.length > 0) print(`Networks whose router is on ${node.name}: ${routed.join(', ')} (netloom cordon ${node.name} moves them first, without a gap)`);
  if (isPushed === undefined) {
    print(
      `Node ${node.name} is still defined in ${node.at.file}: remove it there by a pull request${placed.length > 0 ? ', after its interfaces have moved or gone' : ''}.`,
    );
    return;
  }
  if (why !== '')
    throw new CommandError('its definition cannot be removed by --push now', {
      exitCode: EXIT.tryAgain,
      hint: 'nothing was removed: leave --push out, and remove the definition by hand',
    });
  const wrong = errorsWithout(departure, node);
  if (wrong.length > 0)
    throw new CommandError(formatDiagnostics(wrong), {
      exitCode: EXIT.invalid,
      hint: `nothing was removed: what stands on ${node.name} must move or go first; or leave --push out`,
    });
  if (routed.length > 0 && force !== true)
    throw new CommandError(`${node.name} carries the routers of ${routed.join(', ')}`, {
      exitCode: EXIT.needsApproval,
      hint: `nothing was removed: netloom cordon ${node.name} moves them without a gap; --force lets them be cut off`,
    });
}

// Its file, as it was looked at.
function textOf({ files }: Departure, { at }: NodeDef): string | null {
  const bytes = files.find(({ path }) => path === at.file)?.bytes;
  return bytes === undefined ? null : editableText(bytes);
}

/** Its file without it; null removes the file. Throws CommandError where that is not to be done by machine. */
function textWithout(departure: Departure, node: NodeDef): string | null {
  const whole = textOf(departure, node);
  const text = whole === null ? null : removeDocument(whole, node.doc);
  if (text === null)
    throw new CommandError(`${node.at.file} is written in a way that is not edited by machine`, {
      hint: `nothing was removed: take Node ${node.name} out of it by hand, and leave --push out`,
    });
  return text === '' ? null : text;
}

function errorsWithout(departure: Departure, node: NodeDef): readonly Diagnostic[] {
  return errorsWith(departure.files, new Map([[node.at.file, textWithout(departure, node)]]));
}

/** Commits that the node is gone, with a person's credential. */
export async function pushDeparture(config: NodeConfig, options: PushOptions, departure: Departure, scratch: string): Promise<void> {
  const { node } = departure;
  if (node === null || options.push === undefined) return;
  const branch = branchOf(options.push, `leave-${node.name}`);
  const edit = { path: node.at.file, from: textOf(departure, node), text: textWithout(departure, node), message: `Node ${node.name} leaves`, branch };
  const { state, commit, link } = await push(config, options, join(scratch, 'leaving'), edit);
  const what =
    state === 'there' ? `${branch} is without Node ${node.name} already` : `committed to ${branch} as ${commit.slice(0, 10)}: Node ${node.name} is gone`;
  print(branch === config.repo.branch ? what : `${what}; open a pull request for it${link === null ? '' : `: ${link}`}`);
}
