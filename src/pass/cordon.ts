/** What becomes of networks when a gateway node is cordoned, or no longer: allocation, asked ahead of the commit. */
import type { Ledger } from '../model/ledger.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { decide } from './decide.ts';

export interface CordonPlan {
  /** By network. */
  readonly moves: readonly { readonly network: string; readonly from: string; readonly to: string }[];
  /** Networks whose router stays on the node although it is cordoned, and why. */
  readonly stays: readonly { readonly network: string; readonly why: string }[];
}

/** The definitions with `spec.cordon` of one node as said. */
function withCordon(catalog: Catalog, node: NodeDef, cordon: boolean): Catalog {
  return { ...catalog, nodes: new Map([...catalog.nodes, [node.key, { ...node, spec: { ...node.spec, cordon } }]]) };
}

/** What allocation will decide once this is committed: moves of routers that are placed now, and those that cannot move. */
export function cordonPlan(catalog: Catalog, ledger: Ledger, node: NodeDef, cordon: boolean, now: Date): CordonPlan {
  const after = decide(withCordon(catalog, node, cordon), ledger, now);
  const placed = Object.entries(ledger.networks).flatMap(([network, entry]) =>
    entry.gateway === undefined || entry.removed !== undefined || !catalog.networks.has(network) ? [] : [{ network, from: entry.gateway.node }],
  );
  const moves = placed.flatMap(({ network, from }) => {
    const to = after.ledger.networks[network]?.gateway?.node;
    return to === undefined || to === from ? [] : [{ network, from, to }];
  });
  const moved = new Set(moves.map(({ network }) => network));
  const stays = placed
    .filter(({ network, from }) => cordon && from === node.name && !moved.has(network))
    .map(({ network }) => ({ network, why: whyOf(network) }));
  return { moves, stays };

  function whyOf(network: string): string {
    if (catalog.networks.get(network)?.spec.gateway === node.name) return 'its definition names this node (spec.gateway)';
    return after.pending.find(({ definition }) => definition === `Network ${network}`)?.message ?? 'no other node serves all its pools';
  }
}
