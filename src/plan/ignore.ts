/** Fields that are left as they are: what differs there is no drift. A thing that is not there yet is made whole. */
import type { Observed, Ref, Resource } from '../kinds/kind.ts';
import { harmless } from '../model/text.ts';
import { equal } from './compare.ts';

/** Names fields to leave alone; `*` in `ref` is any text, no `ref` is every thing of the kind. */
export interface IgnoreRule {
  readonly kind: string;
  readonly field: string;
  readonly ref?: string;
}

/** A difference that a rule covers. */
export interface Ignored {
  readonly ref: Ref;
  readonly kind: string;
  readonly field: string;
  readonly want: unknown;
  readonly have: unknown;
  /** `Network default/demo`. */
  readonly definition: string;
}

/** What is wanted, with the fields that rules cover taken as they are; and what differs in them, by ref. */
export function ignoring(
  want: readonly Resource[],
  have: readonly Observed[],
  rules: readonly IgnoreRule[],
): { readonly want: readonly Resource[]; readonly ignored: readonly Ignored[] } {
  if (rules.length === 0) return { want, ignored: [] };
  const there = new Map(have.map(observed => [observed.ref, observed]));
  const ignored = new Map<string, Ignored>();
  const left = want.map(resource => {
    const observed = there.get(resource.ref);
    if (observed === undefined || observed.kind !== resource.kind || observed.owner === 'foreign') return resource;
    const found = rules.filter(rule => covers(rule, resource)).flatMap(({ field }) => differenceIn(field, resource, observed));
    for (const each of found) ignored.set(`${each.ref} ${each.field}`, each);
    return found.length === 0 ? resource : { ...resource, spec: { ...resource.spec, ...Object.fromEntries(found.map(({ field, have: is }) => [field, is])) } };
  });
  return { want: left, ignored: [...ignored.values()].sort((a, b) => (a.ref < b.ref ? -1 : 1)) };
}

/** One line each, for people. */
export function ignoredText(ignored: readonly Ignored[]): string {
  if (ignored.length === 0) return 'Ignored: nothing differs in a field that is left alone.';
  const lines = ignored.map(({ ref, field, want, have, definition }) => `  ${harmless(ref)} ${field}: ${shown(have)}, defined ${shown(want)} (${definition})`);
  return [`Ignored, by Cluster.spec.ignoreDrift: ${ignored.length}`, ...lines].join('\n');
}

type Spec = Readonly<Record<string, unknown>>;

function differenceIn(field: string, { ref, kind, spec, from }: Resource, observed: Observed): readonly Ignored[] {
  const [want, have] = [(spec as Spec)[field], (observed.spec as Spec)[field]];
  if (want === undefined || observed.unknown?.includes(field) === true || equal(want, have)) return [];
  return [{ ref, kind, field, want, have, definition: from[0]?.definition ?? '' }];
}

function covers(rule: IgnoreRule, { kind, ref }: Resource): boolean {
  return rule.kind === kind && (rule.ref === undefined || isLike(ref, rule.ref));
}

// No regular expression: a pattern comes from definitions, and must not take longer than the text is long.
function isLike(text: string, pattern: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

function shown(value: unknown): string {
  return harmless(JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
