/** RoutedIP: an address of a pool that is routed into a network as it is; a guest there holds it and answers for it. */
import { proxy } from '../kinds/proxy.ts';
import { route } from '../kinds/route.ts';
import { sysctl } from '../kinds/sysctl.ts';
import { egressNames, vethNames } from '../model/names.ts';
import { holderAsks } from './asks.ts';
import { addressHere } from './inbound.ts';
import { carriesRouter } from './mesh.ts';
import type { Compiled, NodeView, ObjectKind, RoutedIPDef, Trouble } from './object.ts';
import { checkRoutedIP } from './routed-ip-check.ts';
import { originOf, want } from './want.ts';

export const routedIP: ObjectKind<RoutedIPDef['spec']> = {
  kind: 'RoutedIP',
  plural: 'routedips',
  scope: 'namespace',
  check: checkRoutedIP,
  asks: (self, catalog) => holderAsks('routed', self, catalog),
  compile,
};

// The namespace answers ARP for it outside and routes it inside; the node's root has nothing of it.
function compile(self: RoutedIPDef, view: NodeView): Compiled {
  const network = view.catalog.networks.get(`${self.namespace}/${self.spec.network}`);
  if (network === undefined || !carriesRouter(network, view)) return { resources: [], troubles: [] };
  const from = originOf(self);
  const entry = view.ledger.networks[network.key];
  const ip = addressHere(self, view);
  if (entry?.floatingGateway === undefined || ip === undefined) {
    const waits: Trouble = { definition: from.definition, reason: 'AllocationPending', message: 'no address of the pool allocated yet', fatal: true };
    return { resources: [], troubles: [waits] };
  }
  const netns = entry.uuid;
  const egress = egressNames(entry.vxid).inner;
  return {
    resources: [
      want(proxy, { netns, link: egress, ip }, from),
      want(sysctl, { netns, key: `net/ipv4/neigh/${egress}/proxy_delay`, value: '0' }, from),
      want(route, { netns, dst: `${ip}/32`, table: '254', link: vethNames(entry.vxid).inner }, from),
    ],
    troubles: [],
  };
}
