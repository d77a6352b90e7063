import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { deletionsOf } from '../../src/consent/deletions.ts';
import { judge, type Verdict } from '../../src/consent/judge.ts';
import { livedIn, livedOnStatus } from '../../src/consent/lived.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { ledgerOf } from '../compile/world.ts';
import { type Doc, doc, guests, look, node, revision } from './world.ts';

const NODES = [node('n1'), node('n2')];
const LAN = [doc('Network red/lan', 'cidr: 10.0.0.0/16'), doc('Network red/other')];
const networks = (n: number): readonly Doc[] => Array.from({ length: n }, (_, i) => doc(`Network blue/net${i + 1}`));

function verdict(before: readonly Doc[], after: readonly Doc[]): Verdict {
  return judge(livedIn(revision(...before)), revision(...after));
}

/** Deletions as `Interface red/g1 along Network red/lan`. */
function told(before: Catalog, after: Catalog): readonly string[] {
  return deletionsOf(livedIn(before), after).map(({ definition, fate, with: by }) => [definition, fate, by].filter(Boolean).join(' '));
}

describe('what a revision takes away', () => {
  const gateway = node('n1', 'gateway: true');
  const pool = doc('AddressPool out', 'cidr: 192.0.2.0/24, device: eth9');
  const routed = [gateway, node('n2'), pool, ...LAN];
  const web = doc('Interface red/web', 'network: lan, node: n2');
  const cases: readonly (readonly [what: string, before: readonly Doc[], after: readonly Doc[], deleted: readonly string[]])[] = [
    ['nothing', [...NODES, ...LAN], [...NODES, ...LAN], []],
    ['nothing when files and fields change', [...NODES, ...LAN], [doc('Network red/other', 'mtu: 1400'), ...NODES, LAN[0] ?? web], []],
    ['what is not defined any more', [...NODES, ...LAN], [...NODES, LAN[0] ?? web], ['Network red/other gone']],
    [
      'all that moves to another namespace',
      [...NODES, doc('Network red/lan'), web],
      [...NODES, doc('Network blue/lan'), doc('Interface blue/web', 'network: lan, node: n2')],
      ['Interface red/web gone', 'Network red/lan gone'],
    ],
    [
      'the ports of a network that goes, although they are ports of another now',
      [...NODES, ...LAN, web],
      [...NODES, doc('Network red/other'), doc('Interface red/web', 'network: other, node: n2')],
      ['Interface red/web along Network red/lan', 'Network red/lan gone'],
    ],
    [
      'what was on a node that goes, although it is elsewhere now',
      [...NODES, ...LAN, web],
      [node('n1'), ...LAN, doc('Interface red/web', 'network: lan, node: n1')],
      ['Interface red/web along Node n2', 'Node n2 gone'],
    ],
    ['no guest that moves while its node stays', [...NODES, ...LAN, web], [...NODES, ...LAN, doc('Interface red/web', 'network: lan, node: n1')], []],
    ['a guest that lost its node', [...NODES, ...LAN, web], [...NODES, ...LAN, doc('Interface red/web', 'network: lan')], ['Interface red/web unplaced']],
    [
      'the way out of every network that used a pool without a word',
      [...routed],
      [gateway, node('n2'), ...LAN],
      ['AddressPool out gone', 'Network red/lan along AddressPool out'],
    ],
    [
      'a floating address whose guest goes',
      [...routed, web, doc('FloatingIP red/www', 'interface: web')],
      [...routed, doc('FloatingIP red/www')],
      ['FloatingIP red/www along Interface red/web', 'Interface red/web gone'],
    ],
    [
      'a routed address whose network goes',
      [...routed, doc('RoutedIP red/ip', 'network: lan'), doc('Network red/next', 'cidr: 10.1.0.0/16')],
      [gateway, node('n2'), pool, doc('RoutedIP red/ip', 'network: next'), doc('Network red/next', 'cidr: 10.1.0.0/16')],
      ['Network red/lan gone', 'Network red/other gone', 'RoutedIP red/ip along Network red/lan'],
    ],
    ['a gateway that is a node like others now', [gateway, node('n2'), ...LAN], [...NODES, ...LAN], ['Node n1 no-gateway']],
    ['a tenant', [...NODES, ...LAN, doc('Namespace red')], [...NODES, ...LAN], ['Namespace red gone']],
    ['the old name of the cluster', [doc('Cluster one'), ...NODES], [doc('Cluster two'), ...NODES], ['Cluster one gone']],
  ];
  test.each(cases)('%s', (_, before, after, deleted) => expect(told(revision(...before), revision(...after))).toEqual(deleted));
});

