/** What was found on one node to definitions, beside those that are there: what they have is not said again, and no file of theirs is touched. */

import { lines } from '../edit/yaml-text.ts';
import type { Inventory } from '../host/inventory.ts';
import { ADOPT } from '../model/annotations.ts';
import { contains, isMulticast, nthAddress, parseCidr } from '../model/ip.ts';
import { isReservedMac } from '../model/mac.ts';
import { isOurName } from '../model/names.ts';
import { parseVxid } from '../model/vxid.ts';
import type { Catalog, NetworkDef } from '../objects/object.ts';
import { gatewayNodes } from '../objects/services.ts';
import type { AdoptAsk, Documents, Present, Written } from './ask.ts';
import { type FoundGuest, type FoundNetwork, findNetworks } from './find.ts';
import { label, namer, networkName } from './names.ts';
import { checkPort, nodePart, portOf } from './node-part.ts';
import { clusterText, floatText, type GuestWords, guestText, hostText, type Named, networkText, poolText, routerGuestText } from './text.ts';

/** The definitions of everything that was found and is not defined yet. */
export function adoptedDefinitions(inventory: Inventory, ask: AdoptAsk, present: Present): Written {
  const networks = findNetworks(inventory, ask.only, ask.cidrs);
  const remarks = [...inventory.remarks];
  if (networks.length === 0) return { files: [], remarks: [...remarks, 'no VXLAN device of somebody else is here: nothing to take over'], networks };
  const files: { path: string; text: string }[] = [];
  const add = (path: string, documents: Documents): void => {
    const all = documents.filter(each => each.length > 0);
    if (all.length > 0) files.push({ path: free(path, present.paths), text: all.map(lines).join('---\n') });
  };
  const { node, documents } = nodePart(networks, inventory, ask, present.catalog, remarks);
  add('cluster.yaml', present.catalog === null ? [clusterText('cluster', portOf(networks))] : []);
  checkPort(networks, present.catalog, remarks);
  add(`nodes/${node}.yaml`, documents);
  add('pools.yaml', ask.routers === 'replace' ? poolsOf(networks, present) : []);
  const name = namer([...(present.catalog?.interfaces.values() ?? [])].map(each => each.name));
  for (const found of networks) {
    const known = knownNetwork(present.catalog, found.vxid);
    const named = known ?? { name: networkName(found.vxid), namespace: ask.namespace };
    const folder = `networks/${named.namespace}`;
    const parts: Parts = { found, known, named, node, ask, present, remarks, name };
    add(`${folder}/${named.name}.yaml`, known === undefined ? [networkDocument(parts)] : []);
    if (known !== undefined) checkKnown(known, found, remarks);
    add(`${folder}/${named.name}.${node}.yaml`, guestDocuments(parts));
    checkNetwork(parts);
  }
  return { files, remarks, networks };
}

interface Parts {
  readonly found: FoundNetwork;
  /** The definition that pins its vxid. */
  readonly known: NetworkDef | undefined;
  readonly named: Named;
  readonly node: string;
  readonly ask: AdoptAsk;
  readonly present: Present;
  readonly remarks: string[];
  readonly name: (wanted: string) => string;
}

// Never a file that is there.
function free(path: string, paths: ReadonlySet<string>): string {
  const dot = path.lastIndexOf('.');
  let name = path;
  for (let n = 2; paths.has(name); n++) name = `${path.slice(0, dot)}-${n}${path.slice(dot)}`;
  return name;
}

function poolsOf(networks: readonly FoundNetwork[], { catalog }: Present): Documents {
  const ways = new Map(networks.flatMap(({ router }) => (router?.egress === undefined ? [] : [[router.egress.pool, router.egress.device] as const])));
  const known = new Set([...(catalog?.pools.values() ?? [])].map(({ spec }) => spec.cidr));
  const name = namer([...(catalog?.pools.keys() ?? [])]);
  return [...ways].filter(([cidr]) => !known.has(cidr)).map(([cidr, device]) => poolText(name('floating'), cidr, device));
}

