/** Where commands that look keep their clone, and what they can make again. */
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

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
    return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'netloom', 'view', name);
  }
}
