/** Node: a member of the mesh. On its own kernel it is what all networks there share: the filters, and bridged frames kept out of the node's own ones. */

import type { Resource } from '../kinds/kind.ts';
import { nft } from '../kinds/nft.ts';
import { guardTable, rootTable } from '../kinds/nft-guard.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { egressEnds } from './egress.ts';
import { guardedPorts, hostEnds, meshPorts, movingGuests } from './guard.ts';
import { networksOf } from './mesh.ts';
import { checkNode } from './node-check.ts';
import type { Compiled, NodeDef, NodeView, ObjectKind, Trouble } from './object.ts';
import { originOf, want } from './want.ts';

export const node: ObjectKind<NodeDef['spec']> = {
  kind: 'Node',
  plural: 'nodes',
  scope: 'cluster',
  check: checkNode,
  asks: () => [],
  compile,
};

function compile(self: NodeDef, view: NodeView): Compiled {
  const egress = egressEnds(view);
  if (self.name !== view.node.name || (networksOf(self, view).length === 0 && egress.length === 0)) return { resources: [], troubles: [] };
  const from = originOf(self);
  const found: Resource[] = [];
  const troubles: Trouble[] = [];
  const vteps = [...view.catalog.nodes.values()].map(other => other.spec.underlay.address).sort();
  found.push(want(nft, { netns: '', ...guardTable(filterContent(view)) }, from));
  found.push(want(nft, { netns: '', ...rootTable({ vteps, port: view.catalog.cluster.spec.underlay.port, hosts: hostEnds(view), egress }) }, from));
  if (view.facts.bridgeNetfilter) {
    if (self.spec.bridgeNetfilter === 'off') {
      for (const name of ['iptables', 'ip6tables', 'arptables']) {
        found.push(want(sysctl, { netns: '', key: `net/bridge/bridge-nf-call-${name}`, value: '0' }, from));
      }
    } else {
      const message = "bridgeNetfilter: keep: frames between guests meet this node's own IP filters (Docker's drop policy cuts them)";
      troubles.push({ definition: from.definition, reason: 'BridgeNetfilter', message, fatal: false });
    }
  }
  return { resources: found, troubles };
}

function filterContent(view: NodeView): Parameters<typeof guardTable>[0] {
  const ports = guardedPorts(view);
  const filtered = ports.filter(found => found.protect);
  return {
    moving: movingGuests(view),
    guests: filtered.map(found => found.ifname),
    ours: [...ports.map(found => found.ifname), ...meshPorts(view)],
    macs: filtered.map(found => ({ ifname: found.ifname, mac: found.mac })),
    addresses: filtered.flatMap(found => found.addresses.map(address => ({ ifname: found.ifname, address }))),
  };
}
