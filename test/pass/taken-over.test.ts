/** What is noted of links that are taken over, and what gives them back: all of it as it was, and only what is still the same link. */
import { describe, expect, test } from 'vitest';
import { renderOp } from '../../src/kinds/render.ts';
import type { LinkRow } from '../../src/kinds/rows.ts';
import { stepsBack, stillOurs } from '../../src/pass/give-back.ts';
import { oursBefore, takenBy } from '../../src/pass/taken-over.ts';
import { definitions, HAND_MADE, PEER, preparedOn, rows } from '../adopt/rows.ts';

const found = HAND_MADE.map(link =>
  link.linkinfo?.info_kind === 'vxlan' ? { ...link, linkinfo: { ...link.linkinfo, info_data: { ...link.linkinfo.info_data, port: 4789 } } } : link,
);
const prepared = preparedOn(definitions(), rows(found, { fdb: [PEER] }));
const taken = takenBy(prepared.plan.steps, prepared, found as Parameters<typeof takenBy>[2]);
const NAMES = new Map([
  ['br100', 'br-vxlan-64'],
  ['vxlan100', 'vxlan-64'],
]);
/** As the kernel has them once all is taken over. */
const after = found.map(link => ({ ...link, ifname: NAMES.get(link.ifname) ?? link.ifname, group: '97' }));
const back = (links: readonly LinkRow[]): readonly string[] =>
  stepsBack(taken, stillOurs(taken, links as Parameters<typeof stillOurs>[1])).flatMap(({ ops }) => ops.map(renderOp));

describe('what was taken over', () => {
  test('gets its name, group and alias back in one act each, after all else is as it was', () => {
    const lines = back(after);
    expect(lines.slice(-3)).toEqual([
      "ip link set dev vxlan-64 group 0 name vxlan100 alias ''",
      "ip link set dev tap7 group 0 alias ''",
      "ip link set dev br-vxlan-64 group 0 name br100 alias ''",
    ]);
    expect(lines).toContain('ip link set dev vxlan-64 type vxlan learning');
    expect(lines.findIndex(line => line.includes('locked off'))).toBeLessThan(lines.findIndex(line => line.includes('fdb del')));
    expect(lines.filter(line => /link del|nomaster|local ''/.test(line))).toEqual([]);
  });

  test('is left alone where it is gone, another link, or without our mark: so is what stood on it', () => {
    const others = after.map(link => (link.ifname === 'vxlan-64' ? { ...link, ifindex: 9000 } : link.ifname === 'tap7' ? { ...link, group: '0' } : link));
    const lines = back(others);
    expect(lines.filter(line => /vxlan-64 |tap7/.test(line.replaceAll('br-vxlan-64', 'bridge')))).toEqual([]);
    expect(lines.at(-1)).toBe("ip link set dev br-vxlan-64 group 0 name br100 alias ''");
    expect(back([])).toEqual([]);
  });

  test('is no state of ours to go back to, before and after the act; what is ours besides is', () => {
    expect(oursBefore(prepared.observed, { links: [] })).toEqual([]);
    const { observed } = preparedOn(definitions(), rows(after));
    expect(oursBefore(observed, { links: [] }).length).toBeGreaterThan(0);
    expect(oursBefore(observed, taken)).toEqual([]);
    expect(oursBefore(observed, { links: taken.links.slice(1) }).length).toBeGreaterThan(0);
  });
});
