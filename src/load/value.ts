/** YAML nodes -> plain values, and what only the nodes can tell: keys written twice, keys that are refused, bad aliases. */
import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from 'yaml';
import type { Diagnostic } from '../model/diagnostic.ts';
import { shown } from '../model/text.ts';
import { MOST_ERRORS, type YamlFile } from './yaml.ts';

export interface Valued {
  readonly value: unknown;
  readonly problems: readonly Diagnostic[];
}

// They would reach into the objects of the language instead of a definition. Labels and annotations are people's own: there any text is a key.
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** What a mapping is: the document itself, its metadata, labels or annotations in it, or anything else. */
type Where = 'document' | 'metadata' | 'notes' | 'other';

/** The value of a node. An alias gives the very value that its anchor has, so nothing grows however often it is named. */
export function plainValue(root: ParsedNode, place: YamlFile['place']): Valued {
  const problems: Diagnostic[] = [];
  const anchors = new Map<string, unknown>();
  const value = convert(root, { anchors, place, problems }, 'document');
  return { value, problems };
}

interface Walk {
  readonly anchors: Map<string, unknown>;
  readonly place: YamlFile['place'];
  readonly problems: Diagnostic[];
}

function convert(node: unknown, walk: Walk, where: Where): unknown {
  if (isScalar(node)) return anchored(node.anchor, node.value, walk);
  if (isMap(node)) return anchored(node.anchor, mapping(node, walk, where), walk);
  if (isSeq(node)) {
    return anchored(
      node.anchor,
      node.items.map(item => convert(item, walk, 'other')),
      walk,
    );
  }
  if (!isAlias(node)) return null;
  if (walk.anchors.has(node.source)) return walk.anchors.get(node.source);
  const message = `alias *${node.source} stands before or inside what it names`;
  complain(walk, () => ({ code: 'yaml-aliases', severity: 'error', message, at: walk.place(startOf(node)), hint: 'write the value out' }));
  return null;
}

function complain({ problems }: Walk, problem: () => Diagnostic): void {
  if (problems.length < MOST_ERRORS) problems.push(problem());
}

function anchored(anchor: string | undefined, value: unknown, walk: Walk): unknown {
  if (anchor !== undefined) walk.anchors.set(anchor, value);
  return value;
}

function mapping(map: YAMLMap, walk: Walk, where: Where): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const first = new Map<string, number>();
  for (const { key: node, value: content } of map.items) {
    const key = isScalar(node) ? String(node.value) : '';
    const offset = startOf(node);
    const earlier = first.get(key);
    if (earlier !== undefined) complain(walk, () => twice(key, earlier, offset, walk));
    else if (!FORBIDDEN.has(key)) value[key] = convert(content, walk, below(where, key));
    else if (where !== 'notes') complain(walk, () => forbidden(key, offset, walk));
    else Object.defineProperty(value, key, { value: convert(content, walk, 'other'), enumerable: true, configurable: true, writable: true });
    first.set(key, earlier ?? offset);
  }
  return value;
}

function below(where: Where, key: string): Where {
  if (where === 'document') return key === 'metadata' ? 'metadata' : 'other';
  return where === 'metadata' && (key === 'labels' || key === 'annotations') ? 'notes' : 'other';
}

function startOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
}

function twice(key: string, earlier: number, offset: number, walk: Walk): Diagnostic {
  const related = [walk.place(earlier)];
  const message = `key ${shown(key)} stands here and in line ${related[0]?.line}`;
  return { code: 'yaml-duplicate-key', severity: 'error', message, at: walk.place(offset), hint: 'keep one of them', related };
}

function forbidden(key: string, offset: number, walk: Walk): Diagnostic {
  return { code: 'yaml-forbidden-key', severity: 'error', message: `key ${shown(key)} is not read`, at: walk.place(offset), hint: 'choose another name' };
}
