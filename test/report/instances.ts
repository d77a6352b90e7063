/** Small clusters with an instance in them, and what is allocated to it. */
import type { InterfaceEntry, Ledger, NetworkEntry } from '../../src/model/ledger.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { type InstanceData, instanceData } from '../../src/report/instance-data.ts';
import { loadFiles } from '../load/diagnose.ts';

export type Known = { readonly catalog: Catalog; readonly ledger: Ledger };

export const doc = (kind: string, name: string, spec: object, namespace?: string): string =>
  JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec });

const BASE = [
  doc('Cluster', 'c', { underlay: { mtu: 9000 }, dnsUpstreams: ['192.0.2.53', '2001:db8::53'] }),
  doc('Node', 'g1', { underlay: { address: '192.0.2.1', device: 'eth0' }, gateway: true }),
  doc('AddressPool', 'floating', { cidr: '198.51.100.0/24', device: 'eth1' }),
];

export const entryOf = (key: string, vxid: number, interfaces: Readonly<Record<string, Partial<InterfaceEntry>>>): [string, NetworkEntry] => {
  const [namespace = '', name = ''] = key.split('/');
  const guests = Object.entries(interfaces).map(([guest, more]): [string, InterfaceEntry] => {
    const uuid = `00000000-0000-8000-8000-6e6c6d00000${more.mac?.at(-1)}`;
    return [guest, { uuid, mac: '', incarnation: 0, since: '', from: '', ...more }];
  });
  const uuid = `${name}-uuid`;
  return [key, { namespace, name, uuid, vxid, incarnation: 0, since: '', from: '', interfaces: Object.fromEntries(guests), addresses: [] }];
};

export function known(docs: readonly string[], networks: readonly [string, NetworkEntry][]): Known {
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': [...BASE, ...docs].join('\n---\n') });
  if (catalog === null) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return { catalog, ledger: { networks: Object.fromEntries(networks) } };
}

/** Three cards: the second and first by the order of their definitions, and one without address. */
export const WEB = known(
  [
    doc('Network', 'back', { cidr: '10.2.0.0/16', dnsUpstreams: ['192.0.2.53'] }, 'acme'),
    doc('Network', 'front', { cidr: '10.1.0.0/24', mtu: 1450, dns: true, routes: [{ to: '10.9.0.0/16', via: '10.1.0.7' }] }, 'acme'),
    doc('Network', 'span', { mtu: 1450 }, 'acme'),
    doc('Interface', 'a', { network: 'back', instance: 'web-1', order: 1, model: 'e1000', attach: { tap: { ifname: 'tap-back' } } }, 'acme'),
    doc('Interface', 'b', { network: 'front', instance: 'web-1', hostname: 'www', attach: { tap: { ifname: 'tap-front', multiQueue: true } } }, 'acme'),
    doc('Interface', 'c', { network: 'span', instance: 'web-1', order: 2, attach: { tap: { ifname: 'tap-span' } } }, 'acme'),
  ],
  [
    entryOf('acme/back', 2, { 'acme/a': { mac: '02:00:00:00:00:0a', address: '10.2.3.4' } }),
    entryOf('acme/front', 1, { 'acme/b': { mac: '02:00:00:00:00:0b', address: '10.1.0.10' } }),
    entryOf('acme/span', 3, { 'acme/c': { mac: '02:00:00:00:00:0c' } }),
  ],
);

export function dataOf(ref: string, { catalog, ledger }: Known = WEB, namespace = 'default'): InstanceData {
  const found = instanceData(ref, namespace, { catalog, ledger });
  if ('missing' in found) throw new Error(found.missing);
  return found;
}
