/** Ways to provoke every change that a kind can make, on the lab of `impact-lab.ts`: one or more for each row of the table. */

import type { FdbSpec } from '../../../src/kinds/fdb.ts';
import { KINDS } from '../../../src/kinds/index.ts';
import type { AnyKind, Resource } from '../../../src/kinds/kind.ts';
import type { Op } from '../../../src/kinds/op.ts';
import { BASE, type LabDefinitions, RETARGETED, WITHOUT_FLOATING } from './impact-lab.ts';
import { MUTATIONS } from './mutations.ts';

type Spec = Readonly<Record<string, unknown>>;

/** One change that is made while flows go, and then taken back. */
export interface Case {
  readonly title: string;
  readonly kind: string;
  /** `make`, `delete`, or a live field. */
  readonly row: string;
  /** Acts of the kind, as a step would have them; what they change is put right by a plan. */
  readonly ops?: readonly Op[];
  readonly want?: object;
  /** Lines of a shell: only what puts them right is judged. */
  readonly drift?: string;
  /** Definitions, planned and applied whole. */
  readonly given?: LabDefinitions;
  /** After it, for a shell: what time or another node would do. */
  readonly afterwards?: string;
}

const STRANGE_MAC = '02:00:00:00:99:99';
const ELSEWHERE = { mac: STRANGE_MAC, mtu: 1300, alias: 'netloom:Network default/else', up: false } as const;

/** Other values that definitions, or another cluster, could ask for; fields that are always the same only drift. */
const OTHER: Readonly<Record<string, Readonly<Record<string, (spec: Spec) => unknown>>>> = {
  ...Object.fromEntries(
    ['bridge', 'vxlan', 'veth', 'far', 'tap'].map(kind => [
      kind,
      {
        ...Object.fromEntries(Object.entries(ELSEWHERE).map(([field, value]) => [field, () => value])),
        addrgenmode: (s: Spec) => (s['addrgenmode'] === 'none' ? 'eui64' : 'none'),
        ...(kind === 'vxlan' ? { local: () => '192.0.2.77', learning: (s: Spec) => !s['learning'] } : {}),
      },
    ]),
  ),
  port: Object.fromEntries(['learning', 'flood', 'suppress'].map(field => [field, (s: Spec) => !s[field]])),
  neigh: { mac: () => STRANGE_MAC },
  vtep: { dst: () => '192.0.2.77' },
  fdb: { link: s => BASE.find(({ kind, spec }) => kind === 'port' && inBridge(spec, s) && linkOf(spec) !== s['link'])?.spec['link' as never] },
  announce: { alias: () => 'netloom:FloatingIP default/else' },
  file: { hash: () => 'else' },
  service: { loaded: () => 'else' },
};

function inBridge(spec: object, fdb: Spec): boolean {
  return (spec as Spec)['bridge'] === fdb['bridge'];
}

function linkOf(spec: object): unknown {
  return (spec as Spec)['link'];
}

/** In which of BASE a kind is changed: those that flows pass, in each shape. */
const ON: Readonly<Record<string, RegExp>> = {
  bridge: /egr-br-eth1/,
  veth: /veth-/,
  far: /g2\/eth0/,
  port: /vxlan-/,
  neigh: /10\.0\.0\.11$/,
  route: /254\/default$/,
  address: /veth-.*-i/,
  sysctl: /bridge-nf-call-iptables|disable_ipv6$/,
  announce: /flt-/,
  file: /dnsmasq\.conf$/,
  nft: /./,
  netns: /./,
};

function samples(kind: string): readonly Resource[] {
  const found = BASE.filter(each => each.kind === kind && (ON[kind]?.test(each.ref) ?? true));
  if (ON[kind] === undefined) return found.slice(0, 1);
  const shapes = new Map(found.map(each => [JSON.stringify([shapeOf(each), (each.spec as Spec)['family']]), each]));
  return [...shapes.values()];
}

// `egr-br-eth1` and `br-vxlan-4dff08` are two shapes, the same in two namespaces is one.
function shapeOf({ ref }: Resource): string {
  return ref.slice(ref.lastIndexOf('/') + 1).replace(/-?[0-9a-f.]{4,}.*$/, '');
}

function changed(resource: Resource, field: string): readonly Case[] {
  const kind = KINDS.get(resource.kind) as AnyKind;
  const other = OTHER[kind.name]?.[field]?.(resource.spec as Spec);
  const about = { title: `${field} of ${resource.ref}`, kind: kind.name, row: field };
  if (other !== undefined) {
    const want = { ...resource.spec, [field]: other, ...(kind.name === 'file' ? { text: 'else\n' } : {}) };
    return [{ ...about, ops: kind.update(want, [field]), want }];
  }
  const mutation = MUTATIONS[kind.name]?.[field]?.(resource.spec as never);
  return mutation === undefined || mutation.refusal !== undefined ? [] : [{ ...about, drift: mutation.lines }];
}

const liveFields = (kind: AnyKind): readonly string[] => Object.keys(kind.impact.fields);

function deleted(resource: Resource): Case {
  const kind = KINDS.get(resource.kind) as AnyKind;
  const about = { title: `delete of ${resource.ref}`, kind: kind.name, row: 'delete', ops: kind.remove(resource.spec) };
  // A process that lives in it keeps it.
  if (kind.name === 'netns') return { ...about, ops: [...(deleted(first('service')).ops ?? []), ...about.ops] };
  // Who asked asks again once what it knows has grown old.
  return kind.name === 'proxy' ? { ...about, afterwards: 'ip neigh flush to 198.51.100.50 dev egr-br-eth1 nud all' } : about;
}

