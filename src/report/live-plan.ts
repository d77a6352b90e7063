/**
 * What a node says of a branch that people want to merge: planned against its live kernel, applied nowhere. Its file on the status
 * branch is `plans/<branch>/<node>.json`, with the schema `schemas/output/live-plan.json`.
 */
import { hash } from 'node:crypto';

/** A value of JSON. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface LivePlan {
  readonly node: string;
  /** Of netloom. */
  readonly version: string;
  /** As the remote has it: `pr/42`. Text from outside. */
  readonly branch: string;
  /** The branch's tip that was planned for. */
  readonly commit: string;
  /** The revision in force on the node when it planned; '' for none. */
  readonly base: string;
  /** Whether the branch holds all of `base`. False: the plan also takes back what came after the branch was made. null: it cannot be told. */
  readonly contains_base: boolean | null;
  /** When it was planned: ISO 8601, UTC, seconds. */
  readonly made: string;
  /** Why this node would refuse the branch; null when it is planned. Text lines, bounded in number. */
  readonly refusal: { readonly reason: string; readonly message: string; readonly diagnostics: readonly string[] } | null;
  /** Sentences: what merging would allocate, and what could not be. */
  readonly notes: readonly string[];
  /** `summary` of `schemas/output/plan.json`; null when refused. */
  readonly summary: { readonly [key: string]: Json } | null;
  /** The plan as `netloom plan` prints it, in lines. */
  readonly text: readonly string[];
  /** The plan as `schemas/output/plan.json` has it; null when refused, and where the file would become too large. */
  readonly plan: { readonly [key: string]: Json } | null;
  /** True: the text, the plan, or a list is not all there. */
  readonly cut: boolean;
}

const FORMAT_VERSION = '1.0';
/** Of one file; times nodes and branches it is what every node fetches. */
export const MOST_BYTES = 64 * 1024;
const MOST_LINES = 200;

/** Folder of the plans of all branches on the status branch. */
export const PLANS = 'plans';

/** Path of a node's plan for a branch, below `PLANS`. */
export function livePlanPath(branch: string, node: string): string {
  return `${PLANS}/${branchFolder(branch)}/${node}.json`;
}

const LONGEST_FOLDER = 120;

/**
 * A branch's name as one path component that is safe everywhere (no slash, dot or capital): other bytes than `a-z0-9_-` are
 * `=<hex>`. No two names meet: what gets too long is cut and ends in `==` and its SHA-256.
 */
export function branchFolder(branch: string): string {
  let folder = '';
  for (const byte of new TextEncoder().encode(branch)) {
    const char = String.fromCharCode(byte);
    folder += /[a-z0-9_-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`;
  }
  return folder.length <= LONGEST_FOLDER ? folder : `${folder.slice(0, 40).replace(/=.?$/, '')}==${hash('sha256', branch)}`;
}

/** The text of the file, at most `MOST_BYTES`: the plan for programs is left out first, then lines for people. */
export function livePlanFile(live: LivePlan): string {
  const bounded = boundLists(live);
  const whole = render(bounded);
  if (whole.length <= MOST_BYTES) return whole;
  let { text } = bounded;
  for (;;) {
    const shorter = render({ ...bounded, plan: null, cut: true, text });
    if (shorter.length <= MOST_BYTES || text.length === 0) return shorter;
    text = text.slice(0, Math.floor(text.length / 2));
  }
}

function boundLists(live: LivePlan): LivePlan {
  const notes = firstLines(live.notes, MOST_LINES);
  const diagnostics = firstLines(live.refusal?.diagnostics ?? [], MOST_LINES);
  const text = firstLines(live.text, 20 * MOST_LINES);
  const isCut = notes.length < live.notes.length || diagnostics.length < (live.refusal?.diagnostics.length ?? 0) || text.length < live.text.length;
  return { ...live, notes, text, refusal: live.refusal === null ? null : { ...live.refusal, diagnostics }, cut: live.cut || isCut };
}

// Lists of many short lines, and of few long ones.
function firstLines(lines: readonly string[], most: number): readonly string[] {
  let room = MOST_BYTES / 4;
  const fitting = lines.slice(0, most).findIndex(line => {
    room -= inAscii(JSON.stringify(line)).length;
    return room < 0;
  });
  return lines.slice(0, fitting === -1 ? most : fitting);
}

// Letters beyond ASCII are escaped, so that characters are bytes.
function render(live: LivePlan): string {
  return `${inAscii(JSON.stringify({ format_version: FORMAT_VERSION, ...live }, null, 1))}\n`;
}

function inAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Reads a file of the status branch: null for what is none, for another major version, and where branch and node are not those
 * of the path (a file that somebody moved). Throws nothing.
 */
export function parseLivePlan(path: string, text: string): LivePlan | null {
  if (text.length > MOST_BYTES) return null;
  const live = parsed(text);
  if (live === null || typeof live.branch !== 'string' || typeof live.node !== 'string') return null;
  return isWhole(live) && livePlanPath(live.branch, live.node) === path ? (live as unknown as LivePlan) : null;
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    const version = isRecord(value) ? value['format_version'] : undefined;
    return isRecord(value) && typeof version === 'string' && /^1\.\d+$/.test(version) ? value : null;
  } catch {
    return null;
  }
}

function isWhole(live: Readonly<Record<string, unknown>>): boolean {
  const { refusal, summary, plan, contains_base } = live;
  const areTexts = ['version', 'commit', 'base', 'made'].every(field => typeof live[field] === 'string');
  const isRefusal = refusal === null || (isRecord(refusal) && typeof refusal['reason'] === 'string' && typeof refusal['message'] === 'string');
  const isJudged = contains_base === null || typeof contains_base === 'boolean';
  return (
    areTexts &&
    isRefusal &&
    isJudged &&
    typeof live['cut'] === 'boolean' &&
    [live['notes'], live['text'], isRecord(refusal) ? refusal['diagnostics'] : []].every(isLines) &&
    [summary, plan].every(value => value === null || isRecord(value)) &&
    !Number.isNaN(Date.parse(String(live['made'])))
  );
}

function isLines(value: unknown): boolean {
  return Array.isArray(value) && value.every(line => typeof line === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when `next` says something that `previous` did not: that it was made again, or on top of a newer base, alone is nothing. */
export function isLiveNews(previous: LivePlan | null, next: LivePlan): boolean {
  const essence = (live: LivePlan): string => livePlanFile({ ...live, made: '2000-01-01T00:00:00Z', base: '' });
  return previous === null || essence(previous) !== essence(next);
}
