/** A review as the one comment of a pull request: what would happen in the first lines, all else folded below, within the size that forges take. */
import { APPROVE } from '../model/annotations.ts';
import { formatPlace } from '../model/place.ts';
import { harmless } from '../model/text.ts';
import { IMPACT_WORDS } from '../plan/summary.ts';
import { allocations, doubts } from './markdown-lists.ts';
import { nodeSections } from './markdown-nodes.ts';
import { code, fence, sizeOf } from './markdown-words.ts';
import type { DefinitionChange, Review } from './review.ts';
import { count, howFresh, howToAgree, someOf, whatIsDestroyed, whatMergingDoes, whoLosesTraffic } from './sentences.ts';
import { byName, type Family, type Telling, tellingOf } from './telling.ts';

/** GitHub takes 65,536 characters in a comment, other forges more; a little is left to whatever posts it. */
export const MOST_BYTES = 65_000;

/** The first line of a comment, by which it is found again and edited: one for each folder of definitions. */
export function markerOf(root: string): string {
  const name = root.replaceAll(/[^A-Za-z0-9._/]/g, '_');
  return `<!-- netloom:plan${name === '' ? '' : `:${name}`} -->`;
}

/** The whole comment, ending in a line break. Never longer than `most` bytes. */
export function printMarkdown(review: Review, most = MOST_BYTES): string {
  const marker = markerOf(review.root);
  const errors = review.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return `${[marker, ...invalid(review)].join('\n\n')}\n`;
  const telling = tellingOf(review);
  const title = `### netloom: merging this ${whatMergingDoes(review, telling)}`;
  const tail = footer(review);
  const tops = LENGTHS.map(lengths => [
    marker,
    title,
    ...head(review, telling, lengths),
    ...doubts(review, lengths.lines),
    ...allocations(review, lengths.given),
  ]);
  const top = tops.find(parts => sizeOf(parts.join()) < most / 2) ?? [marker, title, TOO_LONG];
  const sections = nodeSections(review, most - sizeOf([...top, tail].join('\n\n')) - 4);
  return `${[...top, ...sections, tail].join('\n\n')}\n`;
}

/** How many rows and lines the first part has at most; a review with long ones gets fewer of them. */
const LENGTHS = [
  { rows: 20, lines: 8, given: 100 },
  { rows: 8, lines: 4, given: 20 },
  { rows: 3, lines: 1, given: 0 },
] as const;

const TOO_LONG = 'It is too much to be told here: `netloom plan --all-nodes` prints it.';

function head(review: Review, telling: Telling, { rows }: { readonly rows: number }): readonly string[] {
  if (telling.busy.length === 0 && telling.families.length === 0) return [];
  const { add, change, destroy } = telling.total;
  const destroyed = whatIsDestroyed(review.nodes);
  return [
    ...consent(review),
    ...whoLosesTraffic(telling, code).map(({ grave, text }) => `> [!${ALERT[grave]}]\n> **${text.replace(/[:.].*$/s, '')}**${text.replace(/^[^:.]*/, '')}`),
    `**Plan: ${add} to add, ${change} to change, ${destroy} to destroy.**${destroyed === '' ? '' : ` Destroyed: ${destroyed}.`}`,
    table(telling, rows),
  ];
}

function consent({ consent: asked }: Review): readonly string[] {
  if (asked === null) return [];
  const how =
    asked.hash === '' ? '' : ` If that is meant: \`${howToAgree(asked.hash)}\`, or the annotation \`${APPROVE}: "${asked.hash}"\` at the Cluster for all.`;
  return [`> [!CAUTION]\n> **${asked.hash === '' ? 'No node would follow' : 'Somebody must agree'}**: ${code(asked.message)}.${how}`];
}

// GitHub and GitLab draw these as coloured boxes, others as quotes.
const ALERT = { cut: 'CAUTION', new: 'WARNING', none: 'TIP' } as const;

