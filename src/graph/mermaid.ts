/** A drawing as a flowchart of Mermaid, which forges draw in their pages. */
import { type Box, type Drawing, edgesOf, type Role } from './drawing.ts';
import { boxesOf, type Group, linesOf, outlineOf } from './outline.ts';

/** Every text stands in quotes, and all but plain letters, digits and a few signs as the entity codes that Mermaid has for it. */
export function mermaid(drawing: Drawing): string {
  const groups = outlineOf(drawing);
  const ids = new Map(boxesOf(groups).map((box, nth) => [box.id, `b${nth}`]));
  const idOf = (id: string): string => ids.get(id) ?? '';
  const wrong = boxesOf(groups).filter(({ mark }) => mark !== undefined);
  return [
    '---',
    `title: ${JSON.stringify(titleText(drawing.title))}`,
    '---',
    'flowchart TB',
    ...drawing.about.map(sentence => `  %% ${plainLine(sentence)}`),
    ...groups.flatMap(group => groupLines(group, '  ', idOf)),
    ...edgesOf(drawing).map(({ from, to }) => `  ${idOf(from)} --- ${idOf(to)}`),
    ...(wrong.length === 0
      ? []
      : ['  classDef wrong stroke:#cf222e,stroke-width:3px,stroke-dasharray:6', `  class ${wrong.map(({ id }) => idOf(id)).join(',')} wrong`]),
    '',
  ].join('\n');
}

function groupLines({ box, inside }: Group, indent: string, idOf: (id: string) => string): readonly string[] {
  const id = idOf(box.id);
  if (inside.length === 0) return [`${indent}${id}${shaped(box)}`];
  return [`${indent}subgraph ${id}["${label(box)}"]`, ...inside.flatMap(group => groupLines(group, `${indent}  `, idOf)), `${indent}end`];
}

const SHAPES: Readonly<Partial<Record<Role, readonly [string, string]>>> = {
  guest: ['(', ')'],
  outside: ['([', '])'],
  tunnel: ['[[', ']]'],
  underlay: ['{{', '}}'],
};

function shaped(box: Box): string {
  const [open, close] = SHAPES[box.role] ?? ['[', ']'];
  return `${open}"${label(box)}"${close}`;
}

function label(box: Box): string {
  return linesOf(box).map(entities).join('<br/>');
}

function entities(text: string): string {
  return text.replace(/[^A-Za-z0-9 .:/_,!?-]/gu, char => `#${char.codePointAt(0)};`);
}

// A title is YAML, and shown as it is; a comment ends with its line, and may not look like a directive.
function titleText(text: string): string {
  return text.replace(/[^\x20-\x7e]|[<>&]/gu, '?');
}

function plainLine(text: string): string {
  return text.replace(/[^A-Za-z0-9 .:;,_-]/g, '?');
}
