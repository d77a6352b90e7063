/** Names of definitions as this machine saw them last, quickly: of what was parsed then, without the remote and without reading a definition again. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ViewPlace, viewDir } from './view-dir.ts';

/** Keys by kind, sorted, and what interfaces are of as `Instance`; nothing where nothing is kept, or where we may not read it. Writes nothing and throws nothing. */
export function knownNames(place: ViewPlace): ReadonlyMap<string, readonly string[]> {
  const kept = [place.stateDir, viewDir(place)].flatMap(dir => found(join(dir, 'cache', 'parsed.json')));
  const [newest] = kept.sort((a, b) => b.at - a.at);
  return newest === undefined ? new Map() : namesIn(newest.path);
}

function found(path: string): readonly { readonly path: string; readonly at: number }[] {
  try {
    return [{ path, at: statSync(path).mtimeMs }];
  } catch {
    return [];
  }
}

interface Doc {
  readonly kind: string;
  readonly key: string;
  readonly namespace: string;
  readonly spec?: { readonly instance?: string };
}

interface Kept {
  readonly files: readonly (readonly [string, { readonly docs: readonly Doc[] }])[];
}

function namesIn(path: string): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, Set<string>>();
  const add = (kind: string, key: string): void => void (keys.get(kind) ?? keys.set(kind, new Set()).get(kind))?.add(key);
  try {
    for (const [, { docs }] of (JSON.parse(readFileSync(path, 'utf8')) as Kept).files) {
      for (const { kind, key, namespace, spec } of docs) {
        add(kind, key);
        if (namespace !== '') add('Namespace', namespace);
        if (kind === 'Interface' && spec?.instance !== undefined) add('Instance', `${namespace}/${spec.instance}`);
      }
    }
  } catch {
    // A cache that is torn, or of another netloom: as if there were none.
  }
  return new Map([...keys].map(([kind, all]) => [kind, [...all].sort()]));
}
