/** What happened, step by step, as lines of JSON: `events/<node>.jsonl`, newest last, bounded. */
import type { Op } from '../kinds/op.ts';
import type { Outcome, Step } from '../kinds/step.ts';
import { linkRole } from '../model/names.ts';

export const EVENT_TYPES = ['audit', 'change', 'status', 'usage', 'drift'] as const;

export interface NetEvent {
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly node: string;
  /** `Network default/demo`. */
  readonly object: string;
  /** Key of the network that the object is in, or is. */
  readonly network?: string;
  readonly type: (typeof EVENT_TYPES)[number];
  /** `create vxlan interface`, `add mesh elements`, `commit`. */
  readonly operation: string;
  readonly phase: 'start' | 'finish' | 'create' | 'change' | 'delete';
  /** Of the batch that carried it; null where nothing lasts. */
  readonly durationMs: number | null;
  /** One line; '' for none. */
  readonly message: string;
  /** The commit it came from; '' for a local folder. */
  readonly revision: string;
  readonly extra?: Readonly<Record<string, string | number | readonly string[] | Readonly<Record<string, number>>>>;
}

export interface EventContext {
  readonly node: string;
  readonly revision: string;
  /** `change`: a new revision or allocation. `drift`: the kernel had been altered. */
  readonly cause: 'change' | 'drift';
  /** The commit that brought the change; null when there is none to tell of. */
  readonly commit: { readonly author: string; readonly subject: string; readonly at: number } | null;
  /** Network of a definition, for those that are in one. */
  readonly networkOf: (definition: string) => string | undefined;
  /** What the revision does to a definition; a definition that is not in it is changed. */
  readonly fates?: ReadonlyMap<string, 'create' | 'change' | 'delete'>;
}

/**
 * Events of a pass, oldest first: for each definition that was touched the commit, then start and finish of each of its
 * operations. Steps of one title are one operation; what has no definition any more is told by `orphan`.
 */
export function eventsOf(outcomes: readonly Outcome[], ctx: EventContext, orphan: (outcome: Outcome) => string = () => ''): readonly NetEvent[] {
  const groups = new Map<string, Group>();
  for (const outcome of outcomes) {
    // What several definitions share is told once, under the first of them.
    const object = outcome.step.from[0]?.definition ?? orphan(outcome);
    if (object === '') continue;
    const key = `${object}\n${isPlural(outcome) ? '' : outcome.step.verb}\n${titleOf(outcome.step)}`;
    const group = groups.get(key) ?? { object, outcomes: [] };
    group.outcomes.push(outcome);
    groups.set(key, group);
  }
  const told = [...groups.values()].flatMap(group => startAndFinish(group, ctx));
  const steps = told.map((event, i) => [event, i] as const).sort(([a, i], [b, j]) => compare(a.at, b.at) || i - j);
  return [...commitEvents([...groups.values()], ctx), ...steps.map(([event]) => event)];
}

/**
 * The file with further events; the oldest beyond `max` go, and of the hourly samples of usage those beyond `maxUsage`, so that
 * neither drives the other out. Lines that are no events go too.
 */
export function appendEvents(text: string, events: readonly NetEvent[], max: number, maxUsage: number): string {
  const room = { usage: maxUsage, other: max };
  const kept = [...parseEvents(text), ...events].reverse().filter(({ type }) => {
    const sort = type === 'usage' ? 'usage' : 'other';
    room[sort] -= 1;
    return room[sort] >= 0;
  });
  return kept
    .reverse()
    .map(event => `${JSON.stringify(event)}\n`)
    .join('');
}

/** True for what goes along with the next push, and is no reason for one: a hook that did what it should. */
export function canWait({ type, operation, extra }: NetEvent): boolean {
  return type === 'status' && operation.startsWith('tell ') && extra === undefined;
}

/** Events of a file, oldest first. A line that is none (a cut, a conflict) is left out. */
export function parseEvents(text: string): readonly NetEvent[] {
  return text.split('\n').flatMap(line => {
    const event = line.startsWith('{') ? eventOf(line) : null;
    return event === null ? [] : [event];
  });
}

interface Group {
  readonly object: string;
  readonly outcomes: Outcome[];
}

// Links of one kind are there for different things, and people ask for the thing: `create egress veth`.
function titleOf({ title, ref }: Step): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  if (title === 'service') return `${name} service`;
  const role = linkRole(name);
  if (role === '' || !ref.startsWith('link:')) return title;
  return title === 'vxlan bridge' ? `${role} bridge` : `${role} veth`;
}

// `mesh elements` and `neighbours` are many things that come and go together: one operation, whatever the verbs.
function isPlural({ step }: Outcome): boolean {
  return /[^s]s$/.test(step.title);
}

