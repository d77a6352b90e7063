/**
 * What earlier runs found out, in the user's cache folder: two files for each validated folder. The first answers when nothing
 * changed at all, without reading a single definition; the second saves parsing files whose content is known. Losing them, or
 * not being able to write them, costs time only.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ParsedFile } from '../../load/parse-file.ts';
import { type Stamped, stampOf } from '../../pass/folder.ts';
import type { Validation } from './result.ts';

/** File systems tell times in steps; a file that changed so shortly before it was read may change again without telling. */
const STEP_MS = 50;

/** Folders that are remembered. */
const MOST_ROOTS = 40;

export interface KnownFile {
  readonly stamp: string;
  /** Blob id. */
  readonly id: string;
  readonly parsed: ParsedFile;
}

export interface Cache {
  /** The answer of the last run, when no file changed since. */
  answer(files: readonly Stamped[]): Validation | null;
  /** By path. */
  known(): Readonly<Record<string, KnownFile>>;
  /** `startedAt`: milliseconds since the epoch, before the first file was looked at. */
  keep(files: readonly Stamped[], known: Readonly<Record<string, KnownFile>>, validation: Validation, startedAt: number): void;
}

/** The cache of a folder. `version` names everything else that an answer depends on. */
export function openCache(root: string, version: string, folder = defaultFolder()): Cache {
  const base = join(folder, hash(realpathSync(root)));
  const key = hash(`${version} ${program()}`);
  return {
    answer(files) {
      const kept = read<Answer>(`${base}.answer.json`, key);
      return kept !== null && kept.state === stateOf(files) ? kept.validation : null;
    },
    known: () => read<Files>(`${base}.files.json`, key)?.known ?? {},
    keep(files, known, validation, startedAt) {
      const settled = files.every(({ changedAt }) => changedAt < startedAt - STEP_MS);
      write(folder, `${base}.files.json`, { key, known } satisfies Files);
      if (settled) write(folder, `${base}.answer.json`, { key, state: stateOf(files), validation } satisfies Answer);
      prune(folder);
    },
  };
}

interface Answer {
  readonly key: string;
  readonly state: string;
  readonly validation: Validation;
}

interface Files {
  readonly key: string;
  readonly known: Readonly<Record<string, KnownFile>>;
}

/** True when a file was last changed long enough before `startedAt` for its stamp to be trusted. */
export function isSettled({ changedAt }: Stamped, startedAt: number): boolean {
  return changedAt < startedAt - STEP_MS;
}

function defaultFolder(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'netloom', 'validate');
}

// Another build of the program may read definitions differently.
function program(): string {
  return `${process.version} ${stampOf(lstatSync(fileURLToPath(import.meta.url)))}`;
}

function stateOf(files: readonly Stamped[]): string {
  const sum = createHash('sha256');
  for (const { path, mode, stamp } of files) sum.update(`${mode} ${stamp} ${path}\0`);
  return sum.digest('hex');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function read<T extends { readonly key: string }>(path: string, key: string): T | null {
  try {
    const value: T = JSON.parse(readFileSync(path, 'utf8'));
    return value.key === key ? value : null;
  } catch {
    return null; // not there, torn, or of another format: as if it were not
  }
}

function write(folder: string, path: string, value: object): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    remove(temporary);
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // its folder is no folder: then it is not there either
  }
}

function prune(folder: string): void {
  try {
    const names = readdirSync(folder);
    if (names.length <= 2 * MOST_ROOTS) return;
    const byAge = names.map(name => ({ name, at: statSync(join(folder, name)).mtimeMs })).sort((a, b) => a.at - b.at);
    for (const { name } of byAge.slice(0, names.length - 2 * MOST_ROOTS)) rmSync(join(folder, name), { force: true });
  } catch {
    // someone else is at it
  }
}
