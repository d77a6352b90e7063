/** Which cards an instance has, with which routes and resolvers, and which instance is meant. */
import { describe, expect, test } from 'vitest';
import { type InstanceData, instanceData, type Missing } from '../../src/report/instance-data.ts';
import { ifupdown, networkData } from '../../src/report/instance-formats.ts';
import { dataOf, doc, entryOf, type Known, known, WEB } from './instances.ts';

const missingOf = (ref: string, of: Known = WEB, namespace = 'default'): Missing | InstanceData => instanceData(ref, namespace, of);

describe('which routes', () => {
  const guest = (first: object, second: object): InstanceData =>
    dataOf(
      'vm',
      known(
        [
          doc('Network', 'one', { cidr: '10.1.0.0/24', ...first }),
          doc('Network', 'two', { cidr: '10.2.0.0/24', ...second }),
          doc('Interface', 'x', { network: 'one', instance: 'vm' }),
          doc('Interface', 'y', { network: 'two', instance: 'vm', order: 1 }),
        ],
        [
          entryOf('default/one', 1, { 'default/x': { mac: '02:00:00:00:00:0a', address: '10.1.0.9' } }),
          entryOf('default/two', 2, { 'default/y': { mac: '02:00:00:00:00:0b', address: '10.2.0.9' } }),
        ],
      ),
    );
  const routes = (data: InstanceData): readonly (readonly string[])[] =>
    data.nics.map(nic => (nic.address?.routes ?? []).map(({ to, via }) => `${to.text} ${via}`));

  test('the first card whose network has a way out has the default route, as with DHCP and in namespaces', () => {
    expect(routes(guest({}, {}))).toEqual([['0.0.0.0/0 10.1.0.1'], []]);
    expect(routes(guest({ nat: false }, {}))).toEqual([[], ['0.0.0.0/0 10.2.0.1']]);
    expect(routes(guest({ nat: false }, { nat: false }))).toEqual([[], []]);
    expect(routes(guest({ nat: false, defaultRoute: true }, {}))).toEqual([['0.0.0.0/0 10.1.0.1'], []]);
  });

  test('a static default route goes before that to the router', () => {
    expect(routes(guest({ routes: [{ to: '0.0.0.0/0', via: '10.1.0.7' }] }, {}))).toEqual([['0.0.0.0/0 10.1.0.7'], []]);
  });

  test('a network with an IPv6 prefix has addresses, and resolvers of its kind', () => {
    const docs = [doc('Network', 'six', { cidr: '2001:db8:1::/64' }), doc('Interface', 'x', { network: 'six' })];
    const data = dataOf('x', known(docs, [entryOf('default/six', 1, { 'default/x': { mac: '02:00:00:00:00:0a', address: '2001:db8:1::9' } })]));
    expect(networkData(data)).toMatchObject({
      networks: [{ type: 'ipv6', ip_address: '2001:db8:1::9', netmask: 'ffff:ffff:ffff:ffff::', routes: [] }],
      services: [{ type: 'dns', address: '2001:db8::53' }],
    });
    expect(ifupdown(data)).toContain('iface eth0 inet6 static\n    address 2001:db8:1::9/64\n');
  });
});

describe('which instance', () => {
  test('a bare name is of the namespace that is asked for', () => {
    expect(dataOf('web-1', WEB, 'acme')).toEqual(dataOf('acme/web-1'));
    expect(missingOf('web-1')).toEqual({ missing: 'there is no instance web-1 in namespace default', hint: 'did you mean acme/web-1?', again: false });
  });

  test('an unknown one is answered with the nearest names, or with none', () => {
    expect(missingOf('acme/wbe-1')).toEqual({ missing: 'there is no instance acme/wbe-1', hint: 'did you mean acme/web-1?', again: false });
    expect(missingOf('wbe-1', WEB, 'acme')).toEqual({
      missing: 'there is no instance wbe-1 in namespace acme',
      hint: 'did you mean acme/web-1?',
      again: false,
    });
    expect(missingOf('zzz')).toEqual({ missing: 'there is no instance zzz in namespace default', again: false });
  });

  test('an Interface of no instance is one by itself, unless an instance has its name', () => {
    const docs = [doc('Network', 'n', {}), doc('Interface', 'x', { network: 'n' }), doc('Interface', 'y', { network: 'n', instance: 'x' })];
    const both = { 'default/x': { mac: '02:00:00:00:00:0a' }, 'default/y': { mac: '02:00:00:00:00:0b' } };
    expect(dataOf('x', known(docs, [entryOf('default/n', 1, both)])).nics.map(nic => nic.key)).toEqual(['default/y']);
    expect(dataOf('x', known(docs.slice(0, 2), [entryOf('default/n', 1, both)])).nics.map(nic => nic.key)).toEqual(['default/x']);
  });

  test('what has nothing allocated, or waits for an address, is not told half', () => {
    const docs = [doc('Network', 'n', { cidr: '10.1.0.0/24' }), doc('Interface', 'x', { network: 'n' })];
    expect(missingOf('x', known(docs, []))).toEqual({ missing: 'nothing is allocated to Interface default/x yet', again: true });
    const bare = entryOf('default/n', 1, { 'default/x': { mac: '02:00:00:00:00:0a' } });
    expect(missingOf('x', known(docs, [bare]))).toEqual({ missing: 'Interface default/x has no address yet', again: true });
    const gone = entryOf('default/n', 1, { 'default/x': { mac: '02:00:00:00:00:0a', address: '10.1.0.9', removed: '2026-11-21T10:00:00Z' } });
    expect(missingOf('x', known(docs, [gone]))).toHaveProperty('again', true);
  });

  test('two cards of one order cannot both be that card: no catalog has them', () => {
    const docs = [doc('Network', 'n', {}), doc('Interface', 'x', { network: 'n', instance: 'vm' }), doc('Interface', 'y', { network: 'n', instance: 'vm' })];
    const both = entryOf('default/n', 1, { 'default/x': { mac: '02:00:00:00:00:0a' }, 'default/y': { mac: '02:00:00:00:00:0b' } });
    expect(() => known(docs, [both])).toThrow('card 0 of instance vm is Interface default/x already');
  });
});
