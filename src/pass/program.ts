/** Where this program's own files are, and which version it is: the same from dist/ and from src/ (tests). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set by the build. */
declare const __NETLOOM_VERSION__: string | undefined;

/** The folder that holds package.json and schemas/: the nearest one above this file. */
export function homeDir(): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'schemas', 'common.json'))) return dir;
    if (dir === dirname(dir)) throw new Error(`netloom is not installed whole: no schemas/ above ${fileURLToPath(import.meta.url)}`);
  }
}

/** `0.1.0`. */
export function version(): string {
  if (typeof __NETLOOM_VERSION__ === 'string') return __NETLOOM_VERSION__;
  return JSON.parse(readFileSync(join(homeDir(), 'package.json'), 'utf8')).version;
}
