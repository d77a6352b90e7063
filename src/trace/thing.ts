/** What of a kernel somebody means by a word, whose it is by its marks, and which definitions want it. */
import { KINDS } from '../kinds/index.ts';
import type { Observed, Owner, Ref, Resource } from '../kinds/kind.ts';
import { portRef } from '../kinds/refs.ts';
import { canonicalIp } from '../model/ip.ts';
import { canonicalMac } from '../model/mac.ts';
import type { Plan } from '../plan/plan.ts';
import { valueText } from '../plan/print-changes.ts';
import { heldReason } from '../plan/print-held.ts';

/** A node's kernel, what is wanted of it, and the way from one to the other. */
export interface Kernel {
  readonly resources: readonly Resource[];
  readonly observed: readonly Observed[];
  readonly plan: Plan;
}

export interface Thing {
  /** `link:/vxlan-2`. */
  readonly ref: string;
  /** `veth pair`, `address`. */
  readonly title: string;
  /** '' is the node's own. */
  readonly netns: string;
  /** `common`: always there, whoever uses it. null: it is not there. */
  readonly owner: Owner | null;
  /** Definitions that want it here. */
  readonly definitions: readonly string[];
  /** What its own alias says that it was made for, where no definition wants it. */
  readonly formerly: string | null;
  /** Of a link: MAC, mtu, whether it is up, its bridge. */
  readonly facts: readonly string[];
  /** What hangs on it, counted: `4 address`. */
  readonly holds: readonly string[];
  /** What a pass would do about it now; empty: it is as wanted. */
  readonly drift: readonly string[];
}

/** What a word names in the kernel: a device (`netns/device` too), an address, a MAC, a namespace, a table, a service, or a ref as plans print it. */
export function refsOf(word: string, { resources, observed }: Kernel): readonly Ref[] {
  const [ip, mac] = [canonicalIp(word), canonicalMac(word)];
  const unit = word.replace(/^netloom-dnsmasq@/, '').replace(/\.service$/, '');
  const means = ({ ref, spec }: { readonly ref: Ref; readonly spec: object }): boolean => {
    const at = ref.indexOf(':');
    const [kind, rest] = [ref.slice(0, at), ref.slice(at + 1)];
    if (ref === word) return true;
    if (kind === 'link') return rest === word || rest.slice(rest.indexOf('/') + 1) === word || (mac !== null && textIn(spec, 'mac') === mac);
    if (kind === 'netns') return rest === word;
    if (kind === 'nft') return word === 'nft' || rest === word || rest.slice(rest.indexOf('/') + 1) === word.replace(' ', '/');
    if (kind === 'service') return word === 'dnsmasq' || rest === unit || rest.split('/')[0] === unit;
    if (ip !== null && (textIn(spec, 'ip') === ip || textIn(spec, 'dst') === `${ip}/32`)) return true;
    return mac !== null && textIn(spec, 'mac') === mac;
  };
  return [...new Set([...observed, ...resources].filter(means).map(({ ref }) => ref))].sort();
}

/** Links, namespaces, tables and services of some definitions. */
export function refsFor(definitions: ReadonlySet<string>, { resources }: Kernel): readonly Ref[] {
  const shown = resources.filter(({ ref, from }) => /^(link|netns|nft|service):/.test(ref) && from.some(({ definition }) => definitions.has(definition)));
  return [...new Set(shown.map(({ ref }) => ref))].sort();
}

/** Each of them as it is there and as it is wanted. */
export function thingsOf(refs: readonly Ref[], kernel: Kernel): readonly Thing[] {
  const observed = new Map(kernel.observed.map(one => [one.ref, one]));
  const wanted = new Map(kernel.resources.map(one => [one.ref, one]));
  return refs.map((ref): Thing => {
    const [have, want] = [observed.get(ref), wanted.get(ref)];
    const spec = have?.spec ?? want?.spec ?? {};
    return {
      ref,
      title: KINDS.get((have ?? want)?.kind ?? '')?.title ?? '',
      netns: textIn(spec, 'netns') ?? '',
      owner: have?.owner ?? null,
      definitions: [...new Set((want?.from ?? []).map(({ definition }) => definition))],
      formerly: want === undefined ? (have?.formerly ?? null) : null,
      facts: ref.startsWith('link:') && have !== undefined ? linkFacts(have, observed) : [],
      holds: ref.startsWith('link:') ? holdsOf(ref, kernel.observed) : [],
      drift: driftOf(ref, kernel.plan),
    };
  });
}

function linkFacts({ spec }: Observed, observed: ReadonlyMap<Ref, Observed>): readonly string[] {
  const [netns = '', name = ''] = [textIn(spec, 'netns'), textIn(spec, 'name')];
  const port = observed.get(portRef(netns, name));
  const { mac, mtu, up } = spec as { readonly mac?: string; readonly mtu?: number; readonly up?: boolean };
  return [
    ...(mac === undefined ? [] : [mac]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(up === undefined ? [] : [up ? 'up' : 'down']),
    ...(port === undefined ? [] : [`port of ${textIn(port.spec, 'bridge')}`]),
  ];
}

function holdsOf(link: Ref, observed: readonly Observed[]): readonly string[] {
  const numbers = new Map<string, number>();
  for (const { kind, spec } of observed) {
    const entry = KINDS.get(kind);
    if (entry === undefined || kind === 'port' || !entry.ties(spec).some(({ to, when }) => to === link && when === 'goes')) continue;
    numbers.set(entry.title, (numbers.get(entry.title) ?? 0) + 1);
  }
  return [...numbers].map(([title, n]) => `${n} x ${title}`);
}

const VERBS = { adopt: 'it would be taken over', make: 'it is missing, and would be made', delete: 'it would be deleted' } as const;

function driftOf(ref: Ref, plan: Plan): readonly string[] {
  const steps = plan.steps.filter(step => step.ref === ref);
  const told = steps.flatMap(step =>
    step.verb !== 'update' ? [VERBS[step.verb]] : step.changes.map(({ field, want, have }) => `${field} is ${valueText(have)}, wanted is ${valueText(want)}`),
  );
  const swept = plan.swept.filter(one => one.ref === ref).map(({ by }) => `it would go with ${by}`);
  return [...told, ...swept, ...plan.held.filter(held => held.ref === ref).map(heldReason)];
}

function textIn(spec: object, field: string): string | undefined {
  const found = (spec as Readonly<Record<string, unknown>>)[field];
  return typeof found === 'string' ? found : undefined;
}
