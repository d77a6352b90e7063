/** Who loses traffic, and how: the impact of a step belongs to those whose packets meet it. */
import { describe, expect, test } from 'vitest';
import type { Review } from '../../src/review/review.ts';
import { tellingOf } from '../../src/review/telling.ts';
import { definition, type Edits, filesIn, reviewed } from './cluster.ts';

const EXAMPLE = filesIn('example-repo');
const SHOP = 'namespaces/bakery/interfaces/shop.yaml';
const told = (edits: Edits): Review => reviewed({ main: EXAMPLE, edits });
const impacts = (review: Review) =>
  Object.fromEntries(tellingOf(review).families.map(({ name, impact, hit }) => [name, impact === 'no-traffic' ? impact : `${impact} ${hit.join(', ')}`]));
/** The documents of a file without the one that names this. */
const without = (word: string) => (text: string) =>
  text
    .split(/^---\n/m)
    .filter(part => !part.includes(word))
    .join('---\n');

describe('a change', () => {
  test('that adds a guest cuts nobody: what is new has no packets yet', () => {
    const guest = definition('Interface', 'bakery/web-9', { network: 'shop', node: 'n1' });
    expect(impacts(told({ 'namespaces/bakery/web-9.yaml': guest }))).toEqual({ 'Network bakery/shop': 'no-traffic' });
  });

  test('that removes a guest cuts this guest, and no other of its network', () => {
    expect(impacts(told({ [SHOP]: without('name: lb-2') }))).toMatchObject({ 'Network bakery/shop': 'existing-flows Interface bakery/lb-2' });
  });

  test('that gives the address of a guest to a new one cuts the one that had it: the new one has no connections', () => {
    const heir = definition('Interface', 'bakery/heir', { network: 'shop', node: 'n3', address: '192.168.0.10' });
    const review = told({ [SHOP]: without('name: db-1'), 'namespaces/bakery/heir.yaml': heir });
    expect(tellingOf(review).families.find(({ name }) => name === 'Network bakery/shop')?.hit).toEqual(['Interface bakery/db-1']);
  });

  test('that turns a floating address cuts what reaches it', () => {
    const review = told({ 'namespaces/bakery/floating-ips/shop.yaml': text => text.replace('interface: web-1', 'interface: web-2') });
    expect(impacts(review)['Network bakery/shop']).toContain('existing-flows');
    expect(tellingOf(review).families[0]?.hit).toContain('FloatingIP bakery/shop-front');
  });

  test('that removes a network cuts all of it', () => {
    const review = told({ 'namespaces/museum/networks/gallery.yaml': null, 'namespaces/museum/interfaces/gallery.yaml': null });
    expect(impacts(review)).toEqual({ 'Network museum/gallery': 'existing-flows Network museum/gallery' });
  });

  test('of words alone is no change', () => {
    const review = told({ [SHOP]: text => `# read me\n${text}` });
    expect([tellingOf(review).families, review.changes, review.allocations]).toEqual([[], [], []]);
  });
});

describe('what would be allocated', () => {
  test('is decided on a copy of the ledger, as the first node would', () => {
    const { allocations, nodes } = told({ 'namespaces/bakery/web-9.yaml': definition('Interface', 'bakery/web-9', { network: 'shop', node: 'n1' }) });
    expect(allocations).toEqual([{ definition: 'Interface bakery/web-9', change: 'allocate', message: expect.stringMatching(/address 192\.168\.0\.6$/) }]);
    expect(nodes.find(({ node }) => node === 'n2')?.plan.steps.map(({ ref }) => ref)).toContain('neigh:/br-vxlan-2786ee/192.168.0.6');
  });

  test('and what would not be, is told with the reason', () => {
    const tiny = definition('Network', 'bakery/tiny', { cidr: '10.9.0.0/29' });
    const guests = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => definition('Interface', `bakery/${name}`, { network: 'tiny', node: 'n1' }));
    const review = told({ 'namespaces/bakery/tiny.yaml': [tiny, ...guests].join('---\n') });
    expect(review.pending.map(({ definition: name, reason }) => `${name} ${reason}`)).toEqual(['Interface bakery/f PoolExhausted']);
    // It is said once, not again by the node that waits for it.
    expect(review.nodes.flatMap(({ obstacles }) => obstacles)).toEqual([]);
  });
});

describe('a node that no revision at head defines', () => {
  test('plans nothing, and what it holds is said to stay', () => {
    const review = told({
      'nodes/n3.yaml': null,
      [SHOP]: text => text.replaceAll('node: n3', 'node: n2'),
      'namespaces/museum/interfaces/gallery.yaml': text => text.replaceAll('node: n3', 'node: n2'),
      'namespaces/florist/counter.yaml': text => text.replaceAll('node: n3', 'node: n2'),
      'namespaces/museum/interfaces/sensors.yaml': text => text.replaceAll('node: n3', 'node: n2'),
    });
    expect(review.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const gone = review.nodes.find(({ node }) => node === 'n3');
    expect(gone?.plan.steps).toEqual([]);
    expect(gone?.caveats.map(({ reason }) => reason)).toEqual(['Undefined']);
  });
});
