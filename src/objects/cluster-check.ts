/** What a schema cannot say about the Cluster. */
import { IGNORABLE } from '../kinds/ignorable.ts';
import { isReservedMac, isUnicast } from '../model/mac.ts';
import { nearest, orList, shown } from '../model/text.ts';
import { beside, error, warning } from './finding.ts';
import { mainNetworkOfNobody } from './main-network.ts';
import { checkNetwork } from './network-check.ts';
import { serverFindings } from './network-services-check.ts';
import type { Catalog, ClusterDef, Finding } from './object.ts';
import { unknown, unknownPools } from './references.ts';

export function checkCluster(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  return [
    ...vxids(self),
    ...macPrefix(self),
    ...defaultPool(self, catalog),
    ...serverFindings(self, ['spec', 'dnsUpstreams'], self.spec.dnsUpstreams ?? []),
    ...ignored(self, catalog),
    ...namespaceDefaults(self, catalog),
  ];
}

function vxids(self: ClusterDef): readonly Finding[] {
  const { first, last } = self.spec.vxids;
  if (first <= last) return [];
  const message = `the range of vxids is empty: first ${first} is greater than last ${last}`;
  return [error('vxid-out-of-range', self, ['spec', 'vxids', 'first'], message, { hint: 'swap them' })];
}

function macPrefix(self: ClusterDef): readonly Finding[] {
  const { macPrefix: prefix } = self.spec;
  const hint = 'take a locally administered one, such as 02:00:00 or 52:54:00';
  if (!isUnicast(prefix)) return [error('reserved-mac', self, ['spec', 'macPrefix'], `macPrefix ${prefix} is of multicast addresses`, { hint })];
  if (!isReservedMac(prefix)) return [];
  const message = `macPrefix ${prefix} is of addresses that netloom derives (02:01 to 02:04, fe)`;
  return [error('reserved-mac', self, ['spec', 'macPrefix'], message, { hint })];
}

function defaultPool(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  const { defaultPool: name } = self.spec;
  if (name === undefined || catalog.pools.has(name)) return [];
  return [unknown(self, ['spec', 'defaultPool'], { kind: 'AddressPool', namespace: '', name }, catalog, catalog.pools.keys())];
}

function ignored(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  return (self.spec.ignoreDrift ?? []).flatMap(({ kind, field, nodes = [] }, index): readonly Finding[] => {
    const path = ['spec', 'ignoreDrift', index];
    const fields = Object.hasOwn(IGNORABLE, kind) ? IGNORABLE[kind] : undefined;
    if (fields === undefined) return [notIgnorable(self, [...path, 'kind'], `no field of a ${shown(kind)} can be ignored`, kind, Object.keys(IGNORABLE))];
    const unheard = fields.includes(field)
      ? []
      : [notIgnorable(self, [...path, 'field'], `field ${shown(field)} of a ${kind} cannot be ignored`, field, fields)];
    const strangers = nodes.flatMap((name, nth) =>
      catalog.nodes.has(name) ? [] : [unknown(self, [...path, 'nodes', nth], { kind: 'Node', namespace: '', name }, catalog, catalog.nodes.keys())],
    );
    return [...unheard, ...strangers];
  });
}

function notIgnorable(self: ClusterDef, path: Finding['path'], message: string, word: string, known: readonly string[]): Finding {
  const near = nearest(word, known);
  return error('wrong-value', self, path, message, { hint: near === null ? `one of ${orList(known)}` : `did you mean ${near}?` });
}

function namespaceDefaults(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  const { pools, mainNetwork } = self.spec.namespaceDefaults ?? {};
  const path = ['spec', 'namespaceDefaults'];
  const found = [...unknownPools(self, [...path, 'pools'], pools, catalog), ...template(self, catalog)];
  if (mainNetwork?.vxid !== undefined) {
    const hint = 'leave it out: each network has a vxid of its own';
    found.push(error('wrong-value', self, [...path, 'mainNetwork', 'vxid'], 'a vxid in the template of all main networks', { hint }));
  }
  if (self.spec.defaultPool === undefined || pools === undefined) return found;
  const hint = 'leave it out: the first of namespaceDefaults.pools is used';
  const more = { hint, related: beside(self, ...path, 'pools') };
  return [...found, warning('without-effect', self, ['spec', 'defaultPool'], 'defaultPool, but all namespaces have a list of pools', more)];
}

// Where tenants have the network, it is told by theirs.
function template(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  const network = mainNetworkOfNobody(self);
  const isUsed = [...catalog.networks.values()].some(({ made }) => made?.some(({ on }) => on === self));
  return network === null || isUsed ? [] : checkNetwork(network, catalog);
}
