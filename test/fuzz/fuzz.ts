/**
 * Runs a law over random histories, and tells a failure so that anybody can have it again.
 *
 * FUZZ_LAW, FUZZ_SEED, FUZZ_PATH: one that was told, of this law alone. FUZZ_RUNS: how many, instead of the usual number. FUZZ_KEEP: a folder in which each
 * failing history is left as definitions.
 */
import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { USUAL_SEED } from '../support/one-seed.ts';
import { anyHistory, type Wish } from './repository.ts';
import type { Revision } from './revision.ts';

export interface Law extends Wish {
  /** Its name in the list of what was left: `life`. */
  readonly name: string;
  /** The command that runs it. */
  readonly by: string;
  /** How many histories, when nobody says. */
  readonly runs: number;
  /** What is broken, as sentences. */
  readonly broken: (history: readonly Revision[]) => readonly string[] | Promise<readonly string[]>;
  /** The longest time that is spent on a failure to make it small. */
  readonly shrinkMs?: number;
}

/** Throws for the first history that breaks the law, made as small as it gets. */
export async function holds({ name, by, runs, broken, shrinkMs = 60_000, ...wish }: Law): Promise<void> {
  const { FUZZ_LAW = name, FUZZ_SEED, FUZZ_PATH, FUZZ_RUNS } = process.env;
  if (FUZZ_LAW !== name) return;
  let giveUpAt = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(anyHistory(wish), async history => {
    // What cannot be made smaller in time counts as well: then the smallest so far is told.
    if (Date.now() > giveUpAt) return;
    const found = await sentences(broken, history);
    if (found.length === 0) return;
    giveUpAt = Math.min(giveUpAt, Date.now() + shrinkMs);
    throw new Broken(found);
  });
  const seed = Number(FUZZ_SEED ?? USUAL_SEED);
  const run = await fc.check(property, {
    numRuns: FUZZ_PATH === undefined ? Number(FUZZ_RUNS ?? runs) : 1,
    seed,
    ...(FUZZ_PATH === undefined ? {} : { path: FUZZ_PATH }),
  });
  if (!run.failed) return;
  const [history = []] = run.counterexample ?? [];
  const words = run.errorInstance instanceof Error ? run.errorInstance.message : String(run.errorInstance);
  const replay = `FUZZ_LAW=${name} FUZZ_SEED=${run.seed} FUZZ_PATH=${run.counterexamplePath} ${by}`;
  const kept = keep(name, `${words}\n\n${replay}\n`, history);
  throw new Error(`${words}\n\nagain with: ${replay}${kept}\n\n${told(history)}`);
}

class Broken extends Error {
  constructor(found: readonly string[]) {
    super(found.slice(0, 20).join('\n'));
  }
}

// An exception is a broken law too: no definitions may cause one.
async function sentences(broken: Law['broken'], history: readonly Revision[]): Promise<readonly string[]> {
  try {
    return await broken(history);
  } catch (error) {
    const { message, stack = '' } = error as Error;
    return [
      `${message}\n${stack
        .split('\n')
        .filter(line => line.includes('/src/'))
        .slice(0, 6)
        .join('\n')}`,
    ];
  }
}

function told(history: readonly Revision[]): string {
  return history.map(({ documents }, at) => `revision ${at + 1}:\n${documents.map(brief).join('\n')}`).join('\n');
}

function brief({ kind, metadata, spec }: Revision['documents'][number]): string {
  return `  ${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name} ${JSON.stringify(spec)}`;
}

/** A folder for each revision, and why. */
function keep(name: string, words: string, history: readonly Revision[]): string {
  const { FUZZ_KEEP } = process.env;
  if (FUZZ_KEEP === undefined) return '';
  const folder = join(FUZZ_KEEP, `${name}-${hash('sha1', told(history)).slice(0, 8)}`);
  history.forEach(({ files }, at) => {
    const revision = join(folder, String(at + 1));
    mkdirSync(revision, { recursive: true });
    for (const { path, lines } of files) writeFileSync(join(revision, path), lines.text);
  });
  writeFileSync(join(folder, 'failure.txt'), words);
  return ` (kept in ${folder})`;
}
