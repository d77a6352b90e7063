/** A change that may be made: the definitions as they would be are valid, and what differs is known. */
import { judge } from '../consent/judge.ts';
import { livedIn } from '../consent/lived.ts';
import { needText } from '../consent/tell.ts';
import type { Change, Definitions } from '../edit/draft.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { harmless } from '../model/text.ts';
import { differing } from '../pass/definition-changes.ts';
import type { FileEdit } from '../pass/push-edit.ts';
import { loadWith } from '../pass/with-edits.ts';
import { type Differing, linesOf } from '../trace/difference.ts';
import { formatDiagnostics } from './diagnostics.ts';
import type { Desk } from './edit-source.ts';
import { CommandError, EXIT } from './exit.ts';

/** A change that may be made. */
export interface Ready {
  readonly change: Change;
  /** By path below the folder of the definitions. */
  readonly edits: ReadonlyMap<string, FileEdit>;
  readonly differing: readonly Differing[];
  /** What is not an error, and was not there before. */
  readonly warnings: readonly Diagnostic[];
  /** How somebody has to agree before nodes follow; '' where nobody has to. */
  readonly consent: string;
  readonly message: string;
}

/** Throws CommandError where the definitions would be invalid, exit 3. */
export function readyOf({ definitions, files, warnings }: Desk, change: Change): Ready {
  const edits = editsOf(definitions, change);
  const after = loadWith(files, new Map([...edits].map(([path, { text }]) => [path, text])), definitions.catalog);
  const wrong = after.diagnostics.filter(({ severity }) => severity === 'error');
  if (after.catalog === null || wrong.length > 0)
    throw new CommandError(`${formatDiagnostics(wrong)}\nso the definitions would be invalid (${change.subject})`, {
      exitCode: EXIT.invalid,
      hint: 'nothing was written: ask for something else, or change what stands in the way first',
    });
  const verdict = judge(livedIn(definitions.catalog), after.catalog);
  const known = new Set(warnings.map(keyOf));
  const found = differing(definitions.catalog, after.catalog);
  return {
    change,
    edits,
    differing: found,
    warnings: after.diagnostics.filter(each => each.severity === 'warning' && !known.has(keyOf(each))),
    consent: verdict.reasons.length > 0 && !verdict.isApprovedThere ? needText(verdict) : '',
    message: messageOf(change, found),
  };
}

function keyOf({ code, message }: Diagnostic): string {
  return `${code} ${message}`;
}

function editsOf({ texts: before }: Definitions, { texts }: Change): ReadonlyMap<string, FileEdit> {
  const edits = [...texts].map(([path, text]): [string, FileEdit] => [path, { from: before.get(path) ?? null, text }]);
  return new Map(edits.filter(([, { from, text }]) => from !== text));
}

const LONGEST = 100;

// A subject line, and what changes in network words below.
function messageOf({ subject }: Change, found: readonly Differing[]): string {
  const plain = harmless(subject);
  const first = plain.length > LONGEST ? `${plain.slice(0, LONGEST - 1)}…` : plain;
  return [first, '', ...found.flatMap(linesOf).map(harmless)].join('\n').trimEnd();
}
