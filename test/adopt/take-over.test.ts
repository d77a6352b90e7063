/** Taking over what somebody else made: only what a definition permits, only what it is sure about, and nothing that would be cut off by it. */
import { describe, expect, test } from 'vitest';
import { renderOp } from '../../src/kinds/render.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';
import type { Step } from '../../src/kinds/step.ts';
import { heldReason } from '../../src/plan/print-held.ts';
import { printText } from '../../src/plan/print-text.ts';
import { toJson } from '../../src/plan/to-json.ts';
import { definitions, HAND_MADE, link, PEER, planOn, rows, tap, vxlan } from './rows.ts';

const CLUSTER_PORT = 4789;
const there = (links: readonly LinkRow[] = HAND_MADE, more: Partial<Rows> = {}): Rows =>
  // The Cluster of these tests says nothing of a port.
  rows(
    links.map(each =>
      each.linkinfo?.info_kind === 'vxlan' && each.linkinfo.info_data?.port === 8472
        ? { ...each, linkinfo: { ...each.linkinfo, info_data: { ...each.linkinfo.info_data, port: CLUSTER_PORT } } }
        : each,
    ),
    more,
  );

const adopted = ({ steps }: { readonly steps: readonly Step[] }): readonly string[] =>
  steps.filter(({ verb }) => verb === 'adopt').map(({ ref, was }) => `${ref.slice('link:/'.length)} (${was})`);

/** Why nothing of the network was taken over. */
function refusal(links: readonly LinkRow[], more: Partial<Rows> = {}): string {
  const plan = planOn(definitions(), there(links, more));
  expect(adopted(plan)).toEqual([]);
  expect(touched(plan).filter(line => links.some(({ ifname }) => new RegExp(`[ "]${ifname}\\b`).test(line)))).toEqual([]);
  return plan.held.find(({ holder }) => holder?.kept !== undefined && !holder.kept.includes('which it is in'))?.holder?.kept ?? '';
}

function tapReason(links: readonly LinkRow[]): string {
  const held = planOn(definitions(), there(links)).held.find(({ ref }) => ref === 'link:/tap7');
  return held === undefined ? '' : heldReason(held);
}

const touched = ({ steps }: { readonly steps: readonly Step[] }): readonly string[] => steps.flatMap(({ ops }) => ops.map(renderOp));

