/** A plan in the language of Terraform, for terminals and pull requests. */

import type { Impact, Origin } from '../kinds/kind.ts';
import type { Change, Step } from '../kinds/step.ts';
import { formatPlace, type Place } from '../model/place.ts';
import { harmless } from '../model/text.ts';
import { differs } from './drafts.ts';
import type { Held, Plan, Swept } from './plan.ts';
import { differenceLines, valueText } from './print-changes.ts';
import { heldAdvice, heldReason } from './print-held.ts';
import { groupsOf, IMPACT_WORDS, impactOf, labelOf, summaryOf } from './summary.ts';
import { add } from './world.ts';

export type Style = 'heading' | 'add' | 'change' | 'replace' | 'destroy' | 'held' | 'dim';

/** Gives text a colour; the one who knows the terminal brings it. */
export type Paint = (text: string, style: Style) => string;

export interface TextOptions {
  /** Default: no colours. */
  readonly paint?: Paint;
  /** Where a definition stands in the files; what it does not know is no longer defined. Default: it knows none. */
  readonly placeOf?: (definition: string) => Place | undefined;
}

interface Page {
  readonly plan: Plan;
  readonly paint: Paint;
  readonly placeOf: (definition: string) => Place | undefined;
  /** What goes along, by what takes it. */
  readonly along: ReadonlyMap<string, readonly Swept[]>;
  /** Deletions of what is made anew, by ref: one line for both. */
  readonly replaced: ReadonlyMap<string, Step>;
}

/** What a plan does for one definition, in lines. */
export interface PrintedGroup {
  /** `Network default/demo`; '' for what no definition wants any more. */
  readonly definition: string;
  /** Where it stands; '' for none. */
  readonly place: string;
  readonly steps: readonly Step[];
  /** Without its heading. */
  readonly lines: readonly string[];
}

/** The whole plan, ending in a line of counts and a line break. */
export function printText(plan: Plan, options: TextOptions = {}): string {
  const page = pageOf(plan, options);
  const groups = printGroups(plan, options).map(({ definition, place, steps, lines }) => {
    const heading = page.paint(definition === '' ? 'No longer defined' : definition, 'heading');
    return [heading + (place === '' ? '' : page.paint(`  ${place}`, 'dim')) + impactText(page, impactOf(steps)), ...lines].join('\n');
  });
  return `${[...groups, ...printRest(plan, options), lastLine(page)].join('\n\n')}\n`;
}

/** The steps of a plan, definition by definition. */
export function printGroups(plan: Plan, options: TextOptions = {}): readonly PrintedGroup[] {
  const page = pageOf(plan, options);
  return groupsOf(plan.steps).map(({ origin, members }) => ({
    definition: origin === undefined ? '' : harmless(origin.definition),
    place: origin === undefined ? '' : harmless(placeText(page, origin)),
    steps: members,
    lines: [...members.filter(step => !onlyFollows(step)).flatMap(step => stepLines(page, step)), ...followingLines(page, members.filter(onlyFollows))],
  }));
}

/** What a plan holds back, and what of others it takes along: a text each, if any. */
export function printRest(plan: Plan, options: TextOptions = {}): readonly string[] {
  const page = pageOf(plan, options);
  return [...heldText(page), ...bystanderText(page)];
}

function pageOf(plan: Plan, { paint = text => text, placeOf = () => undefined }: TextOptions): Page {
  const along = new Map<string, Swept[]>();
  for (const swept of plan.swept) add(along, swept.by, swept);
  const made = new Set(plan.steps.filter(step => step.verb === 'make').map(step => step.ref));
  const replaced = new Map(plan.steps.flatMap(step => (step.verb === 'delete' && made.has(step.ref) ? [[step.ref, step]] : [])));
  return { plan, paint, placeOf, along, replaced };
}

const IMPACT_STYLES = { 'no-traffic': 'dim', 'new-flows': 'change', 'existing-flows': 'destroy' } as const;

function impactText({ paint }: Page, impact: Impact): string {
  return paint(`  [${IMPACT_WORDS[impact]}]`, IMPACT_STYLES[impact]);
}

// A definition without a place is known from a mark in the kernel alone: it may be another node's now.
function placeText({ placeOf }: Page, { definition, at }: Origin): string {
  if (at.file !== '') return formatPlace(at);
  const elsewhere = placeOf(definition);
  return elsewhere === undefined ? 'no longer defined' : `${formatPlace(elsewhere)}, not here any more`;
}

/** True for what is as wanted, and is only said or made again since something else changes. */
function onlyFollows(step: Step): boolean {
  return step.because !== undefined && step.verb !== 'delete' && !step.changes.some(differs);
}

function stepLines(page: Page, step: Step): readonly string[] {
  const name = harmless(`${step.title} ${labelOf(step.ref)}`);
  if (step.verb === 'delete') {
    if (page.replaced.has(step.ref)) return [];
    return [page.paint(`  - ${name}`, 'destroy'), ...alongLines(page, step)];
  }
  if (step.verb === 'adopt') return [page.paint(`  = adopt ${name}`, 'change') + page.paint(`  (was: ${harmless(step.was ?? '')})`, 'dim')];
  if (step.verb === 'update') {
    const impact = step.impact === 'no-traffic' ? '' : impactText(page, step.impact);
    return [page.paint(`  ~ ${name}`, 'change') + impact, ...changeLines(page, step.changes)];
  }
  if (!step.replacing) return [page.paint(`  + ${name}`, 'add') + page.paint(attributes(step), 'dim')];
  const why = step.because === undefined ? '' : page.paint(`  # with ${harmless(labelOf(step.because))}`, 'dim');
  const before = page.replaced.get(step.ref);
  const was = before === undefined || before.kind === step.kind ? '' : page.paint(`  # was ${harmless(before.title)}: forces replacement`, 'dim');
  return [page.paint(`-/+ ${name}`, 'replace') + why + was, ...changeLines(page, step.changes), ...alongLines(page, step)];
}

