/** What changed hands between two ledgers, one sentence per definition: for events, commit messages and logs. */
import type { InterfaceEntry, Ledger, NetworkEntry } from '../model/ledger.ts';
import { hex } from '../model/vxid.ts';
import type { AllocationChange } from './allocation.ts';

/** Differences of two ledgers by definition, networks before interfaces, by key. Places and since do not count. */
export function changesOf(before: Ledger, after: Ledger): readonly AllocationChange[] {
  const networks = changesIn('Network', networksOf(before), networksOf(after), networkText);
  const interfaces = changesIn('Interface', berthsOf(before), berthsOf(after), interfaceText);
  const all = [...networks, ...interfaces];
  return all.length > 0 ? all : [{ definition: 'Ledger', change: 'repair', network: '', message: 'an entry was not as netloom writes it' }];
}

interface Held {
  /** Key of the network that it is, or that it is in. */
  readonly network: string;
  readonly uuid: string;
  readonly removed?: string;
}

function changesIn<T extends Held>(
  kind: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  text: (entry: T) => string,
): readonly AllocationChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap(key => {
    const was = before.get(key);
    const is = after.get(key);
    const entry = is ?? was;
    const change = verb(was, is, text);
    if (entry === undefined || change === null) return [];
    const message = change === 'change' && was !== undefined ? `${text(entry)} (was ${text(was)})` : text(entry);
    return [{ definition: `${kind} ${key}`, change, network: entry.network, message }];
  });
}

function verb<T extends Held>(was: T | undefined, is: T | undefined, text: (entry: T) => string): AllocationChange['change'] | null {
  if (is === undefined) return was === undefined ? null : 'forget';
  const hadIt = was !== undefined && was.removed === undefined;
  if (is.removed !== undefined) return hadIt ? 'release' : null;
  if (!hadIt) return was?.uuid === is.uuid ? 'restore' : 'allocate';
  return text(was) === text(is) ? null : 'change';
}

function networksOf(ledger: Ledger): ReadonlyMap<string, NetworkEntry & Held> {
  return new Map(Object.entries(ledger.networks).map(([key, entry]) => [key, { ...entry, network: key }]));
}

function berthsOf(ledger: Ledger): ReadonlyMap<string, InterfaceEntry & Held> {
  const found = new Map<string, InterfaceEntry & Held>();
  for (const [network, entry] of Object.entries(ledger.networks)) {
    for (const [key, iface] of Object.entries(entry?.interfaces ?? {})) {
      if (iface?.removed === undefined || !found.has(key)) found.set(key, { ...iface, network });
    }
  }
  return found;
}

function networkText({ vxid, uuid, cidr }: NetworkEntry): string {
  return `vxid ${vxid} (0x${typeof vxid === 'number' ? hex(vxid) : '?'}), uuid ${uuid}${cidr === undefined ? '' : `, ${cidr}`}`;
}

function interfaceText({ network, uuid, mac, node, address }: InterfaceEntry & Held): string {
  return `network ${network}, ${node === undefined ? 'unplaced' : `node ${node}`}, uuid ${uuid}, MAC ${mac}${address === undefined ? '' : `, address ${address}`}`;
}