describe('what a definition permits', () => {
  test('gets mark, alias and name in one act each, before anything else happens', () => {
    const plan = planOn(definitions(), there());
    expect(adopted(plan)).toEqual(['br-vxlan-64 (br100, no group)', 'tap7 (no group)', 'vxlan-64 (vxlan100, no group)']);
    expect(plan.steps.slice(0, 3).map(({ verb }) => verb)).toEqual(['adopt', 'adopt', 'adopt']);
    expect(touched(plan).slice(0, 3)).toEqual([
      "ip link set dev br100 group 97 name br-vxlan-64 alias 'netloom:Network default/lan'",
      "ip link set dev tap7 group 97 alias 'netloom:Interface default/web'",
      "ip link set dev vxlan100 group 97 name vxlan-64 alias 'netloom:Network default/lan'",
    ]);
    expect([plan.held, plan.swept, plan.bystanders]).toEqual([[], [], []]);
    expect(plan.steps.filter(({ verb, replacing }) => verb === 'delete' || replacing)).toEqual([]);
  });

  test('is closed only after all that it needs then was made: nothing is missed in between', () => {
    const lines = touched(planOn(definitions(), there()));
    const at = (text: string): number => lines.findIndex(line => line.includes(text));
    const entries = lines.flatMap((line, index) => (line.includes('fdb replace') ? [index] : []));
    expect(entries).toHaveLength(3);
    for (const closing of ['nolearning', 'flood off', 'locked on']) expect(at(closing)).toBeGreaterThan(Math.max(...entries));
  });

  test('is told in lines, in counts, and for programs', () => {
    const plan = planOn(definitions(), there());
    const text = printText(plan);
    expect(text).toContain('  = adopt vxlan interface vxlan-64  (was: vxlan100, no group)');
    expect(text).toMatch(/^Plan: \d+ to add, 3 to adopt, \d+ to change, 0 to destroy\./m);
    expect(toJson(plan)).toMatchObject({ summary: { adopt: 3 } });
    expect(JSON.stringify(toJson(plan))).toContain('"actions":["adopt"],"kind":"vxlan"');
  });

  test('is as it is meant to be afterwards where a pass died between two of them', () => {
    const half = HAND_MADE.map(each => (each.ifname === 'br100' ? { ...each, ifname: 'br-vxlan-64', group: '97' } : { ...each, master: 'br-vxlan-64' }));
    const plan = planOn(definitions(), there(half));
    expect(adopted(plan)).toEqual(['tap7 (no group)', 'vxlan-64 (vxlan100, no group)']);
    const other = HAND_MADE.map(each => (each.ifname === 'vxlan100' ? { ...each, ifname: 'vxlan-64', group: '97' } : each));
    expect(adopted(planOn(definitions(), there(other)))).toEqual(['br-vxlan-64 (br100, no group)', 'tap7 (no group)']);
  });

  test('keeps its name where it has ours, and says in which group it was', () => {
    const ours = [link('br-vxlan-64', 'bridge', { group: '5' }), vxlan('vxlan-64', 100, { master: 'br-vxlan-64' }), tap('tap7', 'br-vxlan-64')];
    expect(adopted(planOn(definitions(), there(ours)))).toEqual(['br-vxlan-64 (group 5)', 'tap7 (no group)', 'vxlan-64 (no group)']);
  });

  test('is replaced, and said to be, where its port is another and its name is ours', () => {
    const ours = [link('br-vxlan-64', 'bridge'), vxlan('vxlan-64', 100, { master: 'br-vxlan-64' }, 1234)];
    const plan = planOn(definitions(), rows(ours));
    expect(printText(plan)).toContain('-/+ vxlan interface vxlan-64');
    expect(printText(plan)).toContain('port: 1234 -> 4789  # forces replacement');
  });
});

describe('what no definition permits', () => {
  test('stays a conflict, whatever its name', () => {
    expect(planOn(definitions({ network: false, guest: false }), there()).held.map(({ why, on }) => `${why} ${on}`)).toEqual(
      expect.arrayContaining(['conflict link:/vxlan100', 'conflict link:/tap7']),
    );
    const ours = [link('br-vxlan-64', 'bridge'), vxlan('vxlan-64', 100, { master: 'br-vxlan-64' })];
    expect(adopted(planOn(definitions({ network: false, guest: false }), there(ours)))).toEqual([]);
  });

  test('a tap alone is left where only its network is permitted, and the other way round', () => {
    expect(adopted(planOn(definitions({ guest: false }), there()))).toEqual(['br-vxlan-64 (br100, no group)', 'vxlan-64 (vxlan100, no group)']);
    const plan = planOn(definitions({ network: false }), there());
    expect(adopted(plan)).toEqual([]);
  });

  test('a suspended network is left as it is', () => {
    expect(adopted(planOn(definitions({ more: ', suspend: true' }), there()))).toEqual([]);
  });
});

