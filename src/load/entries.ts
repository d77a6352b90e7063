/** The tree of a revision, before its files are read: which entries are definitions, and which cannot be read as they stand. */
import type { Diagnostic, DiagnosticCode } from '../model/diagnostic.ts';
import { harmless } from '../model/text.ts';
import { MAX_FILE_BYTES, MAX_REPOSITORY_BYTES, tooLarge } from './decode.ts';
import type { SourceEntry } from './source.ts';

export interface CheckedEntries<E extends SourceEntry = SourceEntry> {
  /** Files to read, sorted by path: `*.yaml` and `*.yml` without a diagnostic. */
  readonly wanted: readonly E[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Nothing is read, followed or opened here. */
export function checkEntries<E extends SourceEntry>(entries: readonly E[]): CheckedEntries<E> {
  const wanted: E[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const entry of entries) {
    const found = problemOf(entry);
    if (found !== null) diagnostics.push(found);
    else if (isDefinitions(entry.path)) wanted.push(entry);
  }
  wanted.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  const bytes = wanted.reduce((sum, entry) => sum + (entry.size ?? 0), 0);
  if (bytes > MAX_REPOSITORY_BYTES) diagnostics.push(repositoryTooLarge());
  return { wanted, diagnostics };
}

/** The diagnostic for definitions over `MAX_REPOSITORY_BYTES` together. */
export function repositoryTooLarge(): Diagnostic {
  const message = `the definitions have more than ${MAX_REPOSITORY_BYTES} bytes together`;
  return problem('repository-too-large', '.', message, 'put what is not for netloom outside the configured path');
}

/** True for names that are read: `*.yaml`, `*.yml`. */
export function isDefinitions(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

function problemOf(entry: SourceEntry): Diagnostic | null {
  if (entry.mode === '160000') {
    return problem(
      'submodule',
      entry.path,
      'a submodule: definitions in it are not read',
      'commit the files themselves, or move it outside the configured path',
    );
  }
  if (!isDefinitions(entry.path)) return maybeFolder(entry);
  if (isUnsafe(entry.path)) return problem('unsafe-path', entry.path, 'the path is not plain text', 'rename it: letters, digits, dashes, dots');
  if (entry.mode === '120000') return problem('symlink', entry.path, 'a symbolic link: it is not followed', 'commit the file itself');
  return (entry.size ?? 0) > MAX_FILE_BYTES ? tooLarge(entry.path, entry.size ?? 0) : null;
}

// A link without suffix may lead to a folder; definitions that are silently not there would be taken for removed.
function maybeFolder({ mode, path }: SourceEntry): Diagnostic | null {
  if (mode !== '120000' || /\.\w+$/.test(path)) return null;
  const found = problem('symlink', path, 'a symbolic link: it is not followed, also when it leads to a folder of definitions', 'commit the folder itself');
  return { ...found, severity: 'warning' };
}

function isUnsafe(path: string): boolean {
  if (path.length > 1024 || /[\p{Cc}\p{Cs}\ufffd\\]/u.test(path) || harmless(path) !== path) return true;
  return path.split('/').some(part => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git');
}

function problem(code: DiagnosticCode, file: string, message: string, hint: string): Diagnostic {
  return { code, severity: 'error', message, at: { file, line: 0, col: 0 }, hint };
}
