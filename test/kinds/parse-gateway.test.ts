/** What the kinds of a gateway make of rows: rules, proxies, announcements, files and services. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Ref } from '../../src/kinds/kind.ts';
import type { LinkRow, Rows } from '../../src/kinds/rows.ts';

const NODE = JSON.parse(readFileSync(new URL('fixtures/rows.json', import.meta.url), 'utf8')) as readonly Rows[];

function parse(all: readonly Rows[], ...kinds: readonly string[]): readonly Observed[] {
  return all.flatMap(rows => kinds.flatMap(name => KINDS.get(name)?.parse(rows) ?? []));
}

function owners(all: readonly Rows[], ...kinds: readonly string[]): readonly string[] {
  return parse(all, ...kinds)
    .map(one => `${one.owner} ${one.kind} ${one.ref}`)
    .sort();
}

function spec(all: readonly Rows[], ref: Ref): object | undefined {
  return parse(all, ...KINDS.keys()).find(one => one.ref === ref)?.spec;
}

describe('what a gateway has besides', () => {
  it('rules are ours by protocol, at home, where they ask for a mark or a link and nothing else', () => {
    expect(owners(NODE, 'rule')).toEqual([
      'foreign rule rule:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/1001/3221225995',
      'foreign rule rule:guest/1000/7',
      'ours rule rule:/1000/iif egr-br-eth1/suppress 0',
      'ours rule rule:/1001/iif egr-br-eth2',
      'ours rule rule:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/1000/3221225994',
    ]);
    expect(spec(NODE, 'rule:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/1000/3221225994')).toMatchObject({ mark: 0xc000020a, table: '3221225994' });
  });

  it('proxy neighbours are ours by protocol, at home', () => {
    expect(owners(NODE, 'proxy')).toEqual([
      'foreign proxy proxy:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/egr-2-i/192.0.2.21',
      'foreign proxy proxy:guest/inner/10.0.0.9',
      'ours proxy proxy:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/egr-2-i/192.0.2.20',
    ]);
  });

  it('files and services are ours wherever they run; one that is gone left its note', () => {
    expect(owners(NODE, 'file', 'service')).toEqual([
      'ours file file:/run/netloom/networks/0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/hosts',
      'ours service service:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/dnsmasq',
      'ours service service:old/dnsmasq',
    ]);
  });

  const announced = (ifalias: string, group = '97', netns = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001') => {
    const links = [
      {
        ifindex: 2,
        ifname: 'flt-c000020a-i',
        flags: [],
        mtu: 1500,
        address: '02:01:c0:00:02:0a',
        ifalias,
        group,
        linkinfo: { info_kind: 'veth' },
        addr_info: [],
      },
    ] as readonly LinkRow[];
    return parse([{ ...(NODE[1] as Rows), netns, links }], 'announce');
  };

  it('an announcement is what the alias of its link says, and says for whom it was made', () => {
    const [found] = announced('netloom:FloatingIP default/web 192.0.2.10 -> 10.0.0.3');
    expect(found).toMatchObject({ ref: 'announce:0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001/flt-c000020a-i', owner: 'ours', formerly: 'FloatingIP default/web' });
    expect(found?.spec).toMatchObject({ ip: '192.0.2.10', target: '10.0.0.3', alias: 'netloom:FloatingIP default/web', mac: '02:01:c0:00:02:0a' });
    const [moving] = announced('netloom:FloatingIP default/web (from n1) 192.0.2.10 -> 10.0.0.3');
    expect(moving).toMatchObject({ formerly: 'FloatingIP default/web', spec: { alias: 'netloom:FloatingIP default/web (from n1)' } });
    for (const text of ['netloom:Network default/demo 192.0.2.2 -> ', 'netloom:Network default/demo 192.0.2.2 ->'])
      expect(announced(text)[0]?.spec).toMatchObject({ ip: '192.0.2.2', target: '' });
  });

  it('nothing else in an alias is one, nor is one on what is not ours', () => {
    for (const text of ['netloom:FloatingIP default/web', '', '192.0.2.10 -> 10.0.0.3', 'netloom:192.0.2.10 ->']) expect(announced(text), text).toEqual([]);
    expect(announced('netloom:FloatingIP default/web 192.0.2.10 -> 10.0.0.3', '0')).toEqual([]);
    expect(announced('netloom:FloatingIP default/web 192.0.2.10 -> 10.0.0.3', '97', 'guest')).toEqual([]);
  });
});
