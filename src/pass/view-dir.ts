/** Where commands that look keep their clone, and what they can make again. */
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The two urls, and where the node keeps its own state. */
export interface ViewPlace {
  readonly repo: { readonly url: string };
  readonly status: { readonly url: string };
  readonly stateDir: string;
}

/** A clone of its own: looking must not wait for a pass, nor disturb one. People without the node's rights keep it at home. */
export function viewDir({ repo, status, stateDir }: ViewPlace): string {
  try {
    accessSync(stateDir, constants.W_OK);
    return join(stateDir, 'view');
  } catch {
    const name = createHash('sha256').update(`${repo.url}\n${status.url}`).digest('hex').slice(0, 16);
    return join(cacheHome(), 'netloom', 'view', name);
  }
}

// One that is empty or relative counts as none (XDG Base Directory Specification): the folder that we stand in is no cache.
function cacheHome(): string {
  const named = process.env['XDG_CACHE_HOME'] ?? '';
  return isAbsolute(named) ? named : join(homedir(), '.cache');
}
