/** A review in the language of Terraform, for terminals: definition by definition, and nodes that get the same told once. */
import { harmless } from '../model/text.ts';
import { type Paint, type PrintedGroup, printGroups, printRest } from '../plan/print-text.ts';
import { IMPACT_WORDS } from '../plan/summary.ts';
import { fold, nodeNames, type Part, shapeOf } from './fold.ts';
import type { DefinitionChange, NodeReview, Point, Review } from './review.ts';
import { count, howFresh, howToAgree, whatIsDestroyed, whatMergingDoes, whoLosesTraffic } from './sentences.ts';
import { byName, impactByDefinition, type Telling, tellingOf } from './telling.ts';

export interface ReviewTextOptions {
  /** Default: no colours. */
  readonly paint?: Paint;
}

/** The whole review, ending in a line of counts and a line break. Of an invalid head its diagnostics are told elsewhere. */
export function printReview(review: Review, { paint = text => text }: ReviewTextOptions = {}): string {
  const telling = tellingOf(review);
  const parts = [
    `Comparing ${pointText(review.base)} with ${pointText(review.head)}`,
    ...definitionTexts(review, paint),
    ...restTexts(review, paint),
    ...allocationTexts(review, paint),
    ...doubtTexts(review, paint),
    lastLines(review, telling, paint),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `main at 0123456789`. */
function pointText({ name, commit }: Point): string {
  return harmless(commit === '' ? `the ${name}` : `${name} at ${commit.slice(0, 10)}`);
}

interface GroupOfNode extends PrintedGroup {
  readonly node: string;
}

interface Told {
  readonly name: string;
  readonly place: string;
  /** What happens to it, and what that means for packets. */
  readonly remark: string;
  readonly isGrave: boolean;
  readonly lines: readonly string[];
  /** Equal for guests of one network that get the same. */
  readonly shape: string;
}

function definitionTexts(review: Review, paint: Paint): readonly string[] {
  const now = groupsByDefinition(review, paint, ({ plan }) => plan);
  const later = groupsByDefinition(review, paint, node => node.later);
  const impacts = impactByDefinition(review);
  const changes = new Map(review.changes.map(change => [change.definition, change]));
  const names = [...new Set([...now.keys(), ...later.keys()])].sort((a, b) => Number(a === '') - Number(b === '') || byName(a, b));
  const all = names.map((name): Told => {
    const [groups, after] = [now.get(name) ?? [], later.get(name) ?? []];
    const impact = impacts.get(name) ?? 'no-traffic';
    const remark = [changeWord(changes.get(name)), IMPACT_WORDS[impact]].filter(Boolean).join(', ');
    const lines = [...foldLines(review, groups, ''), ...foldLines(review, after, ', later, when routers have moved')];
    const steps = [...groups, ...after].flatMap(group => group.steps);
    const place = [...groups, ...after][0]?.place ?? '';
    const isGuest = name.startsWith('Interface ');
    return { name, place, remark, isGrave: impact === 'existing-flows', lines, shape: isGuest ? `${remark}\n${shapeOf(steps, review.networkOf)}` : name };
  });
  return alike(all).map(([first, others]) => toldText(first, others, paint));
}

/** As many guests of one shape are told by the first of them. */
const MANY = 4;

type Alike = readonly [first: Told, others: readonly Told[]];

function alike(all: readonly Told[]): readonly Alike[] {
  const byShape = new Map<string, Told[]>();
  for (const told of all) byShape.set(told.shape, [...(byShape.get(told.shape) ?? []), told]);
  return all.flatMap((told): readonly Alike[] => {
    const same = byShape.get(told.shape) ?? [];
    if (same.length < MANY) return [[told, []]];
    return same[0] === told ? [[told, same.slice(1)]] : [];
  });
}

function toldText({ name, place, remark, isGrave, lines }: Told, others: readonly Told[], paint: Paint): string {
  const heading = paint(name === '' ? 'No longer defined' : name, 'heading') + (place === '' ? '' : paint(`  ${place}`, 'dim'));
  const rest = others.length === 0 ? [] : [`  alike: ${nodeNames(others.map(other => other.name))}`];
  return [heading + paint(`  # ${remark}`, isGrave ? 'destroy' : 'dim'), ...lines, ...rest].join('\n');
}

function changeWord(change: DefinitionChange | undefined): string {
  return change?.change ?? '';
}

function groupsByDefinition(review: Review, paint: Paint, planOf: (node: NodeReview) => NodeReview['later']): ReadonlyMap<string, readonly GroupOfNode[]> {
  const found = new Map<string, GroupOfNode[]>();
  for (const node of review.nodes) {
    const plan = planOf(node);
    for (const group of plan === null ? [] : printGroups(plan, { paint, placeOf: review.placeOf })) {
      found.set(group.definition, [...(found.get(group.definition) ?? []), { ...group, node: node.node }]);
    }
  }
  return found;
}

function foldLines(review: Review, groups: readonly GroupOfNode[], when: string): readonly string[] {
  const parts = groups.map(({ node, lines, steps }): Part => ({ node, text: lines.join('\n'), shape: shapeOf(steps, review.networkOf) }));
  return fold(parts).flatMap(({ nodes, text, isSame }) => [
    `  on ${nodeNames(nodes)}${when}${isSame ? '' : ` (alike; shown is ${nodeNames(nodes.slice(0, 1))})`}:`,
    text,
  ]);
}

function restTexts({ nodes }: Review, paint: Paint): readonly string[] {
  const parts = nodes.flatMap(({ node, plan }) => printRest(plan, { paint }).map((text): Part => ({ node, text, shape: text })));
  return fold(parts).map(({ nodes: on, text }) => text.replace('\n', ` on ${nodeNames(on)}\n`));
}

function allocationTexts({ allocations, pending }: Review, paint: Paint): readonly string[] {
  const given = allocations.map(({ definition, change, message }) => `  ${WOULD[change]} ${harmless(`${definition}: ${message}`)}`);
  const lacking = pending.map(({ definition, message }) => paint(`  ! ${harmless(`${definition}: ${message}`)}`, 'held'));
  if (given.length + lacking.length === 0) return [];
  return [[paint('Would be allocated, by the first node that sees it merged', 'heading'), ...given, ...lacking].join('\n')];
}

const WOULD = { allocate: '+', restore: '+', change: '~', release: '-', forget: '-', repair: '~' } as const;

function doubtTexts({ remarks, nodes }: Review, paint: Paint): readonly string[] {
  const obstacles = fold(
    nodes.flatMap(({ node, obstacles: all }) => all.map(({ definition, reason, message }) => said(node, `${definition}: ${reason}: ${message}`))),
  );
  const caveats = fold(nodes.flatMap(({ node, caveats: all }) => all.map(({ message }) => said(node, message))));
  const general = remarks.map(({ message }) => `  ! ${harmless(message)}`);
  return [
    ...(obstacles.length === 0 ? [] : [[paint('Would not work', 'heading'), ...obstacles.map(on => foldLine(on))].join('\n')]),
    ...(caveats.length + general.length === 0 ? [] : [[paint('Not sure', 'heading'), ...general, ...caveats.map(on => foldLine(on))].join('\n')]),
  ];
}

function said(node: string, text: string): Part {
  return { node, text: harmless(text), shape: text };
}

function foldLine({ nodes, text }: { readonly nodes: readonly string[]; readonly text: string }): string {
  return `  ! ${nodeNames(nodes)}: ${text}`;
}

function lastLines(review: Review, telling: Telling, paint: Paint): string {
  const { total, busy } = telling;
  const fresh = howFresh(review.nodes);
  if (busy.length === 0)
    return [paint(`No changes. Merging this ${whatMergingDoes(review, telling)}.`, 'heading'), ...(fresh === '' ? [] : [fresh])].join('\n');
  const destroyed = whatIsDestroyed(review.nodes);
  return [
    `Merging this ${whatMergingDoes(review, telling)}.`,
    ...(review.consent === null ? [] : [paint(consentLine(review.consent), 'destroy')]),
    ...whoLosesTraffic(telling, harmless).map(({ grave, text }) => paint(text, grave === 'cut' ? 'destroy' : 'heading')),
    ...(destroyed === '' ? [] : [`Destroyed: ${destroyed}.`]),
    ...(fresh === '' ? [] : [fresh]),
    paint(`Plan: ${total.add} to add, ${total.change} to change, ${total.destroy} to destroy on ${count(busy.length, 'node')}.`, 'heading'),
  ].join('\n');
}

function consentLine({ message, hash }: NonNullable<Review['consent']>): string {
  const how = hash === '' ? '' : `; if that is meant: ${howToAgree(hash)}`;
  return `${hash === '' ? 'No node would follow' : 'Somebody must agree'}: ${harmless(message)}${how}.`;
}
