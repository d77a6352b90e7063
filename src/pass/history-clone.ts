/** Clones that are kept for their history, apart from those that passes and looks use: these stay shallow and quick. */
import { join } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { openRemote, type Remote, type Sides } from './remote.ts';
import { viewDir } from './view-dir.ts';

/** Both sides, with clones that are not begun anew because they have grown. No request is made yet. */
export function openHistory(config: Sides & Pick<NodeConfig, 'stateDir'>): Promise<Remote> {
  return openRemote(config, join(viewDir(config), 'history'), { isForHistory: true });
}
