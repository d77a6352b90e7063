/** A review for programs: the shape is `schemas/output/review.json`. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';
import { type Json, toJson } from '../plan/to-json.ts';
import type { NodeReview, Obstacle, Point, Review } from './review.ts';
import { tellingOf } from './telling.ts';

/** Grows with fields that are added; what is removed or means something else raises the first number. */
const FORMAT_VERSION = '1.0';

/** The whole review; a plan for each node, in the shape of `plan -o json`. */
export function reviewJson(review: Review): Json {
  const { families, total, busy } = tellingOf(review);
  return {
    format_version: FORMAT_VERSION,
    base: pointJson(review.base),
    head: pointJson(review.head),
    valid: !review.diagnostics.some(({ severity }) => severity === 'error'),
    diagnostics: review.diagnostics.map(diagnosticJson),
    changes: review.changes.map(({ definition, change, at, fields }) => ({
      definition,
      change,
      ...placeJson(at),
      fields: fields.map(field => ({ ...field })),
    })),
    impact: families.map(({ name, impact, hit, nodes }) => ({ definition: name, impact, hit: [...hit], nodes: [...nodes] })),
    consent: review.consent === null ? null : { reason: review.consent.reason, message: review.consent.message, hash: review.consent.hash },
    allocations: review.allocations.map(each => ({ ...each })),
    pending: review.pending.map(obstacleJson),
    remarks: review.remarks.map(({ reason, message }) => ({ reason, message })),
    nodes: review.nodes.map(nodeJson),
    summary: { ...total, nodes: busy.length },
  };
}

function pointJson({ name, commit }: Point): Json {
  return { name, commit };
}

function diagnosticJson({ code, severity, message, hint, at }: Diagnostic): Json {
  return { code, severity, message, ...(hint === undefined ? {} : { hint }), ...placeJson(at) };
}

function placeJson({ file, line, col }: Place): { readonly file: string; readonly line: number; readonly col: number } {
  return { file, line, col };
}

function obstacleJson({ definition, reason, message }: Obstacle): Json {
  return { definition, reason, message };
}

function nodeJson({ node, heard, ageSeconds, plan, later, live, caveats, obstacles }: NodeReview): Json {
  return {
    node,
    heard,
    age_seconds: ageSeconds,
    caveats: caveats.map(({ reason, message }) => ({ reason, message })),
    obstacles: obstacles.map(obstacleJson),
    plan: toJson(plan),
    later: later === null ? null : toJson(later),
    live: live === null ? null : { age_seconds: live.ageSeconds, agrees: live.agrees, says: live.says },
  };
}