function table({ families }: Telling, most: number): string {
  const isQuiet = ({ changes, impact }: Family) => changes.length === 0 && impact === 'no-traffic';
  const [told, quiet] = [families.filter(each => !isQuiet(each)), families.filter(isQuiet)];
  const shown = [...told.slice(0, most).map(row), ...(quiet.length === 0 ? [] : [quietRow(quiet)])];
  const rest = told.length - Math.min(told.length, most);
  const more = rest > 0 ? [`| | and ${rest} more | | |`] : [];
  return ['| Traffic | Definition | What happens | Nodes |', '|---|---|---|---|', ...shown, ...more].join('\n');
}

function row(family: Family): string {
  const words = IMPACT_WORDS[family.impact];
  const impact = family.impact === 'existing-flows' ? `**${words}**` : words;
  const of = family.hit.length === 0 || family.hit.includes(family.name) ? '' : ` of ${someOf(family.hit.map(code), 3)}`;
  const name = family.name === '' ? 'no longer defined' : code(family.name);
  return `| ${impact}${of} | ${name} | ${whatHappens(family)} | ${nodesOf(family)} |`;
}

/** What only follows from other changes, and meets no packet. */
function quietRow(families: readonly Family[]): string {
  const names = someOf(
    families.map(({ name }) => (name === '' ? 'no longer defined' : code(name))),
    4,
  );
  const nodes = [...new Set(families.flatMap(family => family.nodes))].sort(byName);
  return `| ${IMPACT_WORDS['no-traffic']} | ${names} | ${families.length === 1 ? 'follows' : 'follow'} | ${someOf(nodes.map(code), 4)} |`;
}

function nodesOf({ nodes }: Family): string {
  return nodes.length === 0 ? '-' : someOf(nodes.map(code), 4);
}

function whatHappens({ name, changes }: Family): string {
  const own = changes.find(({ definition }) => definition === name);
  const others = (['removed', 'changed', 'added'] as const).flatMap(change => {
    const found = changes.filter(one => one.change === change && one !== own);
    const [only, ...more] = found;
    if (only === undefined) return [];
    return [
      `${someOf(
        found.map(({ definition }) => code(definition)),
        3,
      )} ${change}${more.length === 0 ? fieldsText(only) : ''}`,
    ];
  });
  if (own === undefined) return others.length === 0 ? 'follows' : others.join('; ');
  return [own.change === 'changed' ? `changed${fieldsText(own)}` : `**${own.change}**`, ...others].join('; ');
}

/** `: mtu: 1500 -> 1400`, or nothing. */
function fieldsText({ fields }: DefinitionChange): string {
  const said = fields.map(({ sign, path, text }) => code(sign === '~' ? `${path}: ${text}` : `${sign} ${path}: ${text}`));
  return said.length === 0 ? '' : `: ${someOf(said, 3)}`;
}

const MOST_ERRORS = 50;

function invalid({ diagnostics }: Review): readonly string[] {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const lines = errors
    .slice(0, MOST_ERRORS)
    .flatMap(({ at, code: id, message, hint }) => [short(`${formatPlace(at)} ${id}: ${message}`), ...(hint === undefined ? [] : [short(`  hint: ${hint}`)])]);
  const more = errors.length > MOST_ERRORS ? [`and ${errors.length - MOST_ERRORS} more: netloom validate prints them all`] : [];
  return [
    `### netloom: ${count(errors.length, 'error')} in the definitions`,
    '> [!CAUTION]\n> **No node would follow this revision**: each stays with the last good one, and nothing is planned.',
    fence([...lines, ...more]),
  ];
}

function short(text: string): string {
  const plain = harmless(text);
  return plain.length > 400 ? `${plain.slice(0, 399)}…` : plain;
}

function footer({ base, head: top, nodes }: Review): string {
  const points = [base, top].map(({ name, commit }) => `${code(name)}${commit === '' ? '' : ` (${code(commit.slice(0, 10))})`}`);
  return `<sub>${[`Compared ${points.join(' with ')}.`, howFresh(nodes)].filter(Boolean).join(' ')}</sub>`;
}
