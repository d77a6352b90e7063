/** `netloom init`: definitions are held against the schemas and against each other before anything of them is on disk. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { remove } from '../host/files.ts';
import { load } from '../load/load.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { beginCheckout, type FirstCommit } from '../pass/checkout.ts';
import { blobId } from '../pass/folder.ts';
import { homeDir } from '../pass/program.ts';
import { TOOLS } from './new-definitions.ts';

/** A file to be written: a text, or a copy of one that is installed. */
export type NewFile = string | { readonly from: string };

/** Everything that is wrong with files of definitions, as `validate` says it; nothing is read from disk. */
export function problemsIn(files: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const bytes = new Map([...files].map(([path, text]) => [path, Buffer.from(text)]));
  const entries = [...bytes].map(([path, content]) => ({ path, mode: '100644', id: blobId(content), size: content.length }));
  return load({ entries, bytesOf: path => bytes.get(path) ?? null }).diagnostics;
}

/** The workflows of the example, which run the program below `tools/`. */
export function workflowFiles(): ReadonlyMap<string, NewFile> {
  const paths = ['.github/workflows/netloom.yaml', '.github/workflows/netloom-comment.yaml', '.gitlab-ci.yml', 'ci/netloom-comment.mjs'];
  return new Map(paths.map(path => [path, { from: join(exampleDir(), path) }]));
}

/** The installed program and its schemas, where they stand in the repository; pages of the manual are nothing that CI needs. */
export function toolFiles(): ReadonlyMap<string, NewFile> {
  const home = homeDir();
  const found = ['dist', 'schemas', 'package.json'].flatMap(name => (existsSync(join(home, name)) ? filesBelow(home, name) : []));
  return new Map(found.filter(path => !path.startsWith('dist/man/')).map(path => [`${TOOLS}/${path}`, { from: join(home, path) }]));
}

/** The definitions of the example, with schemas where a repository of its own has them, and who has to agree to changes. */
export function exampleFiles(): ReadonlyMap<string, string> {
  const dir = exampleDir();
  const isDefinition = (path: string): boolean => path === 'CODEOWNERS' || /^[^.].*\.(yaml|md)$/.test(path);
  return new Map(
    filesBelow(dir, '')
      .filter(isDefinition)
      .map(path => [path, withSchemas(readFileSync(join(dir, path), 'utf8'))]),
  );
}

/** Writes everything, and makes it a git repository with one commit; a failure leaves the folder as it was. Throws HostError, RepoError. */
export async function writeRepository(dir: string, files: ReadonlyMap<string, NewFile>, commit: Omit<FirstCommit, 'paths'>): Promise<string> {
  const wasThere = existsSync(dir);
  try {
    for (const [path, file] of files) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      if (typeof file === 'string') writeFileSync(join(dir, path), file);
      else copyFileSync(file.from, join(dir, path));
    }
    return await beginCheckout(dir, { ...commit, paths: [...files.keys()] });
  } catch (error) {
    for (const name of existsSync(dir) ? readdirSync(dir) : []) await remove(join(dir, name));
    if (!wasThere) await remove(dir);
    throw error;
  }
}

/** Throws HostError unless a folder is empty, or not there. */
export function checkEmpty(dir: string, shown: string): void {
  const found = statSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw new HostError('exists', `${shown} is a file: name a folder that is empty, or not there yet`);
  const [first, ...more] = readdirSync(dir).sort();
  if (first === undefined) return;
  throw new HostError(
    'exists',
    `${shown} is not empty (${first}${more.length === 0 ? '' : ` and ${more.length} more`}): name another folder; nothing was written`,
  );
}

function exampleDir(): string {
  const dir = join(homeDir(), 'example-repo');
  if (existsSync(dir)) return dir;
  throw new HostError('no-entry', `netloom is not installed whole: there is no ${dir}`);
}

// In the example they are those of a checkout of netloom, beside its folder.
function withSchemas(text: string): string {
  return text.replaceAll(/(\$schema=)\.\.\/((?:\.\.\/)*)schemas\//g, `$1$2${TOOLS}/schemas/`);
}

function filesBelow(root: string, path: string): readonly string[] {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap(name => filesBelow(root, path === '' ? name : `${path}/${name}`));
}