describe('somebody is asked', () => {
  const base = [...NODES, ...LAN];
  const cases: readonly (readonly [what: string, before: readonly Doc[], after: readonly Doc[], reasons: readonly string[]])[] = [
    ['not for ten of many', [...base, ...guests(95)], [...base, ...guests(85)], []],
    ['for eleven of many', [...base, ...guests(95)], [...base, ...guests(84)], ['more than 10']],
    ['not for five of six', [...base, ...guests(6)], [...base, ...guests(1)], []],
    ['for six of eleven', [...base, ...guests(6)], base, ['more than 20 %']],
    ['not for six of thirty', [...base, ...guests(25)], [...base, ...guests(19)], []],
    ['for seven of thirty', [...base, ...guests(25)], [...base, ...guests(18)], ['more than 20 %']],
    ['for eleven that only go along', [...base, ...guests(11)], [...base, ...guests(11).map(each => doc(each.of, 'network: lan'))], ['more than 10']],
    ['for the last network', [...NODES, doc('Network red/lan')], NODES, ['the last Network']],
    ['not for a network that another one follows', [...NODES, doc('Network red/lan')], [...NODES, doc('Network red/next')], []],
    ['not where there never was a network', [...NODES, doc('Namespace red')], NODES, []],
    ['for the last node', [node('n1'), ...LAN], LAN, ['the last Node']],
    ['for the last gateway that goes', [node('n1', 'gateway: true'), node('n2'), ...LAN], [node('n2'), ...LAN], ['the last gateway']],
    ['for the last gateway that stays as a node', [node('n1', 'gateway: true'), ...LAN], [node('n1'), ...LAN], ['the last gateway']],
    ['not for one gateway of two', [node('n1', 'gateway: true'), node('n2', 'gateway: true'), ...LAN], [node('n1', 'gateway: true'), node('n2'), ...LAN], []],
    [
      'for all of them at once',
      [node('n1', 'gateway: true'), ...networks(20)],
      [doc('Namespace red')],
      ['more than 10', 'the last Network', 'the last Node', 'the last gateway'],
    ],
  ];
  test.each(cases)('%s', (_, before, after, reasons) => expect(verdict(before, after).reasons).toEqual(reasons));

  const wide = doc('Cluster test', 'guards: { maxDeletions: 500, maxDeletedPercent: 100 }');
  const narrow = doc('Cluster test', 'guards: { maxDeletions: 2 }');
  test.each([
    ['the guards of the enforced revision count, not those that come along', [...base, ...guests(20)], [wide, ...base], ['more than 10']],
    ['wide guards that are enforced let many go', [wide, ...base, ...guests(20)], [narrow, ...base], []],
    ['narrow ones few', [narrow, ...base, ...guests(3)], [wide, ...base], ['more than 2']],
    ['not even wide ones the last network', [wide, ...NODES, ...networks(3)], [wide, ...NODES], ['the last Network']],
    ['zero means every deletion', [doc('Cluster test', 'guards: { maxDeletions: 0 }'), ...base], [...NODES, doc('Network red/lan')], ['more than 0']],
  ] as const)('%s', (_, before, after, reasons) => expect(verdict(before, after).reasons).toEqual(reasons));
});

