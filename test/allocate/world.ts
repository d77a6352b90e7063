import { allocate, type Allocation, type AllocateArgs } from '../../src/allocate/allocate.ts';
import type { AddressEntry, InterfaceEntry, Ledger, NetworkEntry } from '../../src/model/ledger.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import type { Ask } from '../../src/objects/object.ts';

export const T0 = '2026-11-21T10:00:00Z';
export const QUARANTINE_S = 300;
export const MEMORY_S = 30 * 86_400;

export const CLUSTER: AllocateArgs['cluster'] = {
  id: 'lab',
  vxids: { first: 1, last: 0xffffff },
  macPrefix: '02:00:00',
  quarantineMs: QUARANTINE_S * 1000,
  memoryMs: MEMORY_S * 1000,
};

/** The instant so many seconds after T0. */
export function after(seconds: number): string {
  return `${new Date(Date.parse(T0) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export function net(name: string, more: { cidr?: string; vxid?: number; from?: string } = { cidr: '10.0.0.0/24' }): Ask {
  return { for: 'network', key: `default/${name}`, namespace: 'default', name, from: `networks/${name}.yaml:1`, ...more };
}

export function guest(name: string, network = 'demo', more: { node?: string; address?: string; mac?: string; from?: string } = {}): Ask {
  return { for: 'interface', key: `default/${name}`, namespace: 'default', name, network: `default/${network}`, address: 'auto', node: 'n1', from: `guests.yaml:${name.length}`, ...more };
}

export function give(asks: readonly Ask[], ledger: Ledger = EMPTY_LEDGER, seconds = 0, more: Partial<AllocateArgs> = {}): Allocation {
  return allocate({ asks, ledger, now: after(seconds), cluster: CLUSTER, ...more });
}

export function network(ledger: Ledger, name = 'demo'): NetworkEntry {
  const found = ledger.networks[`default/${name}`];
  if (found === undefined) throw new Error(`no entry of default/${name}`);
  return found;
}

export function iface(ledger: Ledger, name: string, at = 'demo'): InterfaceEntry {
  const found = network(ledger, at).interfaces[`default/${name}`];
  if (found === undefined) throw new Error(`no entry of default/${name} in default/${at}`);
  return found;
}

export function addressEntry(ledger: Ledger, address: string, at = 'demo'): AddressEntry | undefined {
  return network(ledger, at).addresses.find(entry => entry.address === address);
}

/** What a ledger says about identities, without instants and places. */
export function identities(ledger: Ledger): unknown {
  return Object.entries(ledger.networks).flatMap(([key, entry]) =>
    entry.removed === undefined
      ? [[key, entry.uuid, entry.vxid, entry.router, Object.entries(entry.interfaces).flatMap(([id, i]) => (i.removed === undefined ? [[id, i.uuid, i.mac, i.address]] : []))]]
      : [],
  );
}

/** Values that two live holders share, or that are listed twice: must be empty. */
export function doubles(ledger: Ledger): readonly string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const take = (name: string): void => {
    if (seen.has(name)) found.push(name);
    seen.add(name);
  };
  for (const [key, entry] of Object.entries(ledger.networks)) {
    const listed = new Set<string>();
    for (const { address } of entry.addresses) {
      if (listed.has(address)) found.push(`${key} lists ${address} twice`);
      listed.add(address);
    }
    if (entry.removed !== undefined) continue;
    take(`vxid ${entry.vxid}`);
    take(`uuid ${entry.uuid}`);
    if (entry.router !== undefined) take(`address ${key} ${entry.router.address}`);
    for (const [id, i] of Object.entries(entry.interfaces)) {
      if (i.removed !== undefined) continue;
      take(`interface ${id}`);
      take(`mac ${i.mac}`);
      take(`uuid ${i.uuid}`);
      take(`tap ${i.uuid.slice(0, 8)}`);
      if (i.address === undefined) continue;
      take(`address ${key} ${i.address}`);
      if (entry.addresses.find(a => a.address === i.address)?.user !== `Interface ${i.uuid} ${id}`) found.push(`${key} does not list ${i.address} of ${id}`);
    }
  }
  return found;
}
