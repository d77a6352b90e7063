import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dot } from '../../src/graph/dot.ts';
import { type Box, type Drawing, edgesOf } from '../../src/graph/drawing.ts';
import { mermaid } from '../../src/graph/mermaid.ts';
import { boxesOf, outlineOf } from '../../src/graph/outline.ts';
import { subjectOf } from '../../src/graph/subject.ts';
import { svg } from '../../src/graph/svg.ts';
import { refIndex } from '../../src/report/resolve-ref.ts';
import { catalogOf, READY, reportOf, SHOP, viewOf } from '../report/world.ts';
import { drawings } from './scenes.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

const SHOP_VIEW = viewOf(SHOP, [
  reportOf('n1', {
    networks: { 'acme/shop': READY, 'acme/office': READY },
    pools: { edge: READY },
    floatingIPs: { 'acme/www': READY },
    routedIPs: { 'acme/lb': READY },
  }),
  reportOf('n2', {
    networks: { 'acme/shop': READY, 'acme/office': { digest: 'd1', state: 'error', reason: 'UnderlayMtuTooSmall', message: 'eth0 carries 1500' } },
    interfaces: { 'acme/web': READY, 'acme/pc': READY },
  }),
]);

const boxes = (drawing: Drawing): readonly Box[] => boxesOf(outlineOf(drawing));
const box = (drawing: Drawing, id: string): Box => {
  const found = boxes(drawing).find(each => each.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${boxes(drawing).map(each => each.id)}`);
  return found;
};

describe('pictures of a shop whose router is on n1 and whose guests are on n2', () => {
  const { network, node, iface, floating, cluster } = drawings(SHOP_VIEW);
  const pictures = { network: network('acme/shop'), node: node('n1'), interface: iface('acme/web'), floating: floating('acme/www'), cluster: cluster() };

  test.each(Object.entries(pictures))('of the %s are what the folder says, in each format', async (name, drawing) => {
    await expect(mermaid(drawing)).toMatchFileSnapshot(join(GOLDEN, `${name}.mmd`));
    await expect(dot(drawing)).toMatchFileSnapshot(join(GOLDEN, `${name}.dot`));
    await expect(svg(drawing)).toMatchFileSnapshot(join(GOLDEN, `${name}.svg`));
  });

  test('every line ends at two boxes, and every box has a name of its own', () => {
    for (const drawing of Object.values(pictures)) {
      const ids = boxes(drawing).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(
        edgesOf(drawing)
          .flatMap(({ from, to }) => [from, to])
          .filter(id => !ids.includes(id)),
      ).toEqual([]);
    }
  });

  test('a packet to the floating address finds its way through the picture to the guest', () => {
    const { floating: drawn } = pictures;
    const router = `n1/${SHOP_VIEW.ledger.networks['acme/shop']?.uuid}`;
    const lines = edgesOf(drawn).map(({ from, to }) => `${from} - ${to}`);
    const hops = ['n1/outside egr-br-eth1', 'n1/eth1', 'n1/egr-br-eth1', 'n1/flt-c0000203-o', `${router}/flt-c0000203-i`];
    expect(
      hops
        .slice(1)
        .map((hop, nth) => `${hops[nth]} - ${hop}`)
        .filter(hop => !lines.includes(hop)),
    ).toEqual([]);
    const down = [`${router}/veth-e2300f-i`, 'n1/veth-e2300f-o', 'n1/br-vxlan-e2300f', 'n1/vxlan-e2300f', 'underlay n1', 'the wire'];
    expect(
      down
        .slice(1)
        .map((hop, nth) => `${down[nth]} - ${hop}`)
        .filter(hop => !lines.includes(hop)),
    ).toEqual([]);
    expect(box(drawn, `${router}/flt-c0000203-i`).lines).toContain('to acme/web');
    expect(box(drawn, 'n2/Interface acme/web').lines).toContain('floating 192.0.2.3');
  });

  test('the cluster shows who is where, and what leads in', () => {
    expect(box(pictures.cluster, 'n2/Network acme/shop').lines).toEqual(['br-vxlan-e2300f', 'acme/web']);
    expect(box(pictures.cluster, 'n1/Network acme/shop').lines).toContain('router');
    expect(box(pictures.cluster, 'n1/outside egr-br-eth1').lines).toContain('192.0.2.3 to acme/web');
  });

  test('what is not Ready is marked, and only that', () => {
    const marked = boxes(node('n2')).flatMap(({ id, mark }) => (mark === undefined ? [] : [`${id}: ${mark}`]));
    expect(marked).toEqual(['n2/br-vxlan-3: error: UnderlayMtuTooSmall']);
    expect(svg(node('n2'))).toContain('! error: UnderlayMtuTooSmall');
  });
});

test('what waits is drawn too: an interface without a node, one without an allocation, an address that leads nowhere', () => {
  const catalog = catalogOf({ 'a/net': { cidr: '10.0.0.0/24' } }, { 'a/lone': { network: 'net' }, 'a/new': { network: 'net', node: 'n1' } });
  const view = viewOf(catalog, [reportOf('n1')], { ledger: { networks: {} } });
  const { network } = drawings(view);
  expect(network('a/net').aside.map(({ id, mark }) => [id, mark])).toEqual([['Interface a/lone', 'initial: Unallocated']]);
  expect(box(network('a/net'), 'n1/a/net').title).toBe('no bridge yet');
  expect(box(network('a/net'), 'n1/Interface a/new').mark).toBe('initial: Unallocated');
  expect(
    drawings(SHOP_VIEW)
      .floating('acme/spare')
      .aside.map(({ lines }) => lines),
  ).toEqual([['192.0.2.2', 'leads to no interface']]);
});

test('a guest that moves is drawn where it is and where it goes, with a port on each', () => {
  const catalog = catalogOf({ 'a/net': { cidr: '10.0.0.0/24' } }, { 'a/web': { network: 'net', node: 'n1', migrateTo: 'n2' } });
  const drawing = drawings(viewOf(catalog, [])).iface('a/web');
  expect(['n1', 'n2'].map(name => box(drawing, `${name}/Interface a/web`).lines[0])).toEqual(['moves from n1 to n2', 'moves from n1 to n2']);
  const ports = edgesOf(drawing).filter(({ from }) => from.endsWith('/Interface a/web'));
  expect(ports.map(({ to }) => to.replace(/[0-9a-f]{8}$/, ''))).toEqual(['n1/tap-', 'n2/tap-']);
});

test('definitions of a folder are drawn without complaints that no node knows them', () => {
  const drawing = drawings(viewOf(SHOP, [], { revision: '' })).network('acme/shop');
  expect(boxes(drawing).filter(({ mark }) => mark !== undefined)).toEqual([]);
  expect(drawing.about).toEqual(['Definitions of a folder; no node of it has reported yet.']);
});

describe('words of definitions stay words:', () => {
  const nasty = '"]);<script>alert(1)</script> `x` --> }}\n%% end #35; & \\" \u0007 {{';
  const catalog = catalogOf({ 'a/net': { cidr: '10.0.0.0/24' } }, { 'a/web': { network: 'net', node: 'n1', instance: nasty } });
  const drawing = drawings(viewOf(catalog, [])).network('a/net');

  test('Mermaid gets them as entity codes between its quotes', () => {
    const texts = [...mermaid(drawing).matchAll(/"([^"]*)"/g)].map(match => match[1] ?? '');
    expect(texts.some(text => text.includes('#60;script#62;alert#40;1#41;'))).toBe(true);
    expect(texts.filter(text => !/^([A-Za-z0-9 .:/_,!?-]|#\d+;|<br\/>)*$/.test(text))).toEqual([]);
    expect(
      mermaid(drawing)
        .split('\n')
        .filter(line => !/^( *(%%|---|title:|flowchart|subgraph b\d+\[".*"\]|end$|b\d+[[({]|b\d+ --- b\d+$|classDef|class )|---|$)/.test(line)),
    ).toEqual([]);
  });

  test('Graphviz gets them as a quoted text', () => {
    const lines = dot(drawing)
      .split('\n')
      .filter(line => line.includes('<script>'));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.replaceAll(/"(\\.|[^"\\])*"/g, 'T')).toBe('    T [label=T, shape=boxT];'.replace('boxT', 'box, color=T, penwidth=2, style=T'));
  });

  test('SVG gets them as text of XML', () => {
    const text = svg(drawing);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toContain('<script');
    expect(text).not.toContain('\u0007');
    expect(text.replaceAll(/<\/?(svg|title|desc|style|rect|text|path)\b[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot|#39);)/);
  });
});

describe('one word says what is drawn:', () => {
  const index = refIndex(SHOP_VIEW);
  const { uuid = '' } = SHOP_VIEW.ledger.networks['acme/shop'] ?? {};
  test.each([
    ['shop', 'Network acme/shop'],
    ['n2', 'Node n2'],
    ['acme/web', 'Interface acme/web'],
    ['www', 'FloatingIP acme/www'],
    ['192.0.2.3', 'FloatingIP acme/www'],
    ['10.0.0.1', 'Network acme/shop'],
    ['02:aa:00:00:00:01', 'Interface acme/web'],
    ['br-vxlan-e2300f', 'Network acme/shop'],
    ['0xe2300f', 'Network acme/shop'],
    ['flt-c0000203-o', 'FloatingIP acme/www'],
    ['10.2.1.2', 'Node n2'],
    [uuid, 'Network acme/shop'],
  ])('%s', (ref, wanted) => {
    const found = subjectOf(ref, 'acme', index);
    expect('key' in found ? `${found.kind} ${found.key}` : found.message).toBe(wanted);
  });

  test('nothing of the name says so, and a name of another tenant says where it is', () => {
    expect(subjectOf('nobody', 'acme', index)).toEqual({
      message: 'nothing is called nobody: no network, node, interface or floating address',
      candidates: [],
    });
    expect(subjectOf('shop', 'default', index)).toMatchObject({ candidates: ['acme/shop'] });
  });
});
