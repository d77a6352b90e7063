/** Files of one revision -> catalog and diagnostics, in one call. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Catalog } from '../objects/object.ts';
import { MAX_REPOSITORY_BYTES } from './decode.ts';
import { checkEntries, repositoryTooLarge } from './entries.ts';
import { type Linked, link } from './link.ts';
import { type ParsedFile, parseFile, type SiteSchemas } from './parse-file.ts';
import type { SourceEntry } from './source.ts';

export interface LoadArgs {
  /** The whole tree below the configured path; what is no definition is passed over. */
  readonly entries: readonly SourceEntry[];
  /** Content by path; null when it cannot be had. Called once for each file that is not known, and again for the place of a finding. */
  readonly bytesOf: (path: string) => Uint8Array | null;
  /** What was parsed before, by `parsedKey`. A hit saves reading the file at all. */
  readonly known?: ReadonlyMap<string, ParsedFile>;
  readonly site?: SiteSchemas;
  /** The revision that this one is held against: of what is too many in it, what is new is blamed. */
  readonly before?: Catalog | undefined;
}

export interface Loaded extends Linked {
  /** Everything that was parsed or known, by `parsedKey`: to be kept for the next time. Plain JSON. */
  readonly parsed: ReadonlyMap<string, ParsedFile>;
}

/** Names a file's content at its path: equal keys, equal result (with the same schemas: see `schemasHash`). */
export function parsedKey(entry: SourceEntry): string {
  return `${entry.id} ${entry.path}`;
}

/** Never throws for what a file holds. */
export function load({ entries, bytesOf, known, site, before }: LoadArgs): Loaded {
  const { wanted, diagnostics } = checkEntries(entries);
  const parsed = new Map<string, ParsedFile>();
  const more: Diagnostic[] = [...diagnostics];
  let total = more.some(({ code }) => code === 'repository-too-large') ? Number.NaN : 0;
  for (const entry of wanted) {
    if (Number.isNaN(total)) break; // nothing more is read
    const key = parsedKey(entry);
    const file = known?.get(key) ?? parsedFrom(bytesOf(entry.path), entry.path, site);
    parsed.set(key, file);
    total += file.bytes;
    if (total > MAX_REPOSITORY_BYTES) {
      more.push(repositoryTooLarge());
      total = Number.NaN;
    }
  }
  return { ...link([...parsed.values()], bytesOf, more, before), parsed };
}

function parsedFrom(bytes: Uint8Array | null, path: string, site: SiteSchemas | undefined): ParsedFile {
  if (bytes !== null) return parseFile(path, bytes, site);
  const message = 'the file cannot be read';
  return { path, bytes: 0, docs: [], stubs: [], diagnostics: [{ code: 'unreadable', severity: 'error', message, at: { file: path, line: 0, col: 0 } }] };
}
