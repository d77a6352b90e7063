/** Whatever links a node has: an act meets one that is not ours only where a definition permits it and the link is what the definition says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Op } from '../../src/kinds/op.ts';
import type { LinkRow } from '../../src/kinds/rows.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { definitions, link, planOn, rows } from './rows.ts';

const NAMES = ['vxlan100', 'br100', 'tap7', 'vxlan-64', 'br-vxlan-64', 'br9', 'x1', 'up1'] as const;
const anyLink = fc.record({
  name: fc.constantFrom(...NAMES),
  kind: fc.constantFrom('bridge', 'vxlan', 'tun', 'tun', 'dummy', 'vlan'),
  vni: fc.constantFrom(100, 100, 100, 7),
  port: fc.constantFrom(4789, 4789, 1234),
  master: fc.constantFrom('', 'br100', 'br-vxlan-64', 'br9'),
  group: fc.constantFrom('0', '0', '97', '5'),
  numbered: fc.constantFrom(false, false, true),
  owner: fc.constantFrom(undefined, undefined, 0, 107),
  queues: fc.constantFrom(false, false, true),
  below: fc.constantFrom('', 'br100', 'vxlan100', 'tap7'),
});
type AnyLink = typeof anyLink extends fc.Arbitrary<infer T> ? T : never;
const anyLinks = fc.uniqueArray(anyLink, { selector: ({ name }) => name, maxLength: 8 });

const rowOf = ({ name, kind, vni, port, master, group, numbered, owner, queues, below }: AnyLink, all: ReadonlySet<string>): LinkRow => {
  const data = kind === 'vxlan' ? { id: vni, port, learning: true } : kind === 'tun' ? { type: 'tap', multi_queue: queues } : {};
  const addr_info = numbered ? [{ family: 'inet', local: '10.0.0.1', prefixlen: 24, scope: 'global' } as const] : [];
  const more = { ...(kind === 'tun' && owner !== undefined ? { owner } : {}), ...(kind === 'vlan' && below !== '' && below !== name ? { link: below } : {}) };
  return link(name, kind, { data, group, addr_info, ...more, ...(master !== '' && master !== name && all.has(master) ? { master } : {}) });
};

const CATALOGS = [false, true].map(network => [false, true].map(guest => definitions({ network, guest })));

/** Names of links that an act speaks of, as they are when it comes. */
const met = (op: Op): readonly string[] => [
  ...('name' in op && op.op !== 'nft-replace' && op.op !== 'nft-del' ? [op.name] : []),
  ...('link' in op && op.link !== undefined ? [op.link] : []),
  ...('set' in op && 'master' in (op.set ?? {}) ? [String((op.set as { readonly master?: string }).master)] : []),
];

test('nothing of others is touched but what is taken over, and that is permitted, whole, and what it should be', () => {
  fc.assert(
    fc.property(anyLinks, fc.boolean(), fc.boolean(), (found, network, guest) => {
      const bridges = new Set(found.filter(({ kind }) => kind === 'bridge').map(({ name }) => String(name)));
      const links = found.map(each => rowOf(each, bridges));
      const { steps } = planOn(CATALOGS[Number(network)]?.[Number(guest)] as Catalog, rows(links));
      const taken = steps.filter(({ verb }) => verb === 'adopt').flatMap(({ ops }) => ops.flatMap(op => ('name' in op ? [op.name] : [])));
      // Of our name and vxid, with another port: it is made anew, and the plan says so.
      const replaced = steps.flatMap(({ replacing, ref }) => (replacing && network && ref === 'link:/vxlan-64' ? [ref.slice('link:/'.length)] : []));
      const foreign = links.filter(({ group, ifname }) => group !== '97' && !taken.includes(ifname) && !replaced.includes(ifname)).map(({ ifname }) => ifname);
      const renamed = new Set(
        steps.flatMap(({ verb, ops }) => (verb === 'adopt' ? ops.flatMap(op => (op.op === 'link-set' && op.set.name ? [op.set.name] : [])) : [])),
      );
      expect(steps.flatMap(({ ops }) => ops.flatMap(met)).filter(name => foreign.includes(name) && !renamed.has(name))).toEqual([]);
      for (const name of taken) {
        const was = found.find(each => each.name === name);
        expect(was?.kind === 'tun' ? guest : network).toBe(true);
        if (was?.kind === 'vxlan') expect(was.vni).toBe(100);
        if (was?.kind === 'tun') expect([was.owner, was.queues]).toEqual([undefined, false]);
        expect(was?.numbered).toBe(false);
        expect(links.filter(each => each.link === name && each.group !== '97')).toEqual([]);
      }
    }),
    { numRuns: Number(process.env['NETLOOM_LAW_RUNS'] ?? 60) },
  );
});
