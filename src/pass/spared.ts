/** What a plan leaves alone although it differs, as the definitions say: fields that others own. */
import { KINDS } from '../kinds/index.ts';
import type { Observed, Resource } from '../kinds/kind.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { diff } from '../plan/diff.ts';
import { type IgnoreRule, ignoring } from '../plan/ignore.ts';
import type { Plan } from '../plan/plan.ts';

export interface Spared {
  readonly rules: readonly IgnoreRule[];
}

export const NOTHING_SPARED: Spared = { rules: [] };

/** What the definitions leave alone on a node. */
export function sparedOn({ catalog, node }: { readonly catalog: Catalog; readonly node: NodeDef }): Spared {
  const rules = (catalog.cluster.spec.ignoreDrift ?? []).filter(({ nodes }) => nodes === undefined || nodes.includes(node.name));
  return { rules: rules.map(({ kind, field, ref }) => ({ kind, field, ...(ref === undefined ? {} : { ref }) })) };
}

/** The way from what is there to what is wanted, but for what is left alone. */
export function planSparing(resources: readonly Resource[], observed: readonly Observed[], { rules }: Spared): Plan {
  const { want, ignored } = ignoring(resources, observed, rules);
  const plan = diff(want, observed, KINDS);
  return rules.length === 0 ? plan : { ...plan, ignored };
}
