/** What a schema cannot say about a Node. */

import { isOurName, isReservedDevice } from '../model/names.ts';
import { unusable } from './address-check.ts';
import { deviceNames } from './address-pool-check.ts';
import { contested } from './contested.ts';
import { beside, error, warning } from './finding.ts';
import type { Catalog, Finding, NodeDef } from './object.ts';
import { unknown } from './references.ts';
import { nodesOfPool } from './services.ts';

export function checkNode(self: NodeDef, catalog: Catalog): readonly Finding[] {
  return [...underlayAddress(self), ...underlayDevice(self), ...egress(self, catalog), ...idle(self)];
}

function underlayAddress(self: NodeDef): readonly Finding[] {
  const { address } = self.spec.underlay;
  const why = unusable(address);
  if (why === null) return [];
  const hint = 'write the address by which the other nodes reach this one';
  return [error('wrong-value', self, ['spec', 'underlay', 'address'], `underlay address ${address} is ${why}`, { hint })];
}

function underlayDevice(self: NodeDef): readonly Finding[] {
  const { device } = self.spec.underlay;
  if (device === undefined) return [];
  const path = ['spec', 'underlay', 'device'];
  const hint = 'name the device that has the underlay address, or leave it out';
  if (isReservedDevice(device)) return [error('reserved-device', self, path, `${device} cannot be the underlay device`, { hint })];
  return isOurName(device) ? [error('name-collision', self, path, `underlay device ${device} has a name that netloom gives to its own devices`, { hint })] : [];
}

function egress(self: NodeDef, catalog: Catalog): readonly Finding[] {
  const own = self.spec.egress ?? [];
  const claims = own.map((each, index) => ({ what: each.pool, on: self, path: ['spec', 'egress', index, 'pool'] }));
  const twice = contested(claims).map(([{ what, path }, first]) =>
    error('duplicate-entry', self, path, `AddressPool ${what} is named twice`, { hint: 'keep one of them', related: [first] }),
  );
  return [...twice, ...own.flatMap((each, index) => [...deviceNames(self, each, ['spec', 'egress', index]), ...egressOfPool(self, each, index, catalog)])];
}

function egressOfPool(
  self: NodeDef,
  own: { readonly pool: string; readonly device?: string; readonly bridge?: string },
  index: number,
  catalog: Catalog,
): readonly Finding[] {
  const path = ['spec', 'egress', index];
  const pool = catalog.pools.get(own.pool);
  if (pool === undefined) return [unknown(self, [...path, 'pool'], { kind: 'AddressPool', namespace: '', name: own.pool }, catalog, catalog.pools.keys())];
  if (own.bridge !== undefined && pool.spec.mode !== 'bridged') {
    const more = { hint: 'name a device, or let the pool be of mode bridged', related: beside(pool, 'spec', 'mode') };
    return [error('contradiction', self, [...path, 'bridge'], `bridge ${own.bridge} for AddressPool ${pool.name}, whose mode is ${pool.spec.mode}`, more)];
  }
  if (own.bridge !== undefined && own.device !== undefined) {
    const hint = 'keep bridge where the machine has one already, else device';
    return [error('contradiction', self, [...path, 'bridge'], `both bridge ${own.bridge} and device ${own.device}`, { hint })];
  }
  if (!self.spec.gateway || nodesOfPool(pool, catalog).includes(self.name)) return [];
  const more = { hint: `add ${self.name} to its gateways, or take it out here`, related: beside(pool, 'spec', 'gateways') };
  return [warning('without-effect', self, [...path, 'pool'], `Node ${self.name} does not serve AddressPool ${pool.name}`, more)];
}

/** What only gateway nodes do. */
function idle(self: NodeDef): readonly Finding[] {
  if (self.spec.gateway) return [];
  const fields = [...(self.spec.cordon ? ['cordon'] : []), ...(self.spec.egress === undefined ? [] : ['egress'])];
  const hint = 'write gateway: true, or leave it out';
  return fields.map(field => warning('without-effect', self, ['spec', field], `${field}, but Node ${self.name} is no gateway node`, { hint }));
}
