/** What a pull request is told, kept whole: `npx vitest run --project unit test/review/golden.test.ts --update` writes it anew. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printMarkdown } from '../../src/review/markdown.ts';
import { sizeOf } from '../../src/review/markdown-words.ts';
import { printReview } from '../../src/review/print-review.ts';
import { type Change, definition, filesIn, reviewed } from './cluster.ts';

type Case = { readonly title: string } & Omit<Change, 'main'> & Partial<Pick<Change, 'main'>>;

const GUEST = `---
apiVersion: netloom.dev/v1
kind: Interface
metadata: {name: web-3, namespace: bakery}
spec: {network: shop, node: n1, attach: {netns: {name: bakery-web-3}}}
`;

const HYPERVISORS = Array.from({ length: 40 }, (_, index) => `hv${index + 1}`);
const MANY = {
  'cluster.yaml': definition('Cluster', 'many', { underlay: { mtu: 9000 } }),
  ...Object.fromEntries(HYPERVISORS.map((name, index) => [`nodes/${name}.yaml`, definition('Node', name, { underlay: { address: `10.1.0.${index + 1}` } })])),
  'namespaces/acme.yaml': definition('Namespace', 'acme'),
  'networks/front.yaml': definition('Network', 'acme/front', { cidr: '10.0.0.0/24' }),
  ...Object.fromEntries(HYPERVISORS.map(name => [`guests/${name}.yaml`, definition('Interface', `acme/on-${name}`, { network: 'front', node: name })])),
};

const CASES: readonly Case[] = [
  { title: 'a guest joins', edits: { 'namespaces/bakery/interfaces/shop.yaml': text => text + GUEST } },
  {
    title: 'a network is removed',
    edits: { 'namespaces/museum/networks/gallery.yaml': null, 'namespaces/museum/interfaces/gallery.yaml': null },
  },
  {
    title: 'a tenant is removed, which somebody must agree to',
    edits: Object.fromEntries(Object.keys(filesIn('example-repo')).flatMap(path => (path.startsWith('namespaces/bakery/') ? [[path, null]] : []))),
  },
  { title: 'a guest moves', edits: { 'namespaces/bakery/interfaces/shop.yaml': text => text.replace('node: n2', 'node: n1') } },
  {
    title: 'a router moves',
    main: {
      'cluster.yaml': definition('Cluster', 'two', { underlay: { mtu: 1600 } }),
      'a.yaml': definition('Node', 'a', { underlay: { address: '10.1.0.1' }, gateway: true }),
      'b.yaml': definition('Node', 'b', { underlay: { address: '10.1.0.2' }, gateway: true }),
      'acme.yaml': definition('Namespace', 'acme'),
      'net.yaml': definition('Network', 'acme/lan', { cidr: '10.0.0.0/24', gateway: 'a' }),
      'guest.yaml': definition('Interface', 'acme/web', { network: 'lan', node: 'a' }),
    },
    edits: { 'net.yaml': definition('Network', 'acme/lan', { cidr: '10.0.0.0/24', gateway: 'b' }) },
  },
  { title: 'forty hypervisors get the same', main: MANY, edits: { 'networks/front.yaml': text => text.replace('"cidr"', '"mtu":1400,"cidr"') } },
  { title: 'nothing changes', edits: { 'README.md': 'Only words.\n' } },
  { title: 'it is invalid', edits: { 'namespaces/bakery/networks/shop.yaml': text => text.replace('spec:', 'spec:\n  netwrok: 1\n  dhcp: maybe') } },
  {
    title: 'reports are old, missing and not all well',
    edits: { 'namespaces/bakery/interfaces/shop.yaml': text => text + GUEST },
    report: told => {
      if (told.node === 'n3') return null;
      if (told.node === 'n2') return { ...told, heard: '2026-11-19T10:00:00Z', mode: 'observe' };
      const drift = [{ definition: 'Interface bakery/lb-1', ref: 'link:/tap-84931932', field: 'mtu', want: '8950', have: '1400' }];
      return {
        ...told,
        drift,
        interfaces: { ...told.interfaces, 'bakery/lb-1': { digest: 'f00', state: 'error', reason: 'Drift', message: 'still differs' } },
      };
    },
  },
  { title: 'no status branch', status: false, edits: { 'nodes/n4.yaml': definition('Node', 'n4', { underlay: { address: '10.2.1.14' } }) } },
];

const EXAMPLE = filesIn('example-repo');

it('the comment that docs/pull-requests.md shows is one that is written', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
  const [head = ''] = read('golden/a-network-is-removed.md').split('\n<details>');
  const shown = read('../../docs/pull-requests.md');
  const lines = head.split('\n').slice(1);
  expect(lines.filter(line => !shown.includes(line))).toEqual([]);
});

describe.each(CASES)('$title', ({ title, ...change }) => {
  it('says what its golden files say, within the size of a comment', async () => {
    const review = reviewed({ main: EXAMPLE, ...change });
    const file = join(import.meta.dirname, 'golden', title.replaceAll(/[ ,]+/g, '-'));
    const comment = printMarkdown(review);
    expect(sizeOf(comment)).toBeLessThanOrEqual(65_536);
    await expect(comment).toMatchFileSnapshot(`${file}.md`);
    if (review.nodes.length > 0) await expect(printReview(review)).toMatchFileSnapshot(`${file}.txt`);
  });
});
