/** `netloom delete`: one definition out of its file, by its exact name. */
import { remove } from '../edit/delete.ts';
import { definitionOf } from '../edit/find.ts';
import { carryOut } from './edit-command.ts';
import type { WaitOptions } from './edit-options.ts';
import type { ExitCode } from './exit.ts';
import { kindOf } from './view-source.ts';

/** Throws CommandError that names what stands on it, unless that is to go along. */
export async function deleteCommand(word: string, name: string, options: WaitOptions & { readonly withDependants?: true }): Promise<ExitCode> {
  const kind = word.toLowerCase() === 'cluster' ? 'Cluster' : kindOf(word.replace('-', ''));
  return carryOut(options, definitions =>
    remove(definitions, definitionOf(definitions.catalog, kind, name, options.namespace), options.withDependants === true),
  );
}
