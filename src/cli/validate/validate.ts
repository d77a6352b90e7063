/**
 * `netloom validate`: everything that is wrong with a folder of definitions, at once. What costs time to load (the YAML
 * parser, validators, ajv) is imported only when the cache has no answer.
 */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { SiteSchemas } from '../../load/parse-file.ts';
import { harmless } from '../../model/text.ts';
import { blobId, identified, listFolder, readIn, type Stamped } from '../../pass/folder.ts';
import { isSettled, type KnownFile, openCache } from './cache.ts';
import { renderGithub } from './github.ts';
import { renderJson } from './json.ts';
import type { Shown, Validation } from './result.ts';
import { renderSarif } from './sarif.ts';
import { readSite, type Site } from './site.ts';
import { renderText } from './text.ts';

export interface ValidateOptions {
  readonly output: 'text' | 'json' | 'github' | 'sarif';
  /** Use and write the user's cache. */
  readonly cache: boolean;
  /** Folder of a site's own schemas. */
  readonly schemas?: string;
  readonly colour: boolean;
  /** Where the cache is, instead of the user's cache folder. */
  readonly cacheDir?: string;
}

/** 0: valid, warnings or not. 3: invalid. 1: it could not be found out; `text` is then the reason, for stderr. */
export interface Validated {
  readonly text: string;
  readonly exitCode: 0 | 1 | 3;
}

const RENDER = { text: renderText, json: renderJson, github: renderGithub, sarif: renderSarif } as const;

/** Validates a folder, or one file by itself (what it refers to is not looked for then). Throws nothing. */
export async function validatePath(path: string, options: ValidateOptions): Promise<Validated> {
  try {
    const one = !statSync(path).isDirectory();
    const root = one ? dirname(path) : path;
    const site = options.schemas === undefined ? null : readSite(options.schemas);
    const validation = one ? await validateFile(root, basename(path), site) : await validateFolder(root, site, options);
    const text = RENDER[options.output](validation, { root, colour: options.colour, lineOf: linesIn(root) });
    return { text, exitCode: validation.diagnostics.some(({ severity }) => severity === 'error') ? 3 : 0 };
  } catch (error) {
    return { text: `netloom: cannot validate ${harmless(path)}: ${harmless(whyNot(error as NodeJS.ErrnoException, path))}\n`, exitCode: 1 };
  }
}

function whyNot({ code, message, path: missing }: NodeJS.ErrnoException, path: string): string {
  if (code !== 'ENOENT') return message;
  return missing === undefined || missing === path ? 'there is no such file or folder' : `there is no ${missing}`;
}

async function validateFolder(root: string, site: Site | null, options: ValidateOptions): Promise<Validation> {
  const startedAt = Date.now();
  const files = listFolder(root);
  const cache = options.cache ? openCache(root, `1 ${site?.hash ?? ''}`, options.cacheDir) : null;
  const answer = cache?.answer(files);
  if (answer) return answer;
  const { validation, known } = await examine(root, files, cache?.known() ?? {}, await site?.compile(), startedAt);
  cache?.keep(files, known, validation, startedAt);
  return validation;
}

interface Examined {
  readonly validation: Validation;
  readonly known: Readonly<Record<string, KnownFile>>;
}

async function examine(
  root: string,
  files: readonly Stamped[],
  before: Readonly<Record<string, KnownFile>>,
  site: SiteSchemas | undefined,
  startedAt: number,
): Promise<Examined> {
  const { load, parsedKey } = await import('../../load/load.ts');
  const held = new Map<string, Uint8Array | null>();
  const bytesOf = (path: string): Uint8Array | null => {
    if (!held.has(path)) held.set(path, readIn(root, path));
    return held.get(path) ?? null;
  };
  const entries = files.map(file => {
    const kept = before[file.path];
    if (kept !== undefined && kept.stamp === file.stamp && isSettled(file, startedAt)) return identified(file, kept.id);
    const bytes = file.stamp === '' || file.size > 1 << 20 ? null : bytesOf(file.path);
    return identified(file, bytes === null ? '' : blobId(bytes));
  });
  const earlier = new Map(Object.entries(before).map(([path, { id, parsed }]) => [`${id} ${path}`, parsed]));
  const { diagnostics, parsed } = load({ entries, bytesOf, known: earlier, ...(site === undefined ? {} : { site }) });
  const known: Record<string, KnownFile> = {};
  for (const [i, entry] of entries.entries()) {
    const file = parsed.get(parsedKey(entry));
    if (file !== undefined) known[entry.path] = { stamp: files[i]?.stamp ?? '', id: entry.id, parsed: file };
  }
  return { validation: { diagnostics, files: parsed.size, definitions: countOf([...parsed.values()].flatMap(({ docs }) => docs)) }, known };
}

async function validateFile(root: string, name: string, site: Site | null): Promise<Validation> {
  const { parseFile } = await import('../../load/parse-file.ts');
  const bytes = readIn(root, name);
  if (bytes === null) throw new Error('the file cannot be read');
  const { docs, diagnostics } = parseFile(name, bytes, await site?.compile());
  return { diagnostics, files: 1, definitions: countOf(docs), alone: true };
}

function countOf(docs: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of docs) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function linesIn(root: string): Shown['lineOf'] {
  const files = new Map<string, readonly string[]>();
  return (file, line) => {
    if (!files.has(file))
      files.set(
        file,
        Buffer.from(readIn(root, file) ?? [])
          .toString()
          .split(/\r?\n/),
      );
    return files.get(file)?.[line - 1] ?? null;
  };
}