describe('what is something else than the definition says stays foreign, and the plan says why', () => {
  const [BRIDGE, VXLAN, TAP] = HAND_MADE as [LinkRow, LinkRow, LinkRow];

  test('our name on another vxid, or on something that is no vxlan', () => {
    expect(refusal([link('br7', 'bridge'), vxlan('vxlan-64', 7, { master: 'br7' }), TAP])).toBe('vxlan-64 has the vxid 7 and not 100');
    expect(refusal([link('vxlan-64', 'dummy')])).toBe('vxlan-64 is of the type dummy and not vxlan');
  });

  test('another UDP port than the cluster has, on a device with a name of its own', () => {
    const odd = vxlan('vxlan100', 100, { master: 'br100' }, 1234);
    expect(refusal([BRIDGE, odd, TAP])).toContain('vxlan100 uses the UDP port 1234 and the cluster 4789');
  });

  test("an address of the node's own on the bridge", () => {
    const numbered = { ...BRIDGE, addr_info: [{ family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global' } as const] };
    expect(refusal([numbered, VXLAN, TAP])).toContain('br100 carries 10.0.0.1/24, an address of the node itself');
    const linkLocal = { ...BRIDGE, addr_info: [{ family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' } as const] };
    expect(adopted(planOn(definitions(), there([linkLocal, VXLAN, TAP])))).toHaveLength(3);
  });

  const ADDRESS = [{ family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global' } as const];

  test("an address of the node's own on a vxlan, in a bridge or alone, and on a tap", () => {
    expect(refusal([{ ...VXLAN, master: '', addr_info: ADDRESS }])).toContain('vxlan100 carries 10.0.0.1/24, an address of the node itself');
    expect(refusal([BRIDGE, { ...VXLAN, addr_info: ADDRESS }, TAP])).toContain('vxlan100 carries 10.0.0.1/24');
    expect(tapReason([BRIDGE, VXLAN, { ...TAP, addr_info: ADDRESS }])).toContain('tap7 carries 10.0.0.1/24');
  });

  test('a device that stands on the bridge or the vxlan: it would be cut off', () => {
    expect(refusal([...HAND_MADE, link('br100.10', 'vlan', { link: 'br100' })])).toContain('br100.10 stands on br100, and no definition speaks of it');
    expect(refusal([...HAND_MADE, link('macvtap0', 'macvtap', { link: 'vxlan100' })])).toContain('macvtap0 stands on vxlan100');
    expect(tapReason([...HAND_MADE, link('mv0', 'macvlan', { link: 'tap7' })])).toContain('mv0 stands on tap7');
  });

  test('a tap with another owner or other queues, which would be made anew', () => {
    const queues = { info_kind: 'tun', info_data: { type: 'tap', multi_queue: true }, info_slave_kind: 'bridge', info_slave_data: {} };
    for (const [more, why] of [
      [{ owner: 107 }, 'its owner is 107, the definition says none'],
      [{ ownerUnanswered: true as const }, 'nobody answers which user owns tap7'],
      [{ linkinfo: queues }, 'its multiQueue is true, the definition says false'],
    ] as const) {
      const links = [BRIDGE, VXLAN, { ...TAP, ...more }];
      expect(tapReason(links)).toContain(why);
      expect(touched(planOn(definitions(), there(links))).filter(line => /\btap7\b/.test(line) && !line.includes('nft'))).toEqual([]);
    }
  });

  test('a vxlan of the other family, which would be made anew', () => {
    const six = { ...VXLAN, linkinfo: { ...VXLAN.linkinfo, info_data: { ...VXLAN.linkinfo?.info_data, local6: 'fd00::1' } } };
    expect(refusal([BRIDGE, six, TAP])).toContain('vxlan100 sends from fd00::1 and would have to be made anew');
  });

  test('a port that no definition speaks of: it would be cut off', () => {
    expect(refusal([...HAND_MADE, tap('tap8', 'br100')])).toBe('tap8 is in br100, and no Interface of this node speaks of it: it would be cut off');
    expect(refusal([...HAND_MADE, vxlan('vxlan200', 200, { master: 'br100' })])).toContain('vxlan200 is in br100');
  });

  test('a peer that no definition has: guests there would be cut off', () => {
    expect(refusal(HAND_MADE, { fdb: [PEER, { ...PEER, dst: '10.9.0.77' }] })).toContain('vxlan100 sends to 10.9.0.77, where no definition has a member');
    expect(adopted(planOn(definitions(), there(HAND_MADE, { fdb: [PEER, { ...PEER, dst: '239.1.1.1' }] })))).toHaveLength(3);
  });

  test('a name that is taken', () => {
    expect(refusal([...HAND_MADE, link('vxlan-64', 'dummy')])).toBe('vxlan100 is to be named vxlan-64, and that name is taken');
  });

  test('a tap in another bridge, and what is no tap', () => {
    expect(tapReason([BRIDGE, VXLAN, link('br9', 'bridge'), { ...TAP, master: 'br9' }])).toContain('tap7 is in br9 and not in br-vxlan-64');
    expect(tapReason([BRIDGE, VXLAN, link('tap7', 'dummy', { master: 'br100' })])).toContain('tap7 is of the type dummy and no tap');
  });
});
