/** Which ports the node's filters speak of, where what is there is not quite what it should be. */
import { describe, expect, test } from 'vitest';
import { catalogOf, doc, FACTS, ledgerOf, on, specs } from './world.ts';

const BLUE = doc('Network', 'blue', 'cidr: 10.0.0.0/24, dhcp: false, nat: false');
const VM = doc('Interface', 'vm', 'network: blue, node: n1, attach: { tap: { ifname: tap-vm } }');
const catalog = catalogOf(BLUE, VM);
const vxid = ledgerOf(catalog).networks['default/blue']?.vxid.toString(16);
const [bridge, vxlan] = [`br-vxlan-${vxid}`, `vxlan-${vxid}`];

const port = (ifname: string, ours: boolean, of = bridge) => ({ bridge: of, ifname, mac: '02:00:00:00:00:01', ours });
const filter = (facts: Partial<typeof FACTS>, definitions = catalog): string =>
  JSON.stringify(specs(on('n1', definitions, { facts: { ...FACTS, ...facts } }), 'nft').find(spec => spec.family === 'bridge'));

describe('what lost its mark is not somebody else’s:', () => {
  const whole = filter({ ports: [port(vxlan, true), port('tap-vm', true)] });

  test('the guests of a bridge stay held to what is theirs', () => {
    expect(whole).toContain('tap-vm');
    expect(filter({ devices: [...FACTS.devices, bridge], ports: [port(vxlan, true), port('tap-vm', true)] })).toBe(whole);
  });

  test('the mesh stays part of its network', () => {
    expect(whole).toContain(`"${vxlan}"`);
    expect(filter({ devices: [...FACTS.devices, vxlan], ports: [port(vxlan, false), port('tap-vm', true)] })).toBe(whole);
  });
});

describe('no filter speaks of what is somebody else’s:', () => {
  test('ports in a bridge that has our name and nothing of ours', () => {
    const theirs = filter({ devices: [...FACTS.devices, bridge, vxlan, 'tap-vm'], ports: [port(vxlan, false), port('tap-vm', false)] });
    expect(theirs).not.toContain('tap-vm');
    expect(theirs).not.toContain(`"${vxlan}"`);
  });

  test('a device of ours that a definition calls its guest’s port', () => {
    const thief = doc('Interface', 'thief', 'network: red, node: n1, mac: "52:54:00:00:00:66", attach: { bridge: { port: nl-vm } }');
    const both = catalogOf(BLUE, VM, doc('Network', 'red', 'cidr: 10.1.0.0/24, dhcp: false, nat: false'), thief);
    expect(filter({}, both)).toContain('52:54:00:00:00:66');
    expect(filter({ ports: [port('nl-vm', true)] }, both)).not.toContain('52:54:00:00:00:66');
  });
});

describe('the annotation adopt lets a definition name, of all names that are ours,', () => {
  const adopting = (vxid: string, name: string): string =>
    `apiVersion: netloom.dev/v1\nkind: Network\nmetadata: { name: red }\nspec: { cidr: 10.1.0.0/24, dhcp: false, nat: false${vxid} }\n---\napiVersion: netloom.dev/v1\nkind: Interface
metadata: { name: router, annotations: { netloom.dev/adopt: "true" } }\nspec: { network: red, node: n1, mac: "52:54:00:00:00:66", attach: { bridge: { port: ${name} } } }\n`;

  test('the port that another’s router has in this very network', () => {
    expect(() => catalogOf(adopting(', vxid: 0x77', 'veth-77-o'))).not.toThrow();
  });

  test.each([
    ['that of another network', ', vxid: 0x77', 'veth-78-o'],
    ['one of a network whose vxid is not pinned', '', 'veth-77-o'],
    ['a VXLAN device', ', vxid: 0x77', 'vxlan-77'],
    ['the tap of another guest', ', vxid: 0x77', 'tap-356f7d8e'],
    ['the way out of a router', ', vxid: 0x77', 'egr-77-o'],
  ])('not %s', (_, pinned, name) => {
    expect(() => catalogOf(adopting(pinned, name))).toThrow(/name-collision/);
  });
});
