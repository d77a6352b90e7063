/** What a plan leaves alone although it differs, as the definitions say: fields that others own, and suspended networks. */
import { KINDS } from '../kinds/index.ts';
import type { Observed, Resource } from '../kinds/kind.ts';
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, egressNames, tapName, vethNames, vxlanName } from '../model/names.ts';
import type { Catalog, InterfaceDef, NetworkDef, NodeDef } from '../objects/object.ts';
import { floatingIPsOf, routedIPsOf } from '../objects/services.ts';
import { type Contest, contesting } from '../plan/contest.ts';
import { diff } from '../plan/diff.ts';
import { type Frozen, freezing } from '../plan/freeze.ts';
import { type IgnoreRule, ignoring } from '../plan/ignore.ts';
import type { Plan } from '../plan/plan.ts';

export interface Spared {
  readonly rules: readonly IgnoreRule[];
  readonly frozen: Frozen;
  /** What others keep changing back; nothing where none is named. */
  readonly contests?: readonly Contest[];
}

export const NOTHING_SPARED: Spared = { rules: [], frozen: { definitions: new Set(), names: new Set() } };

/** What the definitions leave alone on a node. */
export function sparedOn({ catalog, ledger, node }: { readonly catalog: Catalog; readonly ledger: Ledger; readonly node: NodeDef }): Spared {
  const rules = (catalog.cluster.spec.ignoreDrift ?? []).filter(({ nodes }) => nodes === undefined || nodes.includes(node.name));
  return { rules: rules.map(({ kind, field, ref }) => ({ kind, field, ...(ref === undefined ? {} : { ref }) })), frozen: suspendedIn(catalog, ledger) };
}

/** The way from what is there to what is wanted, but for what is left alone. */
export function planSparing(resources: readonly Resource[], observed: readonly Observed[], { rules, frozen, contests = [] }: Spared): Plan {
  const { want: known, ignored } = ignoring(resources, observed, rules);
  const { want: agreed, contested } = contesting(known, observed, contests);
  const { want, left } = freezing(agreed, observed, KINDS, frozen);
  const plan = diff(want, observed, KINDS);
  return {
    ...plan,
    ...(rules.length === 0 ? {} : { ignored }),
    ...(contested.length === 0 ? {} : { contested }),
    ...(frozen.definitions.size === 0 ? {} : { left }),
  };
}

/** Suspended networks with all that is theirs: in the definitions, and, of what has no definition any more, in the ledger. */
function suspendedIn(catalog: Catalog, ledger: Ledger): Frozen {
  const definitions = new Set<string>();
  const names = new Set<string>();
  for (const network of catalog.networks.values()) {
    if (network.spec.suspend !== true) continue;
    definitions.add(`Network ${network.key}`);
    for (const each of floatingIPsOf(network, catalog)) definitions.add(`FloatingIP ${each.key}`);
    for (const each of routedIPsOf(network, catalog)) definitions.add(`RoutedIP ${each.key}`);
    addNames(network, ledger, names);
    addInterfaces(network, catalog, ledger, { definitions, names });
  }
  return { definitions, names };
}

function addNames({ key }: NetworkDef, ledger: Ledger, names: Set<string>): void {
  const entry = ledger.networks[key];
  if (entry === undefined) return;
  const [veth, egress] = [vethNames(entry.vxid), egressNames(entry.vxid)];
  for (const name of [entry.uuid, vxlanName(entry.vxid), bridgeName(entry.vxid), veth.outer, veth.inner, egress.outer, egress.inner]) names.add(name);
}

// An interface that is defined in another network by now is that network's.
function addInterfaces(network: NetworkDef, catalog: Catalog, ledger: Ledger, to: { readonly definitions: Set<string>; readonly names: Set<string> }): void {
  for (const each of catalog.interfacesOf.get(network.key) ?? []) {
    to.definitions.add(`Interface ${each.key}`);
    for (const name of givenNames(each)) to.names.add(name);
  }
  for (const [key, { uuid }] of Object.entries(ledger.networks[network.key]?.interfaces ?? {})) {
    const now = catalog.interfaces.get(key);
    if (now !== undefined && `${now.namespace}/${now.spec.network}` !== network.key) continue;
    to.definitions.add(`Interface ${key}`);
    to.names.add(tapName(uuid));
  }
}

function givenNames({ spec: { attach } }: InterfaceDef): readonly string[] {
  return [attach.tap?.ifname, attach.host?.ifname, attach.bridge?.port].filter(name => name !== undefined);
}
