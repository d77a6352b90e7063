/** Finds the place of a field in the document that it was written in. */
import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';

export type Path = readonly (string | number)[];

/** What a path leads to: `key` and `value` are nodes with `range` and, scalars, `source`. */
export interface Located {
  /** Offset of the key, or of the value where there is no key (an entry of a list, the root). */
  readonly key: number;
  /** Where people look for it: a scalar's own offset, the key of a mapping or list. */
  readonly value: number;
  /** The scalar as it is written in the file, without quotes; null for anything else. */
  readonly source: string | null;
  /** True when the scalar is written without quotes. */
  readonly plain: boolean;
}

/** The node at `path`; where the document ends earlier (a default, an alias), the last one on the way. */
export function locate(root: ParsedNode, path: Path): Located {
  let node: unknown = root;
  let key = startOf(root);
  let found = 0;
  for (const step of path) {
    const next = child(node, step);
    if (next === null) break;
    node = next.value;
    key = startOf(next.key);
    found++;
  }
  const scalar = isScalar(node) && found === path.length ? node : null;
  return { key, value: scalar !== null || isAlias(node) ? startOf(node) : key, source: scalar?.source ?? null, plain: scalar?.type === 'PLAIN' };
}

function child(node: unknown, step: string | number): { key: unknown; value: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find(each => isScalar(each.key) && String(each.key.value) === String(step));
    return pair === undefined ? null : { key: pair.key, value: pair.value };
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined;
  return item === undefined ? null : { key: item, value: item };
}

function startOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
}
