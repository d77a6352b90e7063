/** The answer of `netloom trace`: things of a kernel, the definitions behind them, who wrote these, and what the node made of it. */
import { harmless } from '../model/text.ts';
import type { NetEvent } from '../report/events.ts';
import type { Holding } from './holding.ts';
import type { Thing } from './thing.ts';

/** The commit that last changed what a definition says. */
export interface Author {
  readonly commit: string;
  readonly author: string;
  readonly at: string;
  readonly subject: string;
}

export interface DefinitionTrace {
  /** `FloatingIP bakery/front`. */
  readonly definition: string;
  /** null: it is not defined any more. */
  readonly file: string | null;
  readonly line: number | null;
  /** null: older than the history that is here. */
  readonly commit: Author | null;
  /** Where `commit` is null: why, and what would tell. */
  readonly unknown: string | null;
  /** As this node last said it on the status branch; null where it did not. */
  readonly state: {
    readonly state: string;
    readonly reason: string | null;
    readonly message: string | null;
    readonly heard: string;
    readonly applied: string;
  } | null;
  /** What a pass would do about it now, by ref; null where no kernel was read. */
  readonly drift: readonly string[] | null;
  /** Newest first. */
  readonly events: readonly NetEvent[];
}

/** Where the ledger knows an address or a MAC. */
export interface Known extends Pick<Holding, 'address' | 'mac' | 'node' | 'since' | 'object'> {
  readonly where: string;
  /** `quarantine` and `remembered`: it was given back. */
  readonly type: string;
}

export interface Trace {
  readonly about: string;
  /** null: no kernel was asked. */
  readonly node: string | null;
  /** Revision that is enforced here, or that the branch has. */
  readonly revision: string;
  readonly things: readonly Thing[];
  /** Sentences about what is not netloom's. */
  readonly notes: readonly string[];
  readonly ledger: readonly Known[];
  readonly definitions: readonly DefinitionTrace[];
  /** When the remote was last asked for anything; null: just now. */
  readonly asked: string | null;
}

/** schemas/output/trace.json. */
export function traceJson(trace: Trace): object {
  return { apiVersion: 'netloom.dev/v1', kind: 'Trace', ...trace };
}

const MOST_THINGS = 20;

/** A part for the things, one for the ledger, one for each definition, and how old that is. */
export function printTrace(trace: Trace, now: number): string {
  const { things, ledger, definitions, notes } = trace;
  const more = things.length - MOST_THINGS;
  const parts = [
    ...things.slice(0, MOST_THINGS).map(thing => thingText(thing, trace.node)),
    ...(more > 0 ? [`and ${more} more (-o json lists them)`] : []),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(ledger.length === 0 ? [] : [ledger.map(knownText).join('\n')]),
    ...definitions.map(definitionText),
    ageText(trace, now),
  ];
  return `${parts.map(part => part.split('\n').map(harmless).join('\n')).join('\n\n')}\n`;
}

function thingText({ ref, title, netns, owner, definitions, formerly, facts, holds, drift }: Thing, node: string | null): string {
  const where = netns === '' ? `on ${node}` : `in the namespace ${netns} on ${node}`;
  const whose = { ours: 'netloom’s, by its mark', foreign: 'not netloom’s', common: 'of the kernel or shared', null: 'not there' }[owner ?? 'null'];
  return [
    `${ref}  ${title} ${where}: ${whose}`,
    ...(facts.length === 0 ? [] : [`  is       ${facts.join(', ')}`]),
    ...(holds.length === 0 ? [] : [`  holds    ${holds.join(', ')}`]),
    ...(definitions.length === 0
      ? []
      : [`  for      ${definitions.slice(0, 8).join(', ')}${definitions.length > 8 ? ` and ${definitions.length - 8} more` : ''}`]),
    ...(formerly === null ? [] : [`  was for  ${formerly}`]),
    ...(drift.length === 0 ? (definitions.length === 0 ? [] : ['  now      as wanted']) : drift.map(line => `  now      ${line}`)),
  ].join('\n');
}

function knownText({ where, type, address, object, mac, node, since }: Known): string {
  const who = [object === '' ? type : `${object} (${type})`, address ?? '', mac ?? '', node === null ? '' : `on ${node}`].filter(Boolean).join(', ');
  return `ledger   ${where}: ${who}, since ${since}`;
}

function definitionText(trace: DefinitionTrace): string {
  const { definition, file, line, commit, unknown, state, drift, events } = trace;
  const by = commit === null ? (unknown ?? '') : `${commit.commit.slice(0, 10)} ${commit.at.slice(0, 19)}Z ${commit.author}: ${commit.subject}`;
  const said =
    state === null
      ? 'nothing was said of it by this node'
      : `${state.state}${state.reason === null ? '' : ` (${state.reason}: ${state.message ?? ''})`}, said ${state.heard}, with ${state.applied.slice(0, 10)} applied`;
  return [
    definition,
    `  defined  ${file === null ? 'not any more' : `${file}:${line}`}`,
    `  changed  ${by}`,
    `  result   ${said}`,
    ...(drift === null ? [] : drift.length === 0 ? ['  now      as wanted'] : drift.map(one => `  now      ${one}`)),
    ...events.map(
      ({ at, node, operation, phase, message }) => `  event    ${at.slice(0, 19)}Z ${node} ${operation} ${phase}${message === '' ? '' : `: ${message}`}`,
    ),
  ].join('\n');
}

function ageText({ revision, asked, node }: Trace, now: number): string {
  const what = node === null ? `Definitions of ${revision.slice(0, 10)}` : `What ${node} enforces is ${revision.slice(0, 10)}`;
  if (asked === null) return `${what}; the remote was asked just now.`;
  const seconds = Math.max(0, Math.round((now - Date.parse(asked)) / 1000));
  const age = seconds < 120 ? `${seconds} seconds` : seconds < 7200 ? `${Math.floor(seconds / 60)} minutes` : `${Math.floor(seconds / 3600)} hours`;
  return `${what}; git last brought something here ${age} ago (--fetch asks it now).`;
}
