/** `netloom set`: labels, annotations, and the node of an interface. */
import { definitionOf } from '../edit/find.ts';
import { assignmentOf, setMetadata, setMigration, setNode } from '../edit/metadata.ts';
import { carryOut, refusing } from './edit-command.ts';
import type { EditOptions, WaitOptions } from './edit-options.ts';
import { CommandError, type ExitCode } from './exit.ts';
import { kindOf } from './view-source.ts';

/** Of every kind, the Cluster too. */
export async function setMetadataCommand(
  word: string,
  name: string,
  texts: readonly string[],
  options: EditOptions & { readonly annotation?: true },
): Promise<ExitCode> {
  const kind = word.toLowerCase() === 'cluster' ? 'Cluster' : kindOf(word.replace('-', ''));
  const all = await refusing(() => texts.map(assignmentOf));
  const field = options.annotation ? 'annotations' : 'labels';
  return carryOut(options, definitions => setMetadata(definitions, definitionOf(definitions.catalog, kind, name, options.namespace), field, all));
}

/** `-` is nowhere. */
export async function setNodeCommand(name: string, node: string, options: WaitOptions & { readonly migrate?: true }): Promise<ExitCode> {
  const { namespace, migrate } = options;
  if (node === '-' && migrate) throw new CommandError('--migrate moves a guest to a node, and - is none', { hint: 'name the node that it goes to' });
  if (migrate) return carryOut(options, definitions => setMigration(definitions, name, namespace, node));
  return carryOut(options, definitions => setNode(definitions, name, namespace, node === '-' ? null : node));
}
