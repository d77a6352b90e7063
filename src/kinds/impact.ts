/** How a step meets packets, from its kind's answers: the worst of what it changes. */
import type { AnyKind, Impact } from './kind.ts';

/** From none to worst. */
export const IMPACTS: readonly Impact[] = ['no-traffic', 'new-flows', 'existing-flows'];

/** The worst of them; of none: no traffic. */
export function worst(impacts: Iterable<Impact>): Impact {
  let found = 0;
  for (const impact of impacts) found = Math.max(found, IMPACTS.indexOf(impact));
  return IMPACTS[found] ?? 'existing-flows';
}

/** Of an update: `changed` are the live fields that differ. Saying again what is as wanted meets no packet. */
export function updateImpact(kind: AnyKind, changed: readonly string[], want: object, have: object): Impact {
  const fields = kind.impact.fields as Readonly<Record<string, Impact>>;
  return worst(changed.map(field => kind.impact.told?.(field, want, have) ?? fields[field] ?? 'existing-flows'));
}
