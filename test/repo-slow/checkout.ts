/** A checkout of a small cluster's definitions with a real remote, for tests of commands that edit it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FILES } from '../edit/definitions.ts';

/** What git says in a folder. Throws where it fails. */
export function gitAt(place: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', place, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Commits the files as Ann, on main, and pushes them to a new bare repository. */
export function makeCheckout(repo: string, bare: string): void {
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(repo, file)), { recursive: true });
    writeFileSync(join(repo, file), text);
  }
  gitAt('/', 'init', '-q', '--bare', '-b', 'main', bare);
  gitAt(repo, 'init', '-q', '-b', 'main');
  gitAt(repo, 'config', 'user.name', 'Ann');
  gitAt(repo, 'config', 'user.email', 'ann@example.com');
  gitAt(repo, 'add', '.');
  gitAt(repo, 'commit', '-q', '-m', 'all');
  gitAt(repo, 'remote', 'add', 'origin', bare);
  gitAt(repo, 'push', '-q', 'origin', 'main');
}
