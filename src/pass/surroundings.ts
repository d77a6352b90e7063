/** A node without its kernel: the facts that it reported, and what stands around netloom's own things there, as far as reports tell. */

import type { Observed } from '../kinds/kind.ts';
import { netns } from '../kinds/netns.ts';
import { otherLink } from '../kinds/other-link.ts';
import { PLAIN_PORT, port } from '../kinds/port.ts';
import type { EgressFacts, Facts } from '../model/facts.ts';
import { isOn } from '../objects/mesh.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import type { NodeReport } from '../report/node-report.ts';
import type { Remark } from '../review/review.ts';
import { asksOf } from './enforce.ts';

export interface Surroundings {
  readonly facts: Facts;
  readonly around: readonly Observed[];
  /** What is taken for granted, since no report says it. */
  readonly assumed: readonly Remark[];
}

/** The definitions before and after; null where the node is not defined. */
export interface Sides {
  readonly base: { readonly catalog: Catalog; readonly node: NodeDef } | null;
  readonly head: { readonly catalog: Catalog; readonly node: NodeDef };
}

/** What is known of a node from its last report; the reports of others tell which uid a user has. */
export function surroundings(sides: Sides, report: NodeReport | undefined, others: Iterable<NodeReport>): Surroundings {
  const told = report?.facts ?? unheardOf(sides.head.node, sides.head.catalog);
  const users = assumedUsers(sides, told, others);
  const cards = assumedCards(sides, told);
  const facts: Facts = { ...told, users: { ...told.users, ...users }, egress: { ...told.egress, ...cards } };
  const guests = guestNamespaces(sides, report);
  const named = new Set(sides.base === null ? [] : asksOf(sides.base).users);
  const assumed = [
    ...Object.keys(users)
      .filter(name => !named.has(name))
      .map(name => assume(`that it has a user ${name}, which no definition named there before`)),
    ...Object.keys(cards).map(name => assume(`that it has a device ${name}, which no pool named there before`)),
    ...guests.expected.map(name => assume(`that the network namespace ${name} is there: until then its interfaces wait`)),
  ];
  return { facts, around: [...guests.all.map(namespace), ...foreignLinks(facts)], assumed };
}

function assume(what: string): Remark {
  return { reason: 'Assumed', message: `taken for granted is ${what}` };
}

// As any node is that can carry networks at all.
function unheardOf(node: NodeDef, catalog: Catalog): Facts {
  const { device, mtu } = node.spec.underlay ?? {};
  return {
    underlay: { device: device ?? 'underlay', mtu: mtu ?? catalog.cluster.spec.underlay.mtu, up: true },
    bridgeNetfilter: false,
    ports: [],
    users: {},
    devices: [],
    egress: {},
    runtimeFolder: '/run/netloom',
    programs: { dnsmasq: true, conntrack: true },
    missing: [],
  };
}

/** A uid that stands for one that is not known. */
const SOME_UID = -1;

function assumedUsers({ head }: Sides, { users }: Facts, others: Iterable<NodeReport>): Readonly<Record<string, number>> {
  const unknown = asksOf(head).users.filter(name => users[name] === undefined);
  if (unknown.length === 0) return {};
  const elsewhere = Object.assign({}, ...[...others].map(({ facts }) => facts?.users ?? {})) as Readonly<Record<string, number | null>>;
  return Object.fromEntries(unknown.map(name => [name, elsewhere[name] ?? SOME_UID]));
}

// What the definitions before asked for too, and the report does not have, is not there.
function assumedCards({ base, head }: Sides, { egress = {} }: Facts): Readonly<Record<string, EgressFacts>> {
  const asked = new Set(base === null ? [] : asksOf(base).egress);
  const unknown = (asksOf(head).egress ?? []).filter(name => egress[name] === undefined && !asked.has(name));
  return Object.fromEntries(unknown.map(name => [name, { mtu: 1500, up: true, addresses: [] }]));
}

interface Guests {
  readonly all: readonly string[];
  /** Nobody has seen them there yet. */
  readonly expected: readonly string[];
}

function guestNamespaces({ base, head }: Sides, report: NodeReport | undefined): Guests {
  const before = base === null ? [] : namespacesOn(base);
  const missing = new Set(before.filter(({ key }) => report?.interfaces[key]?.reason === 'GuestMissing').map(({ name }) => name));
  const known = new Set(before.map(({ name }) => name));
  const after = namespacesOn(head).map(({ name }) => name);
  const expected = [...new Set(after)].filter(name => !known.has(name));
  return { all: [...new Set([...known, ...after])].filter(name => !missing.has(name)), expected };
}

function namespacesOn({ catalog, node }: { readonly catalog: Catalog; readonly node: NodeDef }): readonly { readonly key: string; readonly name: string }[] {
  return [...catalog.interfaces.values()].flatMap(iface => {
    const name = isOn(iface, node.name) ? iface.spec.attach.netns?.name : undefined;
    return name === undefined ? [] : [{ key: iface.key, name }];
  });
}

function namespace(name: string): Observed {
  return { kind: netns.name, ref: netns.ref({ name }), spec: { name }, owner: 'foreign' };
}

/** Network cards, and the ports that hypervisors put into bridges. */
function foreignLinks({ underlay, egress = {}, ports }: Facts): readonly Observed[] {
  const others = ports.filter(({ ours }) => !ours);
  const names = new Set([...(underlay === null ? [] : [underlay.device]), ...Object.keys(egress), ...others.map(({ ifname }) => ifname)]);
  const links = [...names].map((name): Observed => {
    const spec = { netns: '', name };
    return { kind: otherLink.name, ref: otherLink.ref(spec), spec, owner: 'foreign' };
  });
  const inBridges = others.map(({ bridge, ifname }): Observed => {
    const spec = { ...PLAIN_PORT, netns: '', link: ifname, bridge, learning: true, flood: true, suppress: false, locked: false };
    return { kind: port.name, ref: port.ref(spec), spec, owner: 'foreign' };
  });
  return [...links, ...inBridges];
}