describe('the hash of deletions', () => {
  const before = [...NODES, ...LAN, ...guests(12)];
  const hash = (after: readonly Doc[], was = before): string => verdict(was, after).hash;
  const without = [...NODES, ...LAN];

  test('is the same whatever else the revisions say, and in whatever order', () => {
    expect(hash(without)).toMatch(/^[0-9a-f]{16}$/);
    expect(hash([doc('Network new/one'), ...[...without].reverse()])).toBe(hash(without));
    expect(hash(without, [...NODES, doc('Network red/lan', 'cidr: 10.0.0.0/16, mtu: 1400'), doc('Network red/other'), ...guests(12, 'node: n2')])).toBe(
      hash(without),
    );
  });
  test('is another one for one deletion more, one less, another fate, another cluster', () => {
    const others = [
      [...NODES, doc('Network red/lan', 'cidr: 10.0.0.0/16')],
      [...without, ...guests(1)],
      [...without, doc('Interface red/g1', 'network: lan')],
    ];
    const elsewhere = hash([doc('Cluster prod'), ...without], [doc('Cluster prod'), ...before]);
    expect(new Set([hash(without), elsewhere, ...others.map(after => hash(after))]).size).toBe(5);
  });
  test('is nothing where nothing is deleted', () => expect(hash([...before, doc('Network new/one')])).toBe(''));

  test('approved in the revision itself it is good once: not when it stood there before', () => {
    const word = (text: string): Doc => doc('Cluster test', '', `annotations: { netloom.dev/approve: "${text}" }`);
    const own = hash(without);
    expect(verdict(before, [word(own), ...without]).isApprovedThere).toBe(true);
    expect(verdict(before, [word(`0123456789abcdef, ${own}`), ...without]).isApprovedThere).toBe(true);
    expect(verdict([word(own), ...before], [word(own), ...without]).isApprovedThere).toBe(false);
    expect(verdict(before, [word('0123456789abcdef'), ...without]).isApprovedThere).toBe(false);
    expect(verdict(before, [word(own), ...NODES, doc('Network red/lan', 'cidr: 10.0.0.0/16')]).isApprovedThere).toBe(false);
  });
});

describe('a protected definition', () => {
  const meta = 'annotations: { netloom.dev/protect: "true" }';
  const lan = doc('Network red/lan', 'cidr: 10.0.0.0/16', meta);
  const guarded = doc('Interface red/web', 'network: lan, node: n1', meta);
  const kept = (before: readonly Doc[], after: readonly Doc[]): readonly string[] => verdict(before, after).protected.map(each => each.definition);
  test.each([
    ['is not deleted', [...NODES, lan, doc('Network red/x')], [...NODES, doc('Network red/x')], ['Network red/lan']],
    [
      'is not taken along',
      [...NODES, ...LAN, guarded],
      [...NODES, doc('Network red/other'), doc('Interface red/web', 'network: other, node: n1', meta)],
      ['Interface red/web'],
    ],
    ['is not taken from its node', [...NODES, ...LAN, guarded], [...NODES, ...LAN, doc('Interface red/web', 'network: lan', meta)], ['Interface red/web']],
    ['may lose the annotation', [...NODES, lan], [...NODES, doc('Network red/lan', 'cidr: 10.0.0.0/16')], []],
    ['may change', [...NODES, lan], [...NODES, doc('Network red/lan', 'cidr: 10.1.0.0/16', meta)], []],
    ['is not protected by "false"', [...NODES, ...LAN, doc('Network red/x', '', 'annotations: { netloom.dev/protect: "false" }')], [...NODES, ...LAN], []],
  ] as const)('%s', (_, before, after, names) => expect(kept(before, after)).toEqual(names));
});

