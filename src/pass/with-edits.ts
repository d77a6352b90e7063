/** Definitions as they would be with edits, before anything of them is written. */
import { type Loaded, load } from '../load/load.ts';
import type { SourceFile } from '../load/source.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Catalog } from '../objects/object.ts';
import { blobId } from './folder.ts';

/** All that `load` says of them. `edits`: text by path below the folder of the definitions; null takes the file away. */
export function loadWith(files: readonly SourceFile[], edits: ReadonlyMap<string, string | null>, before?: Catalog): Loaded {
  const others = files.filter(({ path }) => !edits.has(path));
  const written = [...edits].flatMap(([path, text]): SourceFile[] => {
    const bytes = Buffer.from(text ?? '');
    return text === null ? [] : [{ path, mode: '100644', id: blobId(bytes), bytes }];
  });
  const entries = [...others, ...written];
  const contents = new Map(entries.map(file => [file.path, file.bytes]));
  return load({ entries, bytesOf: path => contents.get(path) ?? null, before });
}

/** What would be wrong with them: errors alone. */
export function errorsWith(files: readonly SourceFile[], edits: ReadonlyMap<string, string | null>): readonly Diagnostic[] {
  return loadWith(files, edits).diagnostics.filter(({ severity }) => severity === 'error');
}
