/** A drawing in the language of Graphviz. */
import { type Box, type Drawing, edgesOf, type Role } from './drawing.ts';
import { type Group, linesOf, outlineOf } from './outline.ts';

/** Texts stand in quotes: a quote and a backslash are escaped, and no label is HTML. */
export function dot(drawing: Drawing): string {
  return [
    `graph ${quoted(drawing.title)} {`,
    `  label=${quoted([drawing.title, ...drawing.about].join('\n'))}; labelloc=t; rankdir=TB; compound=true;`,
    '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=11]; graph [fontname="Helvetica", fontsize=12];',
    ...outlineOf(drawing).flatMap((group, nth) => groupLines(group, '  ', `${nth}`)),
    ...edgesOf(drawing).map(({ from, to }) => `  ${quoted(from)} -- ${quoted(to)};`),
    '}',
    '',
  ].join('\n');
}

function groupLines({ box, inside }: Group, indent: string, path: string): readonly string[] {
  if (inside.length === 0) return [`${indent}${quoted(box.id)} [label=${labelOf(box)}, shape=${SHAPES[box.role] ?? 'box'}${wrong(box)}];`];
  return [
    `${indent}subgraph "cluster ${path}" {`,
    `${indent}  label=${labelOf(box)}; style="rounded${box.mark === undefined ? '"' : ',dashed"; color="#cf222e"'};`,
    ...inside.flatMap((group, nth) => groupLines(group, `${indent}  `, `${path}.${nth}`)),
    `${indent}}`,
  ];
}

const SHAPES: Readonly<Partial<Record<Role, string>>> = { outside: 'ellipse', underlay: 'hexagon', card: 'component' };

function wrong({ mark }: Box): string {
  return mark === undefined ? '' : ', color="#cf222e", penwidth=2, style="rounded,dashed"';
}

function labelOf(box: Box): string {
  return quoted(linesOf(box).join('\n'));
}

function quoted(text: string): string {
  const safe = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;');
  return `"${safe.replaceAll('\n', '\\n').replace(/\p{Cc}/gu, '?')}"`;
}
