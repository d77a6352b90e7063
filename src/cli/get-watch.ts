/** `netloom get --watch`: the table, then a line for each object that came, changed or went. */
import type { Seen } from '../pass/view.ts';
import { pluralWord } from '../report/kind-words.ts';
import type { AnyRecord } from '../report/records.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import { nameLines } from '../report/rows.ts';
import { openTable, type TableWriter } from '../report/table.ts';
import { changesBetween, type ObjectChange, watchEvent } from '../report/watch-events.ts';
import type { ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { nameIn, recordsOf, rowOptions, type Wanted } from './get-wanted.ts';
import { columns, print, say } from './terminal.ts';
import { viewOf } from './view-kinds.ts';
import { printOne } from './view-output.ts';
import { keyOf, sayAge } from './view-source.ts';

/** Exit 0 at Ctrl-C. */
export function watchObjects(wanted: Wanted): Promise<ExitCode> {
  const known = new Map<RefKind, ReadonlyMap<string, AnyRecord>>();
  const tables = new Map<RefKind, TableWriter>();
  let isFirst = true;
  // What a REF meant at first is what is watched, whatever else is called so later.
  let pinned = wanted;
  const tell = (seen: Seen): void => {
    const [kind] = wanted.kinds;
    if (isFirst && wanted.ref !== undefined && kind !== undefined) pinned = { ...wanted, ref: keyOf(wanted.ref, kind, wanted.options, seen) };
    for (const each of wanted.kinds) {
      const now = nowOf(each, pinned, seen, known.get(each));
      printChanges(each, changesBetween(known.get(each) ?? new Map(), now.shown, now.gone), seen);
      known.set(each, now.shown);
    }
    if (isFirst && ['table', 'wide'].includes(wanted.options.output)) sayAge(seen);
    isFirst = false;
  };

  function printChanges(kind: RefKind, changes: readonly ObjectChange[], seen: Seen): void {
    const { output } = wanted.options;
    if (output === 'name') print(nameLines(changes.map(change => change.object)).join('\n'));
    if (output === 'json' || output === 'yaml') {
      for (const { type, object } of changes) printOne(watchEvent(type, object, seen), output);
    }
    if (changes.length === 0 || !['table', 'wide'].includes(output)) return;
    const listing = viewOf(kind).rows(
      changes.map(change => change.object),
      rowOptions(wanted, seen),
    );
    const writer = tables.get(kind) ?? openTable(listing, columns());
    if (!tables.has(kind)) {
      if (wanted.kinds.length > 1) print(`${pluralWord(kind)}:`);
      print(writer.head);
    }
    tables.set(kind, writer);
    changes.forEach(({ type }, i) => {
      const row = listing.rows[i] ?? [];
      print(writer.line(type === 'DELETED' ? withState(row, listing.columns, 'gone') : row));
    });
  }

  if (wanted.options.output === 'table' && process.stderr.isTTY === true) say('watching; Ctrl-C ends');
  return follow(wanted.options, { tell });
}

// What was in the table and has no definition any more goes on being shown until it is gone from every node.
function nowOf(kind: RefKind, wanted: Wanted, seen: Seen, before: ReadonlyMap<string, AnyRecord> = new Map()) {
  const listed = listNow(kind, wanted, seen);
  const shown = new Map(listed.map(record => [nameIn(record), record]));
  const gone = new Map<string, AnyRecord>();
  for (const [key, was] of before) {
    if (shown.has(key)) continue;
    const is = viewOf(kind).one(key, seen);
    if (is !== null && 'state' in is.status && is.status.state === 'deleting') shown.set(key, is);
    else gone.set(key, is ?? was);
  }
  return { shown, gone };
}

function listNow(kind: RefKind, wanted: Wanted, seen: Seen): readonly AnyRecord[] {
  if (wanted.ref === undefined) return recordsOf(kind, wanted, seen);
  const record = viewOf(kind).one(wanted.ref, seen);
  return record === null || ('state' in record.status && record.status.state === 'deleted') ? [] : [record];
}

function withState(row: readonly string[], heads: readonly string[], state: string): readonly string[] {
  return row.map((cell, i) => (heads[i] === 'STATE' ? state : cell));
}
