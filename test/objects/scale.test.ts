/** Cross-checks at the size of a large cluster: right, and without loops inside loops. */
import { describe, expect, test } from 'vitest';
import { checkAll } from '../../src/objects/checks.ts';
import { grouped } from '../../src/objects/grouped.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { loadFiles } from '../load/diagnose.ts';

const doc = (kind: string, name: string, spec: object): string => JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name }, spec });

/** Networks `net-0`..., each 10.x.y.0/24, and `hosts` host attachments to each, all on one node. */
function cluster(networks: number, cidrOf: (i: number) => string): Catalog {
  const docs = [doc('Cluster', 'c', { underlay: { mtu: 9000 } }), doc('Node', 'n1', { underlay: { address: '192.0.2.1' } })];
  for (let i = 0; i < networks; i++) {
    docs.push(doc('Network', `net-${i}`, { cidr: cidrOf(i) }));
    docs.push(doc('Interface', `if-${i}`, { network: `net-${i}`, node: 'n1', attach: { host: {} } }));
  }
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': docs.join('\n---\n') });
  // More cards than a definition's order can count.
  const cards = [...(catalog?.interfaces ?? [])].map(([key, each], order) => [key, { ...each, spec: { ...each.spec, instance: 'one', order } }] as const);
  if (catalog !== null)
    return {
      ...catalog,
      interfaces: new Map(cards),
      interfacesOf: grouped(
        cards.map(([, each]) => each),
        each => `${each.namespace}/${each.spec.network}`,
      ),
    };
  throw new Error(diagnostics[0]?.message);
}

describe('thousands of ranges on one node', () => {
  const catalog = cluster(3000, i => `10.${i >> 8}.${i & 255}.0/24`);

  test('that only touch are fine', () => expect(checkAll(catalog)).toEqual([]));

  test('one wide range among them is told once for each that it holds, not for each pair', () => {
    const [first] = [...catalog.interfaces.values()];
    const wide = catalog.networks.get('default/net-0');
    if (first === undefined || wide === undefined) throw new Error('bug: an empty cluster');
    const networks = new Map(catalog.networks).set(wide.key, { ...wide, spec: { ...wide.spec, cidr: '10.0.0.0/8' } });
    const found = checkAll({ ...catalog, networks }).filter(({ code }) => code === 'network-overlap');
    expect(found.filter(({ severity }) => severity === 'error')).toHaveLength(2999);
    expect(found.filter(({ severity }) => severity === 'warning')).toHaveLength(2999);
  });
});
