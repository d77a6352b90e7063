/** Whose packets meet a step, told by what stands in its name or in its lines: a guest's address, MAC or device, a peer's address. */
import type { Step } from '../kinds/step.ts';
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, floatingNames, hostLinkName, tapName, vethNames, vxlanName } from '../model/names.ts';
import type { Catalog } from '../objects/object.ts';

type Names = ReadonlyMap<string, string>;

/** The definitions whose packets meet a step: some guests, a peer node, else what it was made for; `['']` where nobody knows. */
export function subjects(catalogs: readonly Catalog[], ledgers: readonly Ledger[]): (step: Step) => readonly string[] {
  const devices = new Map([...deviceNames(ledgers), ...ownNames(catalogs), ...peerNames(catalogs)]);
  const guests = new Map<string, Names>();
  const users = poolUsers(ledgers);
  return step => {
    const definition = step.from[0]?.definition ?? '';
    const [kind, key = ''] = definition.split(' ');
    if (kind === 'Node') return byLines(step, devices) ?? [definition];
    if (kind === 'AddressPool') return [byName(step.ref, users) ?? definition];
    if (kind !== 'Network') return [definition];
    if (!guests.has(key)) guests.set(key, guestNames(key, ledgers, devices));
    const found = byName(step.ref, guests.get(key) ?? devices);
    return [found ?? definition];
  };
}

function byName(ref: string, names: Names): string | undefined {
  const parts = ref.slice(ref.indexOf(':') + 1).split('/');
  return parts.map(part => names.get(part)).find(found => found !== undefined);
}

// What a node shares among all its guests changes element by element, and each element names the guest it is for.
function byLines({ changes }: Step, names: Names): readonly string[] | undefined {
  const lines = changes.flatMap(({ told }) => told ?? []);
  const found = lines.map(({ text }) => text.split(/[\s",]+/).flatMap(word => names.get(word) ?? [])[0]);
  return lines.length === 0 || found.includes(undefined) ? undefined : [...new Set(found.filter(name => name !== undefined))];
}

function deviceNames(ledgers: readonly Ledger[]): Names {
  const found = new Map<string, string>();
  for (const { networks, pools = {} } of ledgers) {
    for (const [key, { vxid, interfaces }] of Object.entries(networks)) {
      for (const name of [vxlanName(vxid), bridgeName(vxid), vethNames(vxid).outer]) found.set(name, `Network ${key}`);
      for (const [guest, { uuid }] of Object.entries(interfaces)) found.set(tapName(uuid), `Interface ${guest}`).set(hostLinkName(uuid), `Interface ${guest}`);
    }
    for (const { floating } of Object.values(pools)) {
      for (const [key, { address }] of Object.entries(floating)) {
        const { outer, inner } = floatingNames(address);
        found.set(outer, `FloatingIP ${key}`).set(inner, `FloatingIP ${key}`);
      }
    }
  }
  return found;
}

/** Whom each address of a pool is given to. */
function poolUsers(ledgers: readonly Ledger[]): Names {
  const found = new Map<string, string>();
  for (const { networks, pools = {} } of ledgers) {
    for (const { floating, routed } of Object.values(pools)) {
      for (const [key, { address }] of Object.entries(floating)) found.set(address, `FloatingIP ${key}`);
      for (const [key, { address }] of Object.entries(routed)) found.set(address, `RoutedIP ${key}`);
    }
    for (const [key, { floatingGateway }] of Object.entries(networks)) if (floatingGateway !== undefined) found.set(floatingGateway.address, `Network ${key}`);
  }
  return found;
}

/** Devices that definitions name themselves. */
function ownNames(catalogs: readonly Catalog[]): Names {
  const guests = catalogs.flatMap(({ interfaces }) => [...interfaces.values()]);
  const named = guests.map(({ key, spec }) => [spec.attach.tap?.ifname ?? spec.attach.host?.ifname ?? '', `Interface ${key}`] as const);
  return new Map(named.filter(([name]) => name !== ''));
}

function peerNames(catalogs: readonly Catalog[]): Names {
  return new Map(catalogs.flatMap(({ nodes }) => [...nodes.values()].map(({ name, spec }) => [spec.underlay.address, `Node ${name}`] as const)));
}

/** Devices of guests and peers, and the guests' own addresses and MACs, which are theirs in this network only. */
function guestNames(network: string, ledgers: readonly Ledger[], devices: Names): Names {
  const found = new Map([...devices].filter(([, definition]) => !definition.startsWith('Network ')));
  for (const ledger of ledgers) {
    for (const [key, { address, mac }] of Object.entries(ledger.networks[network]?.interfaces ?? {})) {
      found.set(mac, `Interface ${key}`);
      if (address !== undefined) found.set(address, `Interface ${key}`);
    }
  }
  return found;
}
