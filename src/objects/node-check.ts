/** What a schema cannot say about a Node. */

import { isOurName, isReservedDevice } from '../model/names.ts';
import { unusable } from './address-check.ts';
import { error } from './finding.ts';
import type { Catalog, Finding, NodeDef } from './object.ts';

export function checkNode(self: NodeDef, _catalog: Catalog): readonly Finding[] {
  return [...underlayAddress(self), ...underlayDevice(self)];
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
