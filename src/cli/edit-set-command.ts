/** `netloom set`: labels, annotations, and the node of an interface. */
import { definitionOf } from '../edit/find.ts';
import { assignmentOf, setMetadata, setNode } from '../edit/metadata.ts';
import { carryOut, refusing } from './edit-command.ts';
import type { EditOptions, WaitOptions } from './edit-options.ts';
import type { ExitCode } from './exit.ts';
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
export async function setNodeCommand(name: string, node: string, options: WaitOptions): Promise<ExitCode> {
  return carryOut(options, definitions => setNode(definitions, name, options.namespace, node === '-' ? null : node));
}