/** What a new thing is like: its plain values that its name does not tell. */
function attributes(step: Step): string {
  const label = labelOf(step.ref);
  const told = label.split('/');
  let text = '';
  for (const { field, want } of step.changes) {
    if (field === 'alias' || !isPlain(want) || want === label || told.includes(String(want))) continue;
    text += `${text === '' ? '' : ' '}${field}=${valueText(want)}`;
  }
  if (text === '') return '';
  return text.length > 160 ? `  ${text.slice(0, 157)}...` : `  ${text}`;
}

function isPlain(value: unknown): boolean {
  return value !== '' && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean');
}

const STYLES = { '+': 'add', '-': 'destroy', '~': 'change' } as const;

function changeLines(page: Page, changes: readonly Change[]): readonly string[] {
  return changes.filter(differs).flatMap(change => {
    if (change.told !== undefined) return change.told.map(({ sign, text }) => page.paint(`      ${sign} ${harmless(text)}`, STYLES[sign]));
    // A thing of another kind, or a common one, has nothing to compare with.
    const lines = differenceLines(change.have, change.want);
    const forces = change.forces === true ? page.paint('  # forces replacement', 'replace') : '';
    return lines.map(({ sign, path, text }) => {
      const where = path === '' || path.startsWith('[') ? change.field + path : `${change.field}.${path}`;
      return page.paint(`      ${sign} ${harmless(where)}: ${text}`, STYLES[sign]) + forces;
    });
  });
}

function alongLines(page: Page, step: Step): readonly string[] {
  const byTitle = new Map<string, Swept[]>();
  for (const swept of page.along.get(step.ref) ?? []) add(byTitle, swept.title, swept);
  return [...byTitle].map(([title, all]) => page.paint(`      - ${many(title, all)} (goes along)`, 'destroy'));
}

function followingLines(page: Page, steps: readonly Step[]): readonly string[] {
  const byCause = new Map<string, Step[]>();
  for (const step of steps) add(byCause, `${step.verb}\n${step.title}\n${step.because ?? ''}`, step);
  return [...byCause.values()].map(all => {
    const [first] = all;
    const cause = page.paint(`  # with ${harmless(labelOf(first?.because ?? ''))}`, 'dim');
    if (first?.verb === 'make') return page.paint(`-/+ ${many(first.title, all)}`, 'replace') + cause;
    return page.paint(`  ~ ${many(first?.title ?? '', all)} (said again)`, 'change') + cause;
  });
}

const NAMED = 6;

/** `neighbour a` or `8 x neighbour: a, b, c, d, e, f and 2 more`. */
function many(title: string, all: readonly { readonly ref: string }[]): string {
  const labels = all.slice(0, NAMED).map(({ ref }) => labelOf(ref));
  if (all.length === 1) return harmless(`${title} ${labels[0]}`);
  const rest = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return harmless(`${all.length} x ${title}: ${labels.join(', ')}${rest}`);
}

function heldText(page: Page): readonly string[] {
  const { held } = page.plan;
  if (held.length === 0) return [];
  const byReason = new Map<string, Held[]>();
  for (const one of held) add(byReason, `${one.why}\n${one.title}\n${one.on}\n${one.claim ?? ''}`, one);
  const lines = [...byReason.values()].flatMap(all => {
    const [first] = all;
    if (first === undefined) return [];
    const advice = heldAdvice(first);
    const line = page.paint(`  ! ${many(first.title, all)}: ${heldReason(first)}`, 'held');
    return advice === undefined ? [line] : [line, page.paint(`      hint: ${advice}`, 'dim')];
  });
  return [[page.paint('Held back', 'heading'), ...lines].join('\n')];
}

function bystanderText(page: Page): readonly string[] {
  const { bystanders } = page.plan;
  if (bystanders.length === 0) return [];
  const line = ({ title, ref, by }: Swept) => page.paint(harmless(`  ! ${title} ${labelOf(ref)} is not ours and goes with ${labelOf(by)}`), 'held');
  return [[page.paint('Warning: this plan takes along', 'heading'), ...bystanders.map(line)].join('\n')];
}

function lastLine({ plan, paint }: Page): string {
  const { adopt, add: added, change, destroy, held } = summaryOf(plan);
  const adopted = adopt === 0 ? '' : `${adopt} to adopt, `;
  if (plan.steps.length > 0) return paint(`Plan: ${added} to add, ${adopted}${change} to change, ${destroy} to destroy. ${trafficText(plan)}`, 'heading');
  return paint(held > 0 ? `No changes. ${held} held back.` : 'No changes. The kernel is as the definitions want it.', 'heading');
}

/** `Traffic: existing connections cut in 1 definition, new connections only in 2.` */
function trafficText(plan: Plan): string {
  const impacts = groupsOf(plan.steps).map(group => impactOf(group.members));
  const told = (['existing-flows', 'new-flows'] as const).flatMap(impact => {
    const count = impacts.filter(found => found === impact).length;
    return count === 0 ? [] : [`${IMPACT_WORDS[impact]} in ${count}`];
  });
  if (told.length === 0) return 'No traffic affected.';
  return `Traffic: ${told.join(', ')} of ${impacts.length} definition${impacts.length === 1 ? '' : 's'}.`;
}
