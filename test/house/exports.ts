/** Who takes what a file exports, so that nothing is offered which nobody wants. Types are left out: a signature may need them. */
import { posix } from 'node:path';

const NAMED = /\b(?:import|export)\s+(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from\s*['"]([^'"]+)['"]/g;
/** `import * as x from`, `import x from`, `import(…)`: whoever does that may use everything. */
const WHOLE = /\bimport\s+(?:\*\s+as\s+)?[\w$]+\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]/g;
const VALUE = /^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+([\w$]+)/gm;

/**
 * `file: name` of each value that is exported and that no other file imports.
 *
 * @param texts  path from the root, with `/`, to content: all files of code
 */
export function unwanted(texts: ReadonlyMap<string, string>): readonly string[] {
  const wanted = new Set<string>();
  for (const [path, text] of texts) {
    const target = (specifier: string): string => posix.join(posix.dirname(path), specifier);
    for (const [, names = '', from = ''] of text.matchAll(NAMED)) {
      for (const name of names.split(','))
        wanted.add(
          `${target(from)}: ${
            name
              .replace(/^\s*type\s/, '')
              .trim()
              .split(/\s/)[0]
          }`,
        );
    }
    for (const [, all, dynamic] of text.matchAll(WHOLE)) wanted.add(`${target(all ?? dynamic ?? '')}: *`);
  }
  return [...texts]
    .flatMap(([path, text]) => [...text.matchAll(VALUE)].map(([, name]) => ({ path, name: `${path}: ${name}` })))
    .filter(({ path, name }) => !wanted.has(`${path}: *`) && !wanted.has(name))
    .map(({ name }) => name);
}
