/** What keeps the plan for a node that nobody asked just now from being sure: the age of its report, and what it says otherwise than base. */

import { isOn } from '../objects/mesh.ts';
import type { Catalog, Compiled, NodeDef } from '../objects/object.ts';
import { KIND_OF, type NodeReport } from '../report/node-report.ts';
import { isSilent } from '../report/state.ts';
import type { Remark } from '../review/review.ts';
import { definitionDigest } from './digests.ts';

export interface CaveatArgs {
  readonly node: NodeDef;
  /** True: base does not define it. */
  readonly isNew: boolean;
  readonly report: NodeReport | undefined;
  /** What base wants there. */
  readonly old: Compiled;
  readonly base: Catalog;
  readonly now: Date;
}

/** Sentences about one node, the gravest first. */
export function caveatsOf(args: CaveatArgs): readonly Remark[] {
  const { isNew, report } = args;
  if (report === undefined) return [isNew ? NEW : NEVER_HEARD];
  return [...silence(report, args.now), ...observing(report), ...stalled(report), ...otherwise(args, report), ...openDrift(report)];
}

const NEW: Remark = { reason: 'New', message: 'a new node: this is what it would make, provided that nothing is there yet' };
const NEVER_HEARD: Remark = {
  reason: 'NeverHeard',
  message: 'it never reported: it is taken to be as base defines it, or to have nothing of netloom if it never ran',
};

function silence(report: NodeReport, now: Date): readonly Remark[] {
  if (!isSilent(report, now.toISOString())) return [];
  return [{ reason: 'Silent', message: `last heard ${report.heard}: what it has now may be otherwise` }];
}

function observing({ mode }: NodeReport): readonly Remark[] {
  return mode === 'observe' ? [{ reason: 'ObserveMode', message: 'in mode observe: it would plan this, and apply nothing' }] : [];
}

/** Conditions of a node that would not make what is merged. */
const HOLDING: ReadonlySet<string> = new Set(['Stalled', 'FetchFailed', 'Suspended']);

function stalled({ conditions }: NodeReport): readonly Remark[] {
  return conditions
    .filter(({ type, status }) => status && HOLDING.has(type))
    .map(({ type, reason, message }) => ({ reason, message: `it follows no new revision now: ${type}: ${message}` }));
}

const NAMED = 3;

// Equal digests: what it has is what base wants of that object, whatever revision that came from.
function otherwise({ old, base, node }: CaveatArgs, report: NodeReport): readonly Remark[] {
  const digest = definitionDigest(old, base);
  // A node reports the guests that it has; neighbour entries of others are the network's.
  const guests = [...base.interfaces.values()].filter(iface => isOn(iface, node.name)).map(({ key }) => key);
  const keys = { networks: [...base.networks.keys()], interfaces: guests } as const;
  const differing = (['networks', 'interfaces'] as const).flatMap(plural =>
    keys[plural].flatMap(key => {
      const definition = `${KIND_OF[plural]} ${key}`;
      const wanted = digest(definition);
      const told = report[plural][key];
      if (wanted === '' || (told?.digest === wanted && (told.state === 'ready' || told.state === 'degraded'))) return [];
      return [told === undefined || told.digest !== wanted ? `${definition} (not as base has it)` : `${definition} (${told.reason ?? told.state})`];
    }),
  );
  if (differing.length === 0) return [];
  const more = differing.length > NAMED ? ` and ${differing.length - NAMED} more` : '';
  return [{ reason: 'Outdated', message: `it has not reported as made: ${differing.slice(0, NAMED).join(', ')}${more}` }];
}

function openDrift({ drift }: NodeReport): readonly Remark[] {
  if (drift.length === 0) return [];
  const what = drift.length === 1 ? 'one difference that it could' : `${drift.length} differences that it could`;
  return [{ reason: 'OpenDrift', message: `it reported ${what} not repair (${drift[0]?.ref}): the plan holds their repair too` }];
}