describe('a node that has lost its definitions', () => {
  const whole = revision(
    node('n1', 'gateway: true'),
    node('n2'),
    doc('AddressPool out', 'cidr: 192.0.2.0/24, device: eth9'),
    ...LAN,
    ...guests(12),
    doc('FloatingIP red/www', 'interface: g1'),
    doc('Namespace red'),
  );
  const ledger = ledgerOf(whole);
  const after = revision(node('n1', 'gateway: true'), node('n2'), ...LAN);
  const nodes = ['Node n1', 'Node n2'];

  test('knows from the ledger what lived', () => {
    const { reasons, deletions } = judge(livedOnStatus(ledger, nodes, null), after);
    expect([deletions.length, reasons]).toEqual([15, ['more than 10']]);
    expect(deletions.map(each => `${each.definition} ${each.fate}`)).toContain('Network red/lan along');
    expect(judge(livedOnStatus(ledger, nodes, null), revision(...LAN, doc('Namespace red'))).reasons).toContain('the last gateway');
  });
  test('counts nothing that was removed', () => {
    const gone = {
      ...ledger,
      networks: Object.fromEntries(Object.entries(ledger.networks).map(([key, entry]) => [key, { ...entry, removed: '2026-01-01T00:00:00Z', interfaces: {} }])),
      pools: {},
    };
    expect(judge(livedOnStatus(gone, nodes, null), after).deletions).toEqual([]);
  });
  test('names the deletions as every other node does, when it knows the revision that it enforced', () => {
    const lost = judge(livedOnStatus(ledger, nodes, whole), after);
    expect(lost.hash).toBe(judge(livedIn(whole), after).hash);
  });
  test('knows what was protected, and the guards, from the revision that it enforced', () => {
    const before = revision(
      doc('Cluster test', 'guards: { maxDeletions: 1 }'),
      ...NODES,
      doc('Network red/lan', '', 'annotations: { netloom.dev/protect: "true" }'),
      doc('Network red/x'),
    );
    const then = judge(livedOnStatus(ledgerOf(before), [], before), revision(...NODES, doc('Network red/y')));
    expect([then.reasons, then.protected.map(each => each.definition)]).toEqual([['more than 1'], ['Network red/lan']]);
  });
  test('of a cluster that is new is asked nothing', () => expect(judge(livedOnStatus(EMPTY_LEDGER, [], null), after)).toMatchObject({ reasons: [], hash: '' }));
  test('guards as a cluster does that says nothing', () => {
    const { properties } = JSON.parse(readFileSync(new URL('../../schemas/cluster.json', import.meta.url), 'utf8')).properties.spec.properties.guards;
    const usual = Object.fromEntries(Object.entries(properties as Record<string, { default: number }>).map(([name, each]) => [name, each.default]));
    expect(livedOnStatus(EMPTY_LEDGER, [], null).guards).toEqual(usual);
  });
});

describe("netloom's own annotations", () => {
  const wrong = (of: string, annotation: string, spec = ''): readonly string[] =>
    look(node('n1'), doc(of, spec, `annotations: { ${annotation} }`)).diagnostics.flatMap(({ severity, code, message, hint }) =>
      severity === 'error' ? [`${code}: ${message} (${hint})`] : [],
    );
  test.each([
    ['Network red/lan', 'netloom.dev/protected: "true"', [expect.stringMatching(/^unknown-annotation: Network .*did you mean netloom\.dev\/protect\?/)]],
    ['Network red/lan', 'netloom.dev/approve: "0123456789abcdef"', [expect.stringMatching(/^unknown-annotation/)]],
    ['Network red/lan', 'netloom.dev/protect: "yes"', [expect.stringMatching(/^wrong-value: .*"yes".*write "true"/)]],
    ['Cluster test', 'netloom.dev/approve: "all"', [expect.stringMatching(/^wrong-value: "all" in netloom\.dev\/approve/)]],
    ['Cluster test', 'netloom.dev/approve: "0123456789abcdef 00000000000000ff", netloom.dev/protect: "true"', []],
    ['Network red/lan', 'netloom.dev/protect: "false", example.org/protect: "maybe"', []],
  ] as const)('of %s: %s', (of, annotation, said) => expect(wrong(of, annotation)).toEqual(said));
});
