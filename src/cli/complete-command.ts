/**
 * `netloom __complete -- WORD...`: what shells ask at every press of the tab key. The first line says what follows (`:words`, or that
 * the shell itself is to complete `:files` or `:folders`), each further one is a word, a tab and what it is. Silent on every error; it
 * asks no remote, writes nothing and never prompts.
 */
import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { knownNames } from '../pass/known-names.ts';
import { complete, type Line } from './complete-line.ts';
import { type Sources, valuesFor } from './complete-values.ts';
import { loadConfig } from './config.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';

/** `words` are those after the program's name, the last of them is where the cursor is. */
export async function completeCommand(words: readonly string[], _options: object, command: Command): Promise<ExitCode> {
  if (command.parent !== null) print(answer(command.parent, words).join('\n'));
  return EXIT.fine;
}

/** The lines of the answer. */
export function answer(root: Command, words: readonly string[], sources: Sources = HERE): readonly string[] {
  const due = complete(root, words);
  if (due.due === 'words') return [':words', ...due.words.map(told)];
  const found = valuesFor(due.slot, due.line, due.typed, sources);
  if (typeof found === 'string') return [`:${found}`];
  return [':words', ...found.values.map(({ word, about }) => told({ word: due.before + word, about }))];
}

function told({ word, about }: { readonly word: string; readonly about: string }): string {
  return about === '' ? word : `${word}\t${about.replaceAll(/\s+/g, ' ')}`;
}

const HERE: Sources = { names: namesFor, devices };

function namesFor({ options }: Line): ReadonlyMap<string, readonly string[]> {
  const url = options.get('repo');
  if (url !== undefined) return knownNames({ repo: { url }, status: { url: '' }, stateDir: '/nonexistent' });
  try {
    return knownNames(loadConfig(options.get('config') ?? ''));
  } catch {
    return new Map(); // no node, or not ours to read
  }
}

function devices(): readonly string[] {
  try {
    return readdirSync('/sys/class/net');
  } catch {
    return [];
  }
}
