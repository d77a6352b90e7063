import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOurNamespace, OURS } from '../../src/kinds/marks.ts';
import { isLocal, isReservedMac, isUnicast } from '../../src/model/mac.ts';
import {
  bridgeMac,
  bridgeName,
  egressBridgeName,
  hostLinkName,
  IFNAME_MAX,
  interfaceUuid,
  isIfname,
  isNetnsName,
  isOurName,
  isReservedDevice,
  linkMac,
  nearMac,
  networkUuid,
  routerMac,
  shortName,
  tapName,
  UUID_TAG,
  vethNames,
  vxlanName,
} from '../../src/model/names.ts';

const vxids = fc.integer({ min: 1, max: 0xffffff });

describe('names in the kernel', () => {
  test('carry the vxid in hexadecimal without padding, as operators know them', () => {
    expect([vxlanName(2), bridgeName(2), vethNames(2)]).toEqual(['vxlan-2', 'br-vxlan-2', { outer: 'veth-2-o', inner: 'veth-2-i' }]);
    expect([vxlanName(14823439), bridgeName(14823439)]).toEqual(['vxlan-e2300f', 'br-vxlan-e2300f']);
  });

  test('have at most 15 bytes, are valid and known as ours', () => {
    const uuid = interfaceUuid('c', 'default', 'web-1', 0);
    const ofVxid = (vxid: number): string[] => [vxlanName(vxid), bridgeName(vxid), ...Object.values(vethNames(vxid))];
    const sound = (name: string): boolean => name.length <= IFNAME_MAX && isIfname(name) && isOurName(name);
    fc.assert(fc.property(vxids, vxid => ofVxid(vxid).every(sound)));
    expect([tapName(uuid), hostLinkName(uuid), egressBridgeName('eth0'), egressBridgeName('enp130s0f1np1')].filter(name => !sound(name))).toEqual([]);
  });

  test('egress bridges of long device names are hashed, each to its own', () => {
    expect(egressBridgeName('enp3s0f1')).toBe('egr-br-enp3s0f1');
    expect(egressBridgeName('enp130s0f1')).toMatch(/^egr-br-[0-9a-f]{8}$/);
    expect(egressBridgeName('enp130s0f1')).not.toBe(egressBridgeName('enp130s0f2'));
    expect(shortName('a-long-prefix-', 'rest')).toHaveLength(15);
  });

  test.each(['vxlan-2', 'br-vxlan-e2300f', 'veth-2-o', 'egr-2-i', 'flt-c0000201-o', 'egr-br-eth0', 'tap-0a1b2c3d', 'host-0a1b2c3d', 'nl-0a1b2c3d'])(
    '%s is a name of ours',
    name => expect(isOurName(name)).toBe(true),
  );

  test.each(['vxlan2', 'tap-web', 'tap0', 'br-lan', 'vnet3', 'host-1', 'vxlan-blue', 'veth-2-x', 'tap-0A1B2C3D'])('%s is not', name =>
    expect(isOurName(name)).toBe(false),
  );

  test.each(['', '-a', '.', '..', 'a b', 'a/b', 'a:b', 'a\n', 'a%d', 'ä', 'x'.repeat(16)])('%j is no device name', name => expect(isIfname(name)).toBe(false));

  test.each(['', '..', 'a/b', '-v', 'x'.repeat(64)])('%j is no name of a network namespace', name => expect(isNetnsName(name)).toBe(false));

  test('words of the tools and the loopback are reserved', () => {
    expect(['lo', 'all', 'default', 'dev', 'eth0'].map(isReservedDevice)).toEqual([true, true, true, true, false]);
  });
});

describe('MACs', () => {
  test('of a router tell its vxid', () => expect(routerMac(14823439)).toBe('02:02:e2:30:0f:01'));

  test('of near ends are the guest behind fe', () => expect(nearMac('02:00:00:12:34:56')).toBe('fe:00:00:12:34:56'));

  test('derived ones are local, unicast, reserved, and of one kind never those of another', () => {
    const names = fc.string({ minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(names, names, vxids, (node, name, vxid) => {
        const macs = [routerMac(vxid), bridgeMac(node, name), linkMac(node, name)];
        return macs.every(mac => isLocal(mac) && isUnicast(mac) && isReservedMac(mac)) && new Set(macs.map(mac => mac.slice(0, 5))).size === 3;
      }),
    );
  });

  test('of links depend on the node and on the name', () => {
    expect(new Set([linkMac('n1', 'vxlan-2'), linkMac('n2', 'vxlan-2'), linkMac('n1', 'vxlan-3'), linkMac('n1', 'vxlan-2')]).size).toBe(3);
    expect(bridgeMac('n1', 'br')).toMatch(/^02:03(:[0-9a-f]{2}){4}$/);
    expect(linkMac('n1', 'br')).toMatch(/^02:04(:[0-9a-f]{2}){4}$/);
  });
});

describe('uuids', () => {
  test('are of version 8 with our tag, so that a namespace of that name is known as ours', () => {
    expect(UUID_TAG).toBe(OURS.uuidTag);
    fc.assert(fc.property(fc.string(), fc.nat(), (name, incarnation) => isOurNamespace(networkUuid('c', 'default', name, incarnation))));
  });

  test('are equal for equal inputs only, and a network never has that of an interface', () => {
    expect(networkUuid('c', 'a', 'b', 0)).toBe(networkUuid('c', 'a', 'b', 0));
    const different = [networkUuid('c', 'a', 'b', 0), networkUuid('c', 'a', 'b', 1), networkUuid('c', 'a/b', '', 0), interfaceUuid('c', 'a', 'b', 0)];
    expect(new Set(different).size).toBe(4);
  });
});
