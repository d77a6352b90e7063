/** pull and allocate without keeping or publishing anything: what the next pass would run with. */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import type { SourceFile } from '../load/source.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Catalog } from '../objects/object.ts';
import { decide } from './decide.ts';
import { loadHeldBack, stillHeld } from './held-back.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { publishedLedger } from './ledger-branch.ts';
import { pull, type Refusal } from './pull.ts';
import { openRemote } from './remote.ts';

export interface Preview {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** Why the newest revision is not what is planned for. */
  readonly refusal: Refusal | null;
  /** The commit that is planned for. */
  readonly revision: string;
  readonly files: readonly SourceFile[];
  /** Sentences about what is not as one would expect: a cache of no use, allocations that the pass would make. */
  readonly remarks: readonly string[];
  readonly pending: readonly string[];
}

/** This node never saw a good revision and sees none now. */
export interface NoPreview {
  readonly catalog: null;
  readonly refusal: Refusal;
  readonly remarks: readonly string[];
}

/** Throws HostError while nobody can tell what is allocated. */
export async function preview(config: NodeConfig): Promise<Preview | NoPreview> {
  // A clone of its own: a plan may be asked for while a pass runs.
  const remote = await openRemote(config, join(config.stateDir, 'view', 'clone'));
  const good = await loadGood(config.stateDir);
  const heldBack = await loadHeldBack(config.stateDir);
  const pulled = await pull({ remote, stateDir: config.stateDir, good, held: heldBack, node: config.node, keep: false });
  if (pulled.catalog === null) {
    if (pulled.refusal === null) throw new Error('bug: neither definitions nor a reason why there are none');
    return { catalog: null, refusal: pulled.refusal, remarks: pulled.remarks };
  }
  const kept = await loadKeptLedger(config.stateDir);
  if (pulled.tips === null && kept === null) {
    throw new HostError('no-entry', `${pulled.refusal?.message ?? 'the remote did not answer'}; this node has no copy of what is allocated`);
  }
  const isHeld = stillHeld(heldBack, pulled) !== null;
  const published =
    pulled.tips === null || isHeld ? (kept?.ledger ?? EMPTY_LEDGER) : await publishedLedger({ remote, kept, catalog: pulled.catalog }, pulled.tips.status);
  // What is held back runs with the ledger that it ran with.
  const decided = isHeld ? { ledger: published, changes: [], notes: [], pending: [] } : decide(pulled.catalog, published, new Date());
  const remarks = [
    ...pulled.remarks,
    ...decided.changes.map(change => `the pass would ${change.change} for ${change.definition}: ${change.message}`),
    ...decided.notes.map(note => `${note.definition}: ${note.message}`),
  ];
  const pending = decided.pending.map(ask => `${ask.definition}: ${ask.message}`);
  return {
    catalog: pulled.catalog,
    ledger: decided.ledger,
    refusal: pulled.refusal,
    revision: pulled.good?.revision ?? '',
    files: pulled.good?.files ?? [],
    remarks,
    pending,
  };
}
