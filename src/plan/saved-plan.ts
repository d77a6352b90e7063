/**
 * A plan in a file, to be carried out later exactly as it was printed or not at all: its steps, and all kernel state that they read
 * or write, as it was. The shape is `schemas/output/saved-plan.json`.
 */
import { hash } from 'node:crypto';
import type { Kinds, Observed, Ref, Resource } from '../kinds/kind.ts';
import { renderOp } from '../kinds/render.ts';
import type { Step } from '../kinds/step.ts';
import type { Plan } from './plan.ts';
import { type Json, toJson } from './to-json.ts';

/** Where a plan comes from. */
export interface PlanSource {
  /** Absolute path of a folder of definitions; null for the node's configured remote. */
  readonly local: string | null;
  /** The commit; of a folder the hash of all its definitions. */
  readonly revision: string;
  /** Content of each definition file, by path: what tells which moved. */
  readonly files: Readonly<Record<string, string>>;
}

export interface SavedStep {
  readonly verb: Step['verb'];
  readonly ref: Ref;
  /** Its acts, as lines for a shell. */
  readonly acts: readonly string[];
  /** What the kernel takes along with it. */
  readonly along: readonly Ref[];
}

export interface SavedPlan {
  readonly netloom: string;
  readonly node: string;
  readonly made: string;
  readonly source: PlanSource;
  readonly steps: readonly SavedStep[];
  /** Kernel state that the steps read or write, field by field; null for what was not there. */
  readonly kernel: Readonly<Record<Ref, Readonly<Record<string, string>> | null>>;
  /** What is allocated, by definition, a line each. */
  readonly ledger: Readonly<Record<string, string>>;
  /** `schemas/output/plan.json`, for programs and people. */
  readonly plan: Json;
}

const FORMAT = { major: 1, text: '1.0' } as const;
const KIND = 'SavedPlan';

/** The text of the file: the hash in it covers all else. */
export function savedPlanFile(saved: SavedPlan): string {
  const body = JSON.stringify({ format_version: FORMAT.text, kind: KIND, ...saved });
  return `${JSON.stringify({ ...JSON.parse(body), hash: hash('sha256', body) }, null, 1)}\n`;
}

/** Reads a file; `problem` is a sentence for one that cannot be carried out on this node. Throws nothing. */
export function readSavedPlan(text: string, node: string | null): { readonly saved: SavedPlan } | { readonly problem: string } {
  const value = parsed(text);
  if (value === null || value['kind'] !== KIND) return { problem: 'it is no plan that netloom saved, or it is damaged' };
  const version = String(value['format_version']);
  if (!version.startsWith(`${FORMAT.major}.`)) {
    return { problem: `its format is ${version}, and this netloom reads ${FORMAT.major}.x: make the plan anew` };
  }
  const { hash: told, ...body } = value;
  if (told !== hash('sha256', JSON.stringify(body))) return { problem: 'it is damaged: what is in it does not fit its hash; make the plan anew' };
  const saved = body as unknown as SavedPlan;
  if (node !== null && saved.node !== node) return { problem: `it is a plan for ${saved.node}, and this node is ${node}` };
  return { saved };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What a plan is made of, beside the plan itself. */
export interface Made {
  readonly plan: Plan;
  readonly resources: readonly Resource[];
  readonly observed: readonly Observed[];
}

/** The parts of a file that come from a plan. */
export function savedParts(made: Made, kinds: Kinds): Pick<SavedPlan, 'steps' | 'kernel' | 'plan'> {
  const steps = made.plan.steps.map(step => savedStep(step, made.plan));
  return { steps, kernel: kernelOf(made, kinds), plan: toJson(made.plan) };
}

/** A step as it is compared: equal ones do the same. */
export function savedStep({ verb, ref, ops }: Step, { swept, bystanders }: Plan): SavedStep {
  const along = verb === 'delete' ? [...swept, ...bystanders].filter(({ by }) => by === ref).map(other => other.ref) : [];
  return { verb, ref, acts: ops.map(renderOp), along };
}

/** Everything that the steps touch or stand on, as it is. */
function kernelOf({ plan, resources, observed }: Made, kinds: Kinds): SavedPlan['kernel'] {
  const have = new Map(observed.map(one => [one.ref, one]));
  const want = new Map(resources.map(one => [one.ref, one]));
  const touched = new Set<Ref>();
  for (const { ref, because } of plan.steps) {
    touched.add(ref);
    if (because !== undefined) touched.add(because);
    for (const thing of [want.get(ref), have.get(ref)]) for (const tie of tiesOf(thing, kinds)) touched.add(tie);
  }
  for (const { ref } of [...plan.swept, ...plan.bystanders]) touched.add(ref);
  return Object.fromEntries([...touched].sort().map(ref => [ref, fieldsOf(have.get(ref))]));
}

function tiesOf(thing: Resource | Observed | undefined, kinds: Kinds): readonly Ref[] {
  if (thing === undefined) return [];
  return (kinds.get(thing.kind)?.ties(thing.spec) ?? []).map(tie => tie.to);
}

const LONG = 80;

/** A thing's fields as texts; long ones by their hash. */
export function fieldsOf(thing: Observed | undefined): Readonly<Record<string, string>> | null {
  if (thing === undefined) return null;
  const fields = Object.entries(thing.spec).map(([field, value]) => {
    const text = JSON.stringify(value) ?? 'none';
    return [field, text.length > LONG ? `sha256 ${hash('sha256', text).slice(0, 16)}` : text] as const;
  });
  return { kind: thing.kind, owner: thing.owner, ...Object.fromEntries(fields) };
}
