/** What a revision takes away, counted in definitions: those that are gone, and those that go along with them under their own name. */
import { createHash } from 'node:crypto';
import type { Place } from '../model/place.ts';
import { definitionsOf } from '../objects/index.ts';
import type { Catalog, KindName } from '../objects/object.ts';
import { type Lived, type Living, standing } from './lived.ts';

/**
 * gone: not defined any more. along: defined, but not what it was, since what it stood on is gone (an Interface of a deleted
 * Network that is now in another one, a Network whose AddressPool went). unplaced: an Interface that lost its node and is on
 * no kernel any more. no-gateway: a Node that may carry no routers any more.
 */
export type Fate = 'gone' | 'along' | 'unplaced' | 'no-gateway';

export interface Deletion {
  /** `Network default/demo`. */
  readonly definition: string;
  readonly kind: KindName;
  readonly fate: Fate;
  /** For `along`: the deleted definition that takes it along. */
  readonly with?: string;
  /** Where it stood in the revision before; null where that is not known. */
  readonly was: Place | null;
  /** Where it stands now; null when it is gone. */
  readonly is: Place | null;
  readonly isProtected: boolean;
  /** A Node that carried, or could carry, routers. */
  readonly wasGateway: boolean;
}

/** Every deletion from what lived to a revision, sorted by definition. */
export function deletionsOf({ living }: Lived, after: Catalog): readonly Deletion[] {
  const now = new Map([...definitionsOf(after)].map(each => [`${each.kind} ${each.key}`, each]));
  const found: Deletion[] = [];
  for (const was of living.values()) {
    const is = now.get(was.definition);
    const { fate, by } = is === undefined ? { fate: 'gone' as const, by: undefined } : fateOf(was, standing(is, after), now);
    if (fate === null) continue;
    const { definition, kind, isProtected } = was;
    found.push({ definition, kind, fate, ...(by === undefined ? {} : { with: by }), was: was.at, is: is?.at ?? null, isProtected, wasGateway: was.isGateway });
  }
  return found.sort((a, b) => (a.definition < b.definition ? -1 : 1));
}

function fateOf(was: Living, is: Pick<Living, 'isPlaced' | 'isGateway'>, now: ReadonlyMap<string, unknown>): { fate: Fate | null; by?: string } {
  const by = was.standsOn.find(definition => !now.has(definition));
  if (by !== undefined) return { fate: 'along', by };
  if (was.isPlaced && !is.isPlaced) return { fate: 'unplaced' };
  return { fate: was.isGateway && !is.isGateway ? 'no-gateway' : null };
}

/**
 * Names a set of deletions: 16 hex digits, the same on every node and in CI, whatever the files look like; '' for none. What
 * is approved under it is this very set in this very cluster, not one more.
 */
export function hashOf(deletions: readonly Deletion[], cluster: string): string {
  if (deletions.length === 0) return '';
  const lines = deletions.map(({ definition, fate, with: by = '' }) => [definition, fate, by].join('\t'));
  return createHash('sha256')
    .update(['netloom deletions 1', cluster, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 16);
}
