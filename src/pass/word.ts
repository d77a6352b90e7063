/** Who says something on this node, when, and the event that tells of it. */
import { userInfo } from 'node:os';
import type { NodeConfig } from '../model/node-config.ts';
import { noteEvent, type Word } from './control.ts';
import { loadGood } from './kept.ts';

/** The person at the keyboard, also behind sudo. */
export function whoAndWhen(): Word {
  return { by: process.env['SUDO_USER'] ?? userInfo().username, since: `${new Date().toISOString().slice(0, 19)}Z` };
}

/** Keeps an event about this node; the next pass publishes it. */
export async function note({ stateDir, node }: Pick<NodeConfig, 'stateDir' | 'node'>, operation: string, message: string): Promise<void> {
  const revision = (await loadGood(stateDir))?.revision ?? '';
  const at = new Date().toISOString();
  await noteEvent(stateDir, { at, node, object: `Node ${node}`, type: 'audit', operation, phase: 'finish', durationMs: null, message, revision });
}
