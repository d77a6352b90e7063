/** What a forge shows beside the lines of a pull request: which changed definition cuts connections, what would not work. */
import type { Place } from '../model/place.ts';
import { IMPACT_WORDS } from '../plan/summary.ts';
import { fold, nodeNames } from './fold.ts';
import type { Review } from './review.ts';
import { hitText, howToAgree } from './sentences.ts';
import { tellingOf } from './telling.ts';

/** A remark at a line; what has no line is about the whole. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly at: Place | undefined;
  readonly title: string;
  /** One sentence; not yet harmless. */
  readonly message: string;
}

/** Diagnostics first, then what the plans say. */
export function annotationsOf(review: Review): readonly Annotation[] {
  return [
    ...diagnosticAnnotations(review),
    ...consentAnnotations(review),
    ...impactAnnotations(review),
    ...obstacleAnnotations(review),
    ...doubtAnnotations(review),
  ];
}

function diagnosticAnnotations({ diagnostics }: Review): readonly Annotation[] {
  return diagnostics.map(({ severity, code, message, hint, at }) => ({
    level: severity,
    at,
    title: code,
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
  }));
}

function consentAnnotations({ consent }: Review): readonly Annotation[] {
  if (consent === null) return [];
  const how = consent.hash === '' ? '' : `; if that is meant: ${howToAgree(consent.hash)}`;
  return [{ level: 'warning', at: undefined, title: consent.reason, message: `${consent.message}${how}` }];
}

function impactAnnotations(review: Review): readonly Annotation[] {
  return tellingOf(review).families.flatMap(family => {
    const { impact, changes, nodes } = family;
    const cause = changes.find(({ definition }) => definition === family.name) ?? changes[0];
    if (impact !== 'existing-flows' || cause === undefined) return [];
    // What is removed has no line any more at head.
    const at = cause.change === 'removed' ? undefined : cause.at;
    return [{ level: 'warning' as const, at, title: IMPACT_WORDS[impact], message: `${hitText(family, text => text)}, on ${nodeNames(nodes)}` }];
  });
}

function obstacleAnnotations({ pending, nodes, placeOf }: Review): readonly Annotation[] {
  const onNodes = fold(nodes.flatMap(({ node, obstacles }) => obstacles.map(one => ({ node, text: JSON.stringify(one), shape: JSON.stringify(one) })))).map(
    ({ nodes: names, text }) => {
      const { definition, reason, message } = JSON.parse(text) as { definition: string; reason: string; message: string };
      return { definition, reason, message: `${message} (${nodeNames(names)})` };
    },
  );
  return [...pending, ...onNodes].map(({ definition, reason, message }) => ({
    level: 'warning',
    at: placeOf(definition),
    title: reason,
    message: `${definition}: ${message}`,
  }));
}

function doubtAnnotations({ remarks, nodes }: Review): readonly Annotation[] {
  const caveats = fold(nodes.flatMap(({ node, caveats: all }) => all.map(({ message }) => ({ node, text: message, shape: message }))));
  return [
    ...remarks.map(({ reason, message }): Annotation => ({ level: 'notice', at: undefined, title: reason, message })),
    ...caveats.map(({ nodes: names, text }): Annotation => ({ level: 'notice', at: undefined, title: 'not sure', message: `${nodeNames(names)}: ${text}` })),
  ];
}