/** One more of a kind beside those that are there. */
const MORE: Readonly<Record<string, (spec: Spec) => Spec>> = {
  netns: () => ({ name: '11111111-1111-8111-8111-6e6c6d111111' }),
  bridge: s => ({ ...s, name: 'br-more', mac: '02:00:00:00:aa:01' }),
  vxlan: s => ({ ...s, name: 'vx-more', vni: 4711, mac: '02:00:00:00:aa:02' }),
  veth: s => ({ ...s, name: 'more-o', mac: '02:00:00:00:aa:03', peer: '/more-i', peerMac: '02:00:00:00:aa:04' }),
  tap: s => ({ ...s, name: 'tap-more', stage: 'nl-00000001', mac: '02:00:00:00:aa:05' }),
  address: s => ({ ...s, ip: '10.0.0.99', prefix: 32 }),
  route: s => ({ ...s, dst: '203.0.114.0/24' }),
  neigh: s => ({ ...s, ip: '10.0.0.99' }),
  flood: s => ({ ...s, dst: '192.0.2.13' }),
  vtep: s => ({ ...s, mac: '02:00:00:00:aa:06' }),
  fdb: s => ({ ...s, mac: '02:00:00:00:aa:07' }),
  rule: s => ({ ...s, priority: 999, mark: 77 }),
  proxy: s => ({ ...s, ip: '198.51.100.51' }),
  sysctl: s => s,
  file: s => ({ ...s, path: `${String(s['path'])}.more`, text: 'more\n' }),
  // A card that has flows of its own is put into a bridge.
  port: s => ({ ...s, link: 'eth1', bridge: 'egr-br-eth1' }),
};

function made(resource: Resource): readonly Case[] {
  const kind = KINDS.get(resource.kind) as AnyKind;
  const spec = MORE[kind.name]?.(resource.spec as Spec);
  return spec === undefined ? [] : [{ title: `one more ${kind.title} (${kind.name})`, kind: kind.name, row: 'make', ops: kind.create(spec), want: spec }];
}

function first(kind: string): Resource {
  const found = samples(kind)[0];
  if (found === undefined) throw new Error(`the lab has no ${kind}`);
  return found;
}

/** A filter of frames that does not know a guest's addresses. */
function forgotten(): Case {
  const table = samples('nft').find(({ spec }) => (spec as Spec)['family'] === 'bridge') as Resource;
  const kind = KINDS.get('nft') as AnyKind;
  const rows = (table.spec as { readonly rows: readonly { readonly set?: { readonly name: string; readonly elem?: unknown } }[] }).rows;
  const want = { ...table.spec, rows: rows.map(row => (row.set?.name === 'v4' ? { set: { ...row.set, elem: undefined } } : row)).map(withoutUndefined) };
  return { title: 'a filter of frames without the addresses of guests', kind: 'nft', row: 'rows', ops: kind.update(want, ['rows']), want };
}

function withoutUndefined(row: unknown): unknown {
  return JSON.parse(JSON.stringify(row));
}

/** A guest whose port is held to MACs that are known, and whose own is not. */
function unpinned(): Case {
  const pins = BASE.flatMap(({ kind, spec }) => (kind === 'fdb' ? [spec as FdbSpec] : []));
  const { bridge, link, mac } = pins.find(pin => pin.link.startsWith('tap-')) as FdbSpec;
  const flags = `bridge link set dev ${link} locked off learning off\nbridge fdb del ${mac} dev ${link} master static`;
  const kind = KINDS.get('port') as AnyKind;
  const port = BASE.find(({ ref }) => ref === `port:/${link}`)?.spec as Spec;
  return { title: `locked port of ${bridge}, MAC unknown`, kind: 'port', row: 'locked', drift: flags, ops: kind.update(port, ['locked']), want: port };
}

/** What a pass leaves that ended between the rules and the announcement. */
function unannounced(): string {
  const { netns, link } = first('announce').spec as { readonly netns: string; readonly link: string };
  return `ip -n ${netns} link set dev ${link} alias ''`;
}

const ALL = [...KINDS.values()].filter(kind => kind.name !== 'other-link');

export const CASES: readonly Case[] = [
  ...ALL.flatMap(kind => samples(kind.name).flatMap(resource => liveFields(kind).flatMap(field => changed(resource, field)))),
  ...ALL.flatMap(kind => made(first(kind.name))),
  ...ALL.filter(kind => kind.name !== 'announce').flatMap(kind =>
    samples(kind.name)
      .slice(0, kind.name === 'nft' ? 3 : 1)
      .map(deleted),
  ),
  // Told of networks' bridges alone.
  ...BASE.filter(({ ref }) => ref.startsWith('link:/br-vxlan-')).flatMap(bridge => changed(bridge, 'netfilter')),
  forgotten(),
  unpinned(),
  { title: 'a floating address that leads to another guest', kind: 'announce', row: 'target', given: RETARGETED },
  { title: 'a floating address that leads to another guest, half done', kind: 'announce', row: 'make', drift: unannounced(), given: RETARGETED },
  { title: 'a floating address that goes', kind: 'announce', row: 'delete', given: WITHOUT_FLOATING },
];

/** Rows that no case provokes, and why. */
export const UNPROVOKED: Readonly<Record<string, string>> = {
  'other-link make': 'nothing makes one',
  'other-link delete': 'only a link of another type that somebody made with our mark is deleted: no flow of ours passes it',
  'far make': 'made by its near end; by itself it only gets its settings',
  'bridge vlanFiltering': 'not every kernel can filter VLANs, and it is never wanted on',
  'port forwarding': 'nothing passes a port that somebody stopped, so what lets it go on harms nothing',
};
