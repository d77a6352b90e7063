/** pull and allocate without keeping or publishing anything: what the next pass would run with. */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Catalog } from '../objects/object.ts';
import { decide } from './decide.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { pull } from './pull.ts';
import { openRemote } from './remote.ts';
import { publishedLedger } from './settle.ts';

export interface Preview {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** Sentences about what is not as one would expect: remote down, invalid revision, allocations that the pass would make. */
  readonly remarks: readonly string[];
  readonly pending: readonly string[];
}

/** Throws HostError when this node never saw a good revision and sees none now. */
export async function preview(config: NodeConfig): Promise<Preview> {
  // A clone of its own: a plan may be asked for while a pass runs.
  const remote = await openRemote(config, join(config.stateDir, 'view', 'clone'));
  const good = await loadGood(config.stateDir);
  const pulled = await pull({ remote, stateDir: config.stateDir, good, keep: false });
  if (pulled.catalog === null) throw new HostError('no-entry', pulled.refusal?.message ?? 'no definitions to plan for');
  const kept = await loadKeptLedger(config.stateDir);
  if (pulled.tips === null && kept === null) {
    throw new HostError('no-entry', `${pulled.refusal?.message ?? 'the remote did not answer'}; this node has no copy of what is allocated`);
  }
  const published = pulled.tips === null ? (kept?.ledger ?? EMPTY_LEDGER) : await publishedLedger(remote, pulled.tips.status, kept);
  const decided = decide(pulled.catalog, published, new Date());
  const remarks = [
    ...(pulled.refusal === null ? [] : [`${pulled.refusal.reason}: ${pulled.refusal.message}`]),
    ...decided.changes.map(change => `the pass would ${change.change} for ${change.definition}: ${change.message}`),
    ...decided.notes.map(note => `${note.definition}: ${note.message}`),
  ];
  return { catalog: pulled.catalog, ledger: decided.ledger, remarks, pending: decided.pending.map(ask => `${ask.definition}: ${ask.message}`) };
}