function poolName(cidr: string, networks: Present): string {
  return [...(networks.catalog?.pools.values() ?? [])].find(({ spec }) => spec.cidr === cidr)?.name ?? 'floating';
}

/** The definition that pins this vxid. */
function knownNetwork(catalog: Catalog | null, vxid: number): NetworkDef | undefined {
  return [...(catalog?.networks.values() ?? [])].find(({ spec }) => spec.vxid !== undefined && parseVxid(spec.vxid) === vxid);
}

function checkKnown({ key, annotations, spec }: NetworkDef, { vxlan, mtu }: FoundNetwork, remarks: string[]): void {
  if (annotations[ADOPT] !== 'true') remarks.push(`Network ${key} is defined without the annotation ${ADOPT}: ${vxlan} will not be taken over until it has it`);
  if (spec.mtu !== undefined && spec.mtu !== mtu) remarks.push(`Network ${key} has the mtu ${spec.mtu}, and ${vxlan} here ${mtu}: the pass sets the first`);
}

function networkDocument({ found, named, node, ask, present }: Parts): readonly string[] {
  const { router, cidr } = found;
  const replaced = router !== undefined && ask.routers === 'replace';
  const checks: string[] = [];
  const wouldRoute = router !== undefined && !replaced && present.catalog !== null && gatewayNodes(present.catalog).length > 0;
  if (wouldRoute) checks.push(`cidr: ${cidr}, left out: with it netloom would make a router beside the one that is there`);
  if (cidr === undefined)
    checks.push('no address tells the prefix of this network (netloom adopt --cidr VXID=PREFIX); without one its guests may use any address');
  return networkText(named, found, node, {
    cidr: wouldRoute ? undefined : cidr,
    gateway: replaced ? node : undefined,
    pool: replaced && router.egress !== undefined ? poolName(router.egress.pool, present) : undefined,
    checks,
  });
}

function guestDocuments(parts: Parts): Documents {
  const { found, named, node, ask, present } = parts;
  const defined = new Set([...(present.catalog?.interfaces.values() ?? [])].flatMap(({ spec }) => (spec.mac === undefined ? [] : [spec.mac])));
  const documents: (readonly string[])[] = [];
  const byAddress = new Map<string, string>();
  for (const guest of found.guests.filter(({ mac }) => mac === undefined || !defined.has(mac))) {
    const name = parts.name(label(guest.name ?? '') || label(`${node}-${guest.port}`) || 'guest');
    if (guest.address !== undefined && guest.doubt === undefined) byAddress.set(guest.address, name);
    documents.push(guestText({ name, namespace: named.namespace }, named.name, node, guest, wordsOf(parts, guest)));
  }
  if (found.router !== undefined && ask.routers === 'keep' && !defined.has(found.router.mac)) {
    documents.push(routerGuestText({ name: parts.name(`${named.name}-router`), namespace: named.namespace }, named.name, node, found));
  }
  if (found.own !== undefined) documents.push(hostText({ name: parts.name(`${named.name}-${node}`), namespace: named.namespace }, named.name, node, found.own));
  if (ask.routers === 'replace') documents.push(...floatDocuments(parts, byAddress));
  return documents;
}

function floatDocuments({ found: { router }, named, present, remarks, name }: Parts, byAddress: ReadonlyMap<string, string>): Documents {
  return [...(router?.floats ?? [])].flatMap(([address, to]) => {
    const holder =
      byAddress.get(to) ?? [...(present.catalog?.interfaces.values() ?? [])].find(each => each.namespace === named.namespace && each.spec.address === to)?.name;
    if (holder === undefined) {
      remarks.push(`the floating address ${address} leads to ${to}, and no Interface has that address yet: run netloom adopt where that guest is first`);
      return [];
    }
    return [floatText({ name: name(label(`${holder}-floating`)), namespace: named.namespace }, poolName(router?.egress?.pool ?? '', present), address, holder)];
  });
}

