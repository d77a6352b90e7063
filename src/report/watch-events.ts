/** What `--watch` tells, one object a line: schemas/output/watch-event.json. */
import type { NetEvent } from './events.ts';
import type { AnyRecord } from './records.ts';
import type { View } from './state.ts';

export interface WatchEvent {
  /** ADDED is told of everything that is there at first, too. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** An object as `get -o json` has it, or an event as `events -o json` has it. */
  readonly object: AnyRecord | NetEvent;
  /** Commit of the definitions; '' for a local folder. */
  readonly commit: string;
  /** Commit of the status branch that it came from; null without one. */
  readonly statusCommit: string | null;
}

/** With the commits that it was seen at. */
export function watchEvent(type: WatchEvent['type'], object: WatchEvent['object'], { revision, statusTip }: Pick<View, 'revision' | 'statusTip'>): WatchEvent {
  return { type, object, commit: revision, statusCommit: statusTip?.commit ?? null };
}

export interface ObjectChange {
  readonly type: WatchEvent['type'];
  readonly object: AnyRecord;
}

type Known = ReadonlyMap<string, AnyRecord>;

/** What came, what says something else, and what went; `gone` is the last that is known of what went. By key. */
export function changesBetween(before: Known, now: Known, gone: Known): readonly ObjectChange[] {
  const told = [...now].flatMap(([key, object]): readonly ObjectChange[] => {
    const was = before.get(key);
    if (was === undefined) return [{ type: 'ADDED', object }];
    return JSON.stringify(was) === JSON.stringify(object) ? [] : [{ type: 'MODIFIED', object }];
  });
  return [...told, ...[...gone.values()].map((object): ObjectChange => ({ type: 'DELETED', object }))];
}
