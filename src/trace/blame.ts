/** Who had an address when: the rows, and how they are told. */
import { harmless } from '../model/text.ts';
import { csv, table } from '../report/table.ts';

/** The commit of the definitions that wrote what an address was given for; author and subject are null where that commit is not known here. */
export interface Cause {
  readonly commit: string;
  readonly author: string | null;
  readonly subject: string | null;
  readonly at: string | null;
}

/** What a floating or routed address led to, as defined: nodes may have refused that revision. */
export interface Aim {
  /** `Interface bakery/web-1`, `Network bakery/shop`. */
  readonly object: string;
  readonly address: string | null;
  readonly mac: string | null;
  readonly node: string | null;
}

export interface BlameRow {
  /** ISO 8601, UTC. */
  readonly from: string;
  /** True: history begins later, and this is the ledger's own date. */
  readonly fromLedger: boolean;
  /** null: it has it now. */
  readonly until: string | null;
  readonly address: string | null;
  readonly network: string | null;
  readonly pool: string | null;
  readonly type: string;
  /** `Interface bakery/web-1`; '' for the network's or pool's own. */
  readonly object: string;
  readonly mac: string | null;
  readonly node: string | null;
  readonly leadsTo: Aim | null;
  /** Commit of the status branch that gave it; null where history begins. */
  readonly status: string | null;
  /** The one that ended it. */
  readonly endedBy: string | null;
  readonly definitions: Cause | null;
}

export interface Blame {
  /** Address or MAC. */
  readonly about: string;
  /** First and last instant that were asked about; null: all. */
  readonly when: readonly [number, number] | null;
  /** Newest last; by network and pool within one instant. */
  readonly rows: readonly BlameRow[];
  readonly history: {
    readonly branch: string;
    readonly commits: number;
    readonly since: string;
    /** When its newest commit was made. */
    readonly newest: string;
    /** `all`: to its first commit. `cut`: the remote has no more. `enough`: older was not needed. */
    readonly reach: 'all' | 'cut' | 'enough';
  };
  readonly remarks: readonly string[];
}

const HEADS = ['SINCE', 'UNTIL', 'ADDRESS', 'WHERE', 'OBJECT', 'MAC', 'NODE', 'STATUS', 'DEFINITIONS'] as const;

/** A table and a sentence about how far it reaches. */
export function printBlame(blame: Blame, when: string, width?: number): string {
  const reach = reachText(blame);
  if (blame.rows.length === 0) return `${nobodyText(blame, when)}\n\n${reach}`;
  const rows = blame.rows.map(row => [
    `${short(row.from)}${row.fromLedger ? '*' : ''}`,
    row.until === null ? 'now' : short(row.until),
    row.address ?? '',
    row.network ?? `pool ${row.pool}`,
    objectText(row),
    row.mac ?? '',
    row.node ?? '',
    row.status?.slice(0, 10) ?? '',
    causeText(row.definitions),
  ]);
  const note = blame.rows.some(({ fromLedger }) => fromLedger) ? ['* the ledger’s own date: the history that is here begins later'] : [];
  return [table(HEADS, rows, width), '', ...note, reach].join('\n');
}

// True when some of the time that was asked about lies before all that is known.
function isCutShort({ when, history }: Pick<Blame, 'when' | 'history'>): boolean {
  return history.reach === 'cut' && (when === null || when[0] < Date.parse(history.since));
}

function nobodyText({ about, when: asked, history }: Blame, when: string): string {
  const begins = `history here begins ${short(history.since)}`;
  if (!isCutShort({ when: asked, history })) return `Nobody had ${about}${when}.`;
  return asked === null ? `Nobody is known to have had ${about}: ${begins}.` : `Who had ${about}${when} is not known: ${begins}.`;
}

/** The same with whole values, for programs that read tables. */
export function blameCsv({ rows }: Blame): string {
  const heads = ['from', 'from_ledger', 'until', 'address', 'network', 'pool', 'type', 'object', 'mac', 'node', 'leads_to', 'leads_to_address', 'leads_to_mac'];
  const more = ['leads_to_node', 'status_commit', 'ended_by', 'definitions_commit', 'author', 'subject'];
  return csv(
    [...heads, ...more],
    rows.map(row => [
      ...[row.from, String(row.fromLedger), row.until ?? '', row.address ?? '', row.network ?? '', row.pool ?? '', row.type, row.object],
      ...[row.mac ?? '', row.node ?? '', row.leadsTo?.object ?? '', row.leadsTo?.address ?? '', row.leadsTo?.mac ?? '', row.leadsTo?.node ?? ''],
      ...[row.status ?? '', row.endedBy ?? '', row.definitions?.commit ?? '', row.definitions?.author ?? '', row.definitions?.subject ?? ''],
    ]),
  );
}

/** schemas/output/blame.json. */
export function blameJson({ about, rows, history, remarks }: Blame): object {
  return { apiVersion: 'netloom.dev/v1', kind: 'Blame', about, history, remarks, items: rows };
}

/** `From the branch netloom-status, 1,234 commits back to its first one of 2026-11-20T10:00:00Z, newest 2026-11-21T09:00:00Z.` */
export function reachText({ when, rows, history }: Blame): string {
  const { branch, commits, since, newest, reach } = history;
  const before = isCutShort({ when, history }) ? ' What was before that is known only as far as the ledger noted it.' : '';
  const isTold = rows.some(({ type, leadsTo }) => leadsTo !== null && type !== 'gateway');
  const led = isTold ? ' What an address led to is told as defined, also where nodes refused that revision.' : '';
  const end = { all: 'to its first one', cut: 'as far as the remote has them, to one', enough: 'as far as it took, to one' }[reach];
  return `From the branch ${harmless(branch)}: ${commits} ${commits === 1 ? 'commit' : 'commits'}, ${end} of ${short(since)}; the newest is of ${short(newest)}.${before}${led}`;
}

function objectText({ object, type, leadsTo }: BlameRow): string {
  const own = object === '' ? type : object;
  const what = type === 'gateway' && object !== '' ? `${own} (${leadsTo === null ? 'router' : 'way out of all its guests'})` : own;
  if (leadsTo === null || type === 'gateway') return what;
  const where = [leadsTo.address ?? '', leadsTo.node === null ? '' : `on ${leadsTo.node}`].filter(Boolean).join(' ');
  return `${what} -> ${leadsTo.object}${where === '' ? '' : ` ${where}`}`;
}

function causeText(cause: Cause | null): string {
  if (cause === null) return '';
  return [cause.commit.slice(0, 10), cause.author?.replace(/ <.*$/, '') ?? '', cause.subject ?? ''].filter(Boolean).join(' ');
}

function short(instant: string): string {
  return instant.replace(/\.\d+Z$/, 'Z');
}