// Whom nothing is sure of is held to nothing: it goes on as it did.
function wordsOf({ found: { cidr, mtu }, known, ask }: Parts, { address, moreAddresses, doubt, mtu: own, mac, port }: FoundGuest): GuestWords {
  const checks: string[] = [];
  if (own !== undefined)
    checks.push(`${port} has the mtu ${own}, the network ${mtu}: guests of one node may send each other larger packets now, and not afterwards`);
  if (mac !== undefined && isReservedMac(mac)) checks.push(`netloom derives addresses like ${mac} itself: the guest needs another one`);
  if (isOurName(port)) checks.push(`${port} is a name that netloom gives to its own devices: rename it first`);
  const definedCidr = known === undefined ? cidr : known.spec.cidr;
  if (definedCidr === undefined) return { address: undefined, allowed: [], checks, isKnown: true };
  if (doubt !== undefined) return { address: 'none', allowed: [], checks: [...checks, `which addresses does it have? ${doubt}`], isKnown: false };
  const range = parseCidr(definedCidr);
  const isTaken = address !== undefined && range !== null && [range.network, range.broadcast, nthAddress(range, 1)].includes(address);
  if (isTaken) checks.push(`it has ${address}, which netloom keeps for the network, its router or broadcasts`);
  if (address !== undefined && !isTaken && contains(definedCidr, address)) {
    const isMuch = moreAddresses.length > MOST_ALLOWED;
    if (isMuch) checks.push(`it has ${moreAddresses.length} further addresses, more than allowedAddresses takes: give them as prefixes`);
    return { address, allowed: isMuch ? [] : moreAddresses, checks, isKnown: !isMuch };
  }
  if (address === undefined) checks.push(`which address does it have? Nothing here tells (${ask.node})`);
  return { address: 'none', allowed: [], checks, isKnown: false };
}

/** As the schema says. */
const MOST_ALLOWED = 64;

function checkNetwork({ found, named, node, ask, present, remarks }: Parts): void {
  const nodes = new Set([...(present.catalog?.nodes.values() ?? [])].map(({ spec }) => spec.underlay.address));
  const strangers = found.peers.filter(peer => !nodes.has(peer) && peer !== found.local && !isMulticast(peer));
  const what = `Network ${named.namespace}/${named.name} (${found.vxlan})`;
  if (strangers.length > 0)
    remarks.push(`${what} sends to ${strangers.join(', ')}, which no Node has yet: run netloom adopt there too, before anything is taken over`);
  if (found.bridge === undefined) remarks.push(`${what} is in no bridge: netloom makes one`);
  if (found.others.length > 0)
    remarks.push(`${what} has ports that are no guests: ${found.others.join(', ')}; while they are in ${found.bridge} it is not taken over`);
  if (found.own !== undefined) remarks.push(`${what}: the node itself has ${found.own.address} on ${found.own.on}; while it has, nothing is taken over`);
  if (found.above.length > 0)
    remarks.push(`${what} has devices of somebody else standing on it: ${found.above.join(', ')}; while they do, nothing is taken over`);
  for (const { kept } of found.guests) if (kept !== undefined) remarks.push(`${what}: ${kept}; while that is so, the tap is not taken over`);
  const unknown = found.guests.filter(({ mac }) => mac === undefined).map(({ port }) => port);
  if (unknown.length > 0) remarks.push(`${what}: nothing tells the MAC behind ${unknown.join(', ')}; the definition is written as a comment`);
  if (found.router !== undefined && ask.routers === 'keep') {
    const floats = found.router.floats.size === 0 ? '' : ` and its floating addresses (${[...found.router.floats.keys()].join(', ')})`;
    remarks.push(
      `${what} has a router of somebody else on ${node} (${found.router.netns}): it stays as a guest, with its DHCP${floats}; --routers replace writes what netloom needs to make it anew`,
    );
  }
}
