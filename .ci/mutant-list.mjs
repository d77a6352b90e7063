/**
 * The guards that tests must miss: `test/mutants/ROOM.yaml`, a list for each room. A mutant is a text of a source file that is taken
 * out (and what stands there instead), and the test that turns red then.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = 'test/mutants';
/** What must be there, and what may be. */
const FIELDS = { id: true, guards: true, what: true, file: true, out: true, in: false, test: true, title: true, after: false, hangsS: false };
/** A promise, a law of DESIGN.md, or a fault case of the list that issue 4 works through. */
const GUARDED = /^(G|L|F)\d+$/;

/** Every mutant with its room, sorted by room; throws for an entry that is none. */
export function readMutants() {
  const files = readdirSync(join(ROOT, FOLDER)).filter(name => name.endsWith('.yaml'));
  return files.sort().flatMap(name => {
    const room = name.replace('.yaml', '');
    return parse(readFileSync(join(ROOT, FOLDER, name), 'utf8')).map(entry => checked({ in: '', after: '', hangsS: 0, ...entry, room }, `${FOLDER}/${name}`));
  });
}

function checked(mutant, where) {
  const wrong = why => new Error(`${where}: ${mutant.id ?? JSON.stringify(mutant)}: ${why}`);
  for (const [field, isNeeded] of Object.entries(FIELDS)) if (isNeeded && !mutant[field]?.length) throw wrong(`has no ${field}`);
  const unknown = Object.keys(mutant).find(field => !(field in FIELDS) && field !== 'room');
  if (unknown !== undefined) throw wrong(`${unknown} is no field of a mutant`);
  if (!/^[a-z0-9-]+$/.test(mutant.id)) throw wrong('an id is made of letters, digits and dashes');
  const guards = mutant.guards.split(' ');
  const odd = guards.find(guard => !GUARDED.test(guard));
  if (odd !== undefined) throw wrong(`${odd} is neither a promise (G1), a law (L1) nor a fault (F1)`);
  return { ...mutant, guards };
}

/** The text of the file without the guard; null when the guard is not there exactly once: then the mutant is stale. */
export function mutated(text, mutant) {
  const at = text.indexOf(mutant.out);
  if (at === -1 || text.indexOf(mutant.out, at + 1) !== -1 || mutant.in === mutant.out) return null;
  return text.slice(0, at) + mutant.in + text.slice(at + mutant.out.length);
}

/** Names of tests and groups in a test file: the words between its quotes. */
export function titlesIn(text) {
  return [...text.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1/g)].map(([, , title = '']) => title.replaceAll("\\'", "'").replaceAll('’', "'"));
}

/** A title as vitest's -t takes it: what a table of cases fills in is any text. */
export function patternOf(title) {
  const parts = title.split(/%[sdijfo]|\$\{[^}]*\}|\$[a-z]\w*|['’]/i);
  return parts.map(part => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('.*');
}
