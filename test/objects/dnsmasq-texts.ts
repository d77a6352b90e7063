/** A network with three guests, its services' texts, and the texts that are the same for all such networks. */
import type { InterfaceEntry, NetworkEntry } from '../../src/model/ledger.ts';
import { type ServiceTexts, serviceTexts } from '../../src/objects/dhcp.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { loadFiles } from '../load/diagnose.ts';

export const FOLDER = '/run/netloom/networks/u1';

export const doc = (kind: string, name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'netloom.dev/v1',
    kind,
    metadata: { name, ...(kind === 'Interface' || kind === 'Network' ? { namespace: 'blue' } : {}) },
    spec,
  });

export const POOL = doc('AddressPool', 'floating', { cidr: '198.51.100.0/24', device: 'eth1' });
export const base = (cluster: object = {}): readonly string[] => [
  doc('Cluster', 'c', { underlay: { mtu: 9000 }, ...cluster }),
  doc('Node', 'g1', { underlay: { address: '192.0.2.1', device: 'eth0' }, gateway: true }),
];

export function catalogOf(...docs: readonly string[]): Catalog {
  const { catalog, diagnostics } = loadFiles({ 'a.yaml': docs.join('\n---\n') });
  if (catalog !== null) return catalog;
  throw new Error(diagnostics.map(({ message }) => message).join('; '));
}

export function entryOf(interfaces: Readonly<Record<string, Partial<InterfaceEntry>>>): NetworkEntry {
  const one = (entry: Partial<InterfaceEntry>): InterfaceEntry => ({ uuid: 'i', mac: '', incarnation: 0, since: '', from: '', ...entry });
  const known = Object.entries(interfaces).map(([key, entry]) => [key, one(entry)] as const);
  return { namespace: 'blue', name: 'web', uuid: 'u1', vxid: 0xabc, incarnation: 0, since: '', from: '', interfaces: Object.fromEntries(known), addresses: [] };
}

export const GUESTS = {
  'blue/web-1': { mac: '02:00:00:00:00:01', address: '10.1.0.10' },
  'blue/web-2': { mac: '02:00:00:00:00:02', address: '10.1.0.9' },
  'blue/l2': { mac: '02:00:00:00:00:03' },
  'blue/gone': { mac: '02:00:00:00:00:04', address: '10.1.0.8', removed: '2026-11-21T10:00:00Z' },
};
export const INTERFACES = [
  doc('Interface', 'web-1', { network: 'web' }),
  doc('Interface', 'web-2', { network: 'web', instance: 'vm-2', hostname: 'two' }),
  doc('Interface', 'l2', { network: 'web', address: 'none' }),
];

export function textsOf(spec: object, more: readonly string[] = [POOL], cluster: object = {}): ServiceTexts | undefined {
  const catalog = catalogOf(...base(cluster), ...more, doc('Network', 'web', { cidr: '10.1.0.0/24', ...spec }), ...INTERFACES);
  const network = catalog.networks.get('blue/web');
  if (network === undefined) throw new Error('there is no network');
  return serviceTexts(network, entryOf(GUESTS), catalog, 1450, FOLDER);
}

export const linesOf = (spec: object, start: string, more: readonly string[] = [POOL], cluster: object = {}): readonly string[] =>
  (textsOf(spec, more, cluster)?.conf ?? '').split('\n').filter(line => line.startsWith(start));

export const HEAD = `pid-file=
bind-interfaces
except-interface=lo
interface=veth-abc-i
no-resolv
no-hosts
`;
export const LEASING = `quiet-dhcp
dhcp-authoritative
no-ping
dhcp-broadcast
dhcp-ignore-names
dhcp-lease-max=256
dhcp-range=10.1.0.2,static,255.255.255.0,10.1.0.255,3600
dhcp-hostsfile="/run/netloom/networks/u1/hosts"
dhcp-leasefile="/run/netloom/networks/u1/leases"
domain=blue.netloom
`;
export const RESOLVER = `domain-needed
bogus-priv
local=/blue.netloom/
addn-hosts="/run/netloom/networks/u1/names"
`;
export const HOSTS = '02:00:00:00:00:02,two.blue.netloom,10.1.0.9\n02:00:00:00:00:01,web-1.blue.netloom,10.1.0.10\n';
export const LEASES = ['02:00:00:00:00:02 10.1.0.9', '02:00:00:00:00:01 10.1.0.10'];
export const NAMES = '10.1.0.9 two.blue.netloom two vm-2.blue.netloom vm-2\n10.1.0.10 web-1.blue.netloom web-1\n';
