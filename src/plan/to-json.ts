/** A plan for programs: the shape is `schemas/output/plan.json`. */
import type { Origin } from '../kinds/kind.ts';
import type { Change, Step } from '../kinds/step.ts';
import type { Contested } from './contest.ts';
import type { Left } from './freeze.ts';
import type { Ignored } from './ignore.ts';
import type { Held, Plan, Swept } from './plan.ts';
import { heldAdvice, heldReason } from './print-held.ts';
import { type Group, groupsOf, impactOf, summaryOf } from './summary.ts';

/** Grows with fields that are added; what is removed or means something else raises the first number. */
const FORMAT_VERSION = '1.2';

/** A value of JSON, to be printed or stored. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const ACTIONS = { adopt: 'adopt', make: 'create', update: 'update', delete: 'delete' } as const;

/** The whole plan, steps in the order of execution. */
export function toJson(plan: Plan): Json {
  return {
    format_version: FORMAT_VERSION,
    steps: plan.steps.map(stepJson),
    swept: plan.swept.map(sweptJson),
    bystanders: plan.bystanders.map(sweptJson),
    held: plan.held.map(heldJson),
    ...(plan.ignored === undefined ? {} : { ignored: plan.ignored.map(ignoredJson) }),
    ...(plan.left === undefined ? {} : { left: plan.left.map(leftJson) }),
    ...(plan.contested === undefined ? {} : { contested: plan.contested.map(contestedJson) }),
    definitions: groupsOf(plan.steps).map(groupJson),
    summary: { ...summaryOf(plan) },
  };
}

function groupJson({ origin, members }: Group<Step>): Json {
  return { definition: origin?.definition ?? null, impact: impactOf(members) };
}

function stepJson(step: Step): Json {
  return {
    actions: [ACTIONS[step.verb]],
    kind: step.kind,
    title: step.title,
    ref: step.ref,
    definitions: step.from.map(originJson),
    replacing: step.replacing,
    ...(step.was === undefined ? {} : { was: step.was }),
    ...(step.because === undefined ? {} : { because: step.because }),
    impact: step.impact,
    needs: [...step.needs],
    changes: step.changes.map(changeJson),
  };
}

function ignoredJson({ ref, kind, field, want, have, definition }: Ignored): Json {
  return { ref, kind, field, before: jsonOf(have), after: jsonOf(want), definition };
}

function leftJson({ definition, ref, field, want, have }: Left): Readonly<Record<string, Json>> {
  return { ref, field, before: jsonOf(have), after: jsonOf(want), definition };
}

function contestedJson({ who, ...each }: Contested): Json {
  return { ...leftJson(each), who };
}

function changeJson({ field, have, want, forces }: Change): Json {
  return { field, before: jsonOf(have), after: jsonOf(want), forces_replacement: forces === true };
}

function sweptJson({ kind, title, ref, by }: Swept): Json {
  return { kind, title, ref, by };
}

function heldJson(held: Held): Json {
  const hint = heldAdvice(held);
  return {
    why: held.why,
    kind: held.kind,
    title: held.title,
    ref: held.ref,
    definitions: held.from.map(originJson),
    on: held.on,
    message: heldReason(held),
    ...(hint === undefined ? {} : { hint }),
    ...(held.claim === undefined ? {} : { claim: held.claim }),
    ...(held.holder === undefined ? {} : { holder: { kind: held.holder.kind, ref: held.holder.ref, owner: held.holder.owner } }),
  };
}

function originJson({ definition, at }: Origin): Json {
  return { definition, file: at.file, line: at.line, col: at.col };
}

function jsonOf(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json);
}
