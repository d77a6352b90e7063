/**
 * What a command line goes on with, from the tree of commands alone: names of commands, options, and which argument is due. A new command
 * is completed without a word here. It reads nothing but the variables that options name, and is quick: it runs at every press of the tab key.
 */
import type { Argument, Command, Option } from 'commander';

/** One word that fits, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What is due where the cursor is. */
export type Due =
  | { readonly due: 'words'; readonly words: readonly Candidate[] }
  /** A value: of an argument, or of an option. */
  | { readonly due: 'value'; readonly slot: Slot; readonly line: Line; readonly before: string; readonly typed: string };

/** Where a value goes, as the command declares it. */
export interface Slot {
  /** What stands in the brackets: `ref`, `network|pool`, `file`. */
  readonly name: string;
  /** Name of the option, '' for an argument. */
  readonly option: string;
  readonly about: string;
  readonly choices: readonly string[];
}

/** The words so far. */
export interface Line {
  /** Arguments of the command, by their declared names. */
  readonly given: ReadonlyMap<string, string>;
  /** Values of options that were said, else their defaults, by long name without dashes. */
  readonly options: ReadonlyMap<string, string>;
  /** Long names of the options that were said. */
  readonly said: ReadonlySet<string>;
}

/** @param words  after the program's name; the last one is where the cursor is, '' when it is not begun */
export function complete(root: Command, words: readonly string[]): Due {
  const typed = words.at(-1) ?? '';
  const state = walk(root, words.slice(0, -1));
  const line = lineOf(state);
  if (state.open !== null) return { due: 'value', slot: optionSlot(state.open), line, before: '', typed };
  const [, long = '', value] = /^(--[^=]+)=(.*)$/s.exec(typed) ?? [];
  const assigned = state.isOver || value === undefined ? undefined : optionOf(state.command, long);
  if (assigned !== undefined && value !== undefined) return { due: 'value', slot: optionSlot(assigned), line, before: `${long}=`, typed: value };
  if (!state.isOver && typed.startsWith('-')) return words_(optionsLeft(state).filter(({ word }) => word.startsWith(typed)));
  const below = subcommands(state.command);
  if (below.length > 0) return words_(below.filter(({ word }) => word.startsWith(typed)));
  const argument = dueArgument(state);
  if (argument !== undefined) return { due: 'value', slot: argumentSlot(argument), line, before: '', typed };
  return words_(state.isOver || typed !== '' ? [] : optionsLeft(state));
}

interface State {
  readonly command: Command;
  readonly positional: readonly string[];
  /** Options that were said, with their last values. */
  readonly said: ReadonlyMap<Option, string>;
  /** An option whose value comes next. */
  readonly open: Option | null;
  /** True after `--`: no options any more. */
  readonly isOver: boolean;
}

function walk(root: Command, words: readonly string[]): State {
  const start: State = { command: root, positional: [], said: new Map(), open: null, isOver: false };
  return words.reduce(step, start);
}

function step(state: State, word: string): State {
  if (state.open !== null) return { ...state, said: new Map([...state.said, [state.open, word]]), open: null };
  if (state.isOver || word === '-' || !word.startsWith('-')) return plain(state, word);
  if (word === '--') return { ...state, isOver: true };
  const [flag = '', ...value] = word.split('=');
  const option = optionOf(state.command, flag);
  if (option === undefined) return state;
  const takesNext = option.required && value.length === 0;
  return { ...state, said: new Map([...state.said, [option, value.join('=')]]), open: takesNext ? option : null };
}

function plain(state: State, word: string): State {
  const below = state.positional.length === 0 ? state.command.commands.find(each => each.name() === word || each.aliases().includes(word)) : undefined;
  return below === undefined ? { ...state, positional: [...state.positional, word] } : { ...state, command: below };
}

// Options of the commands above hold too: --no-color.
function optionOf(command: Command, flag: string): Option | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const found = at
      .createHelp()
      .visibleOptions(at)
      .find(option => option.long === flag || option.short === flag);
    if (found !== undefined) return found;
  }
  return undefined;
}

function optionsLeft({ command, said }: State): readonly Candidate[] {
  const all = command.createHelp().visibleOptions(command);
  return all
    .filter(option => option.variadic || ![...said.keys()].some(({ long }) => long === option.long))
    .flatMap(({ long, short, description }) => {
      const word = long ?? short;
      return word === undefined || word === null ? [] : [{ word, about: description }];
    });
}

function subcommands(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(each => ({ word: each.name(), about: each.description() }));
}

function dueArgument({ command, positional }: State): Argument | undefined {
  const all = command.registeredArguments;
  const last = all.at(-1);
  return all[positional.length] ?? (last?.variadic === true ? last : undefined);
}

function lineOf({ command, positional, said }: State): Line {
  const given = new Map(positional.map((word, nth) => [command.registeredArguments[nth]?.name() ?? '', word]));
  const fallbacks = command.options.flatMap(option => {
    const value = (option.envVar === undefined ? undefined : process.env[option.envVar]) ?? option.defaultValue;
    return typeof value === 'string' ? [[option.name(), value] as const] : [];
  });
  const values = [...said].map(([option, value]) => [option.name(), value] as const);
  return { given, options: new Map([...fallbacks, ...values]), said: new Set(values.map(([name]) => name)) };
}

function optionSlot(option: Option): Slot {
  const [, name = ''] = /[<[]([^<>[\]]+)[>\]]/.exec(option.flags) ?? [];
  return { name, option: option.name(), about: option.description, choices: option.argChoices ?? [] };
}

function argumentSlot(argument: Argument): Slot {
  return { name: argument.name(), option: '', about: argument.description, choices: argument.argChoices ?? [] };
}

const words_ = (words: readonly Candidate[]): Due => ({ due: 'words', words });
