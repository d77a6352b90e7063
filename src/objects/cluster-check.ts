/** What a schema cannot say about the Cluster. */
import { IGNORABLE } from '../kinds/ignorable.ts';
import { isReservedMac, isUnicast } from '../model/mac.ts';
import { nearest, orList, shown } from '../model/text.ts';
import { error } from './finding.ts';
import { serverFindings } from './network-services-check.ts';
import type { Catalog, ClusterDef, Finding } from './object.ts';
import { unknown } from './references.ts';

export function checkCluster(self: ClusterDef, catalog: Catalog): readonly Finding[] {
  return [
    ...vxids(self),
    ...macPrefix(self),
    ...defaultPool(self, catalog),
    ...serverFindings(self, ['spec', 'dnsUpstreams'], self.spec.dnsUpstreams ?? []),
    ...ignored(self, catalog),
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
