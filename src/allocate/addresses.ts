/** The addresses of one network: what its space is, and who in it asks for one. */
import { type Cidr, nthAddress, parseCidr } from '../model/ip.ts';
import type { AddressEntry } from '../model/ledger.ts';
import type { Context } from './context.ts';
import type { InterfaceIdentity, NetworkIdentity } from './identities.ts';
import type { Claim, OwnAddress, Space } from './space.ts';

/** Network, router, one guest and broadcast at least; what is smaller is refused. */
const SMALLEST = 4n;

/** The cidr that a network's addresses come from; null for pure layer 2, and for a cidr that cannot be used (pending). */
export function usableCidr({ ask }: NetworkIdentity, ctx: Context): Cidr | null {
  if (ask.cidr === undefined) return null;
  const cidr = parseCidr(ask.cidr);
  if (cidr !== null && hasRoom(cidr)) return cidr;
  ctx.pend(`Network ${ask.key}`, 'CidrInvalid', `${ask.cidr} is no cidr with room for a router and a guest`);
  return null;
}

/** True when a network's own addresses, its router and a guest find room. */
export function hasRoom(cidr: Cidr): boolean {
  return cidr.last - cidr.first + 1n >= SMALLEST;
}

/** The router's address: the first one after the network's own. */
export function routerAddress(cidr: Cidr): string {
  return nthAddress(cidr, 1);
}

/** The addresses of a live network; without cidr there are none to give out. */
export function networkSpace({ ask, uuid, before }: NetworkIdentity, cidr: Cidr | null): Space {
  const definition = `Network ${ask.key}`;
  const router = { type: 'gateway', user: networkUser(uuid, ask.key), comment: ask.from } as const;
  return {
    definition,
    cidr,
    own: cidr === null ? [] : ownAddresses(definition, cidr, { address: routerAddress(cidr), ...router }),
    reserved: ask.reserved ?? [],
    old: before?.addresses ?? [],
    isGuest: isInstance,
  };
}

/** Network, router and broadcast address of a space. */
export function ownAddresses(definition: string, cidr: Cidr, router: Omit<OwnAddress, 'holder'>): readonly OwnAddress[] {
  const plain = { user: '', comment: '' };
  const own: OwnAddress[] = [
    { ...plain, address: cidr.network, type: 'network', holder: `${definition} as its own address` },
    { ...router, holder: `the router of ${definition}` },
  ];
  if (cidr.broadcast !== null) own.push({ ...plain, address: cidr.broadcast, type: 'broadcast', holder: `${definition} as its broadcast address` });
  return own;
}

/** What an interface asks of its network's addresses; none for who wants no address. */
export function guestClaims({ ask, before, uuid }: InterfaceIdentity, ctx: Context): readonly Claim[] {
  if (ask.address === 'none') return [];
  const here = before?.network === ask.network ? before.entry : undefined;
  return [
    {
      definition: `Interface ${ask.key}`,
      user: userOf(uuid, ask.key),
      type: 'instance',
      comment: ask.from,
      since: before?.entry.since ?? ctx.clock.now,
      isLive: here !== undefined && here.removed === undefined,
      ...(here?.address === undefined ? {} : { address: here.address }),
      ...(ask.address === 'auto' ? {} : { pin: ask.address }),
    },
  ];
}

/** True for an interface's address in a network's list. */
export function isInstance({ type }: AddressEntry): boolean {
  return type === 'instance';
}

/** How lists name an interface: `Interface <uuid> <namespace>/<name>`. */
export function userOf(uuid: string, key: string): string {
  return `Interface ${uuid} ${key}`;
}

/** How lists name a network: `Network <uuid> <namespace>/<name>`. */
export function networkUser(uuid: string, key: string): string {
  return `Network ${uuid} ${key}`;
}