function startAndFinish({ object, outcomes }: Group, ctx: EventContext): readonly NetEvent[] {
  // Not as arguments: one group may have more outcomes than a call can take.
  const startedAt = outcomes.reduce((first, outcome) => Math.min(first, outcome.startedAt), Number.POSITIVE_INFINITY);
  const endedAt = outcomes.reduce((last, outcome) => Math.max(last, outcome.startedAt + outcome.durationMs), 0);
  const durationMs = Math.round((endedAt - startedAt) * 1000) / 1000;
  const network = ctx.networkOf(object);
  const about = { node: ctx.node, object, ...(network === undefined ? {} : { network }), type: ctx.cause, operation: operationOf(outcomes) };
  const bad = outcomes.find(outcome => outcome.status === 'failed') ?? outcomes.find(outcome => outcome.status !== 'done');
  const extra = bad === undefined ? {} : { extra: { status: bad.status, ...(bad.code === undefined ? {} : { code: bad.code }) } };
  return [
    { at: instant(startedAt), ...about, phase: 'start', durationMs: null, message: '', revision: ctx.revision },
    {
      at: instant(endedAt),
      ...about,
      phase: 'finish',
      durationMs,
      message: bad === undefined ? messageOf(outcomes) : `${bad.status}: ${bad.error ?? 'no reason given'}`,
      revision: ctx.revision,
      ...extra,
    },
  ];
}

function operationOf(outcomes: readonly Outcome[]): string {
  const [first] = outcomes;
  if (first === undefined) return '';
  const { verb, replacing } = first.step;
  const title = titleOf(first.step);
  if (isPlural(first)) return `${outcomes.every(outcome => outcome.step.verb === 'delete' && !outcome.step.replacing) ? 'remove' : 'add'} ${title}`;
  if (replacing) return verb === 'delete' ? `take down ${title}` : `replace ${title}`;
  return `${{ adopt: 'adopt', make: 'create', update: 'change', delete: 'delete' }[verb]} ${title}`;
}

/** Many things: what came and what went. One thing: its name, and what changed. */
function messageOf(outcomes: readonly Outcome[]): string {
  const [first] = outcomes;
  if (first === undefined) return '';
  if (isPlural(first)) {
    const came = elements(outcomes.filter(outcome => outcome.step.verb !== 'delete'));
    const went = elements(outcomes.filter(outcome => outcome.step.verb === 'delete')).filter(element => !came.includes(element));
    return [came.length > 0 ? `added ${shortList(came)}` : '', went.length > 0 ? `removed ${shortList(went)}` : ''].filter(part => part !== '').join('; ');
  }
  const names = [...new Set(outcomes.map(outcome => nameOf(outcome.step.ref)))];
  if (first.step.verb === 'adopt') return shortList(outcomes.map(({ step }) => `${nameOf(step.ref)} (was: ${step.was ?? ''})`));
  if (first.step.verb !== 'update') return shortList(names);
  const changes = outcomes.flatMap(({ step }) => step.changes.map(({ field, want, have }) => `${field} ${plain(have)} -> ${plain(want)}`));
  return changes.length === 0 ? shortList(names) : `${shortList(names)}: ${shortList(changes)}`;
}

// Peers first, as the underlay addresses that people know them by; then MACs, each once.
function elements(outcomes: readonly Outcome[]): readonly string[] {
  const all = outcomes.flatMap(outcome => outcome.step.ops.flatMap(elementOf));
  const peers = all.filter(element => element.peer).map(element => element.text);
  return [...new Set([...peers.sort(), ...all.filter(element => !element.peer).map(element => element.text)])];
}

function elementOf(op: Op): readonly { readonly peer: boolean; readonly text: string }[] {
  if (op.op === 'flood-append' || op.op === 'flood-del') return [{ peer: true, text: op.dst }];
  if ('mac' in op && 'ip' in op) return [{ peer: false, text: `${op.ip} at ${op.mac}` }];
  if (op.op === 'neigh-del') return [{ peer: false, text: op.ip }];
  return 'mac' in op && typeof op.mac === 'string' ? [{ peer: false, text: op.mac }] : [];
}

const LISTED = 12;

function shortList(all: readonly string[]): string {
  return all.length <= LISTED ? all.join(', ') : `${all.slice(0, LISTED).join(', ')} and ${all.length - LISTED} more`;
}

function nameOf(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1).replace(/^\//, '');
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function commitEvents(groups: readonly Group[], ctx: EventContext): readonly NetEvent[] {
  const { commit } = ctx;
  if (commit === null || ctx.cause === 'drift') return [];
  const objects = [...new Set([...(ctx.fates?.keys() ?? []), ...groups.map(group => group.object)])].sort((a, b) => rank(a) - rank(b) || compare(a, b));
  // A clock that is ahead where the commit was made must not put it after its own effects.
  const at = instant(groups.flatMap(group => group.outcomes).reduce((first, { startedAt }) => Math.min(first, startedAt), commit.at));
  return objects.map(object => {
    const network = ctx.networkOf(object);
    return {
      at,
      node: ctx.node,
      object,
      ...(network === undefined ? {} : { network }),
      type: 'audit',
      operation: 'commit',
      phase: ctx.fates?.get(object) ?? 'change',
      durationMs: null,
      message: `${commit.author}: ${commit.subject.slice(0, 200)}`,
      revision: ctx.revision,
      extra: { author: commit.author, subject: commit.subject.slice(0, 200) },
    };
  });
}

// What contains comes before what is in it, and what is led to before what leads there.
function rank(object: string): number {
  if (object.startsWith('FloatingIP ') || object.startsWith('RoutedIP ')) return 2;
  return object.startsWith('Interface ') ? 1 : 0;
}

function eventOf(line: string): NetEvent | null {
  try {
    const event: NetEvent = JSON.parse(line);
    const texts = [event.at, event.node, event.object, event.operation, event.phase, event.message];
    return texts.every(text => typeof text === 'string') && EVENT_TYPES.includes(event.type) ? event : null;
  } catch {
    return null;
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
