/** Which events hooks are to be told: what a node remembers of the last time against what it knows now. */
import type { Ledger } from '../model/ledger.ts';
import type { Catalog } from '../objects/object.ts';
import { conditionOf } from './condition.ts';
import { HOOK_EVENTS, type HookEvent, type HookEventName, type HookFacts, type HookKnown, type HookMemory } from './hook-event.ts';
import { type HookSubject, hookSubjects, speakerOf } from './hook-facts.ts';
import { KIND_OF, type NodeReport, type ObjectPlural, type ObjectReport } from './node-report.ts';
import { floatingState, interfaceState, networkState, poolState, routedState, type View } from './state.ts';

export interface HookSituation {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  /** Of this node, after the pass. */
  readonly report: NodeReport;
  /** Definitions of which the kernel has something that is to go. */
  readonly leftovers: ReadonlySet<string>;
  readonly revision: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  /** True when every node where it belongs reports it as ready. */
  readonly isReady: (definition: string) => boolean;
}

export interface HookNews {
  readonly memory: HookMemory;
  readonly events: readonly HookEvent[];
}

/** null: nothing is remembered, and all that is there counts as told. */
export function hookNews(before: HookMemory | null, now: HookSituation): HookNews {
  const subjects = hookSubjects(now);
  const names = [...new Set([...Object.keys(before ?? {}), ...subjects.keys(), `Node ${now.report.node}`])];
  const memory: Record<string, HookKnown> = {};
  const events: HookEvent[] = [];
  for (const definition of names) {
    const told = newsOf(definition, before?.[definition] ?? {}, subjects.get(definition), now);
    if (told.known !== null && Object.keys(told.known).length > 0) memory[definition] = told.known;
    if (before !== null) events.push(...told.events);
  }
  return { memory, events: events.sort(inOrder) };
}

/** True when the object is created on every node where it belongs, of which there is one. For `View`s with all reports. */
export function isReadyIn(view: View): (definition: string) => boolean {
  const tables = { Network: networkState, Interface: interfaceState, AddressPool: poolState, FloatingIP: floatingState, RoutedIP: routedState } as const;
  return definition => {
    const [kind = '', key = ''] = definition.split(' ');
    const found = kind in tables ? tables[kind as keyof typeof tables](key, view) : null;
    return found?.state === 'created' && found.nodes.length > 0;
  };
}

interface Told {
  /** null: forgotten. */
  readonly known: HookKnown | null;
  readonly events: readonly HookEvent[];
}

function newsOf(definition: string, was: HookKnown, subject: HookSubject | undefined, now: HookSituation): Told {
  if (definition.startsWith('Node ')) return nodeNews(definition, was, now);
  const own = ownReport(definition, now.report);
  return subject === undefined ? goneNews(definition, was, own, now) : livingNews(definition, was, subject, own, now);
}

// Told when nothing of it is left here, by each node that had it, and by the one that tells for all.
function goneNews(definition: string, was: HookKnown, own: ObjectReport | undefined, now: HookSituation): Told {
  if (own !== undefined || now.leftovers.has(definition)) return { known: was, events: [] };
  const isTold = was.digest !== undefined || was.isOurs === true;
  const facts = { addresses: [], nodes: [], ...was.facts, devices: [] };
  return { known: null, events: isTold ? [event('deleted', definition, was.id, facts, now)] : [] };
}

/** An object that is defined, as this node finds it, beside what was told of it. */
interface Stand {
  readonly facts: HookFacts;
  /** It works here now; the digest that it has then. */
  readonly here: string | undefined;
  /** Of what was told as created here and is here still, if differently. */
  readonly told: string | undefined;
  readonly hasLeft: boolean;
  readonly isNewly: { readonly allocated: boolean; readonly ready: boolean };
  readonly isReady: boolean;
  readonly isOurs: boolean;
  readonly wrong: string | undefined;
}

function standOf(definition: string, was: HookKnown, subject: HookSubject, own: ObjectReport | undefined, now: HookSituation): Stand {
  const isOurs = speakerOf(subject, now) === now.report.node;
  const isOther = was.id !== undefined && subject.id !== '' && was.id !== subject.id;
  const hasLeft = was.digest !== undefined && own === undefined && !now.leftovers.has(definition);
  const wasReady = was.isReady === true && !isOther;
  const isReady = wasReady || (isOurs && subject.id !== '' && now.isReady(definition));
  return {
    facts: { ...subject.facts, devices: own?.devices ?? [] },
    here: own?.state === 'ready' || own?.state === 'degraded' ? own.digest : undefined,
    // Another object of the same name is not what was told of the former one.
    told: hasLeft || isOther ? undefined : was.digest,
    hasLeft,
    isNewly: { allocated: isOurs && subject.id !== '' && was.id !== subject.id, ready: isReady && !wasReady },
    isReady,
    isOurs,
    wrong: own?.state === 'error' ? (own.reason ?? 'Failed') : undefined,
  };
}

function livingNews(definition: string, was: HookKnown, subject: HookSubject, own: ObjectReport | undefined, now: HookSituation): Told {
  const stand = standOf(definition, was, subject, own, now);
  const { facts, here, told, hasLeft, isNewly, wrong } = stand;
  const tell = (name: HookEventName, more: Partial<HookEvent> = {}): HookEvent => event(name, definition, subject.id, facts, now, more);
  const before = otherFacts(was.facts, facts);
  const moved = { reason: 'Moved', message: `it is not on ${now.report.node} any more`, before };
  const events = [
    ...(isNewly.allocated ? [tell('allocated')] : []),
    ...(here !== undefined && told === undefined ? [tell('created')] : []),
    ...(here !== undefined && told !== undefined && told !== here ? [tell('changed', { before })] : []),
    ...(hasLeft ? [tell('changed', moved)] : []),
    ...(isNewly.ready ? [tell('ready')] : []),
    ...(wrong !== undefined && wrong !== was.wrong ? [tell('failed', { reason: wrong, ...messageOf(own) })] : []),
  ];
  return { known: knownOf(stand, was, subject.id), events };
}

function knownOf({ facts, here, told, isReady, isOurs, wrong }: Stand, was: HookKnown, id: string): HookKnown {
  const made = here ?? told;
  // What is changed meanwhile is told when it is done: until then the facts are those that were told.
  const isBetween = here === undefined && made !== undefined;
  return {
    ...(id === '' ? {} : { id }),
    ...(made === undefined ? {} : { digest: made }),
    ...(isReady ? { isReady } : {}),
    ...(wrong === undefined ? {} : { wrong }),
    ...(isOurs ? { isOurs } : {}),
    ...(made === undefined && !isOurs ? {} : { facts: isBetween ? (was.facts ?? facts) : facts }),
  };
}

// What stops a node whatever its objects are like; that git is down does not.
function nodeNews(definition: string, was: HookKnown, now: HookSituation): Told {
  const { conditions } = now.report;
  const [stalled, ready] = [conditionOf(conditions, 'Stalled'), conditionOf(conditions, 'Ready')];
  const isWrong = ready?.status === false && ['NameTaken', 'Reverted', 'NeedsApproval'].includes(ready.reason);
  const trouble = stalled?.status === true ? stalled : isWrong ? ready : undefined;
  const facts: HookFacts = { addresses: [], nodes: [now.report.node], devices: [] };
  if (trouble === undefined) return { known: null, events: [] };
  const isNew = trouble.reason !== was.wrong;
  const { reason, message } = trouble;
  return { known: { wrong: reason }, events: isNew ? [event('failed', definition, '', facts, now, { reason, message })] : [] };
}

const KINDS = Object.keys(KIND_OF) as readonly ObjectPlural[];

function ownReport(definition: string, report: NodeReport): ObjectReport | undefined {
  const [kind = '', key = ''] = definition.split(' ');
  const plural = KINDS.find(each => KIND_OF[each] === kind);
  return plural === undefined ? undefined : report[plural][key];
}

function messageOf(own: ObjectReport | undefined): { readonly message?: string } {
  return own?.message === undefined ? {} : { message: own.message };
}

function otherFacts(was: HookFacts | undefined, is: HookFacts): Partial<HookFacts> {
  const text = (value: unknown): string | undefined => JSON.stringify(value);
  return Object.fromEntries(Object.entries(was ?? {}).filter(([name, value]) => text(value) !== text(is[name as keyof HookFacts])));
}

function event(
  name: HookEventName,
  definition: string,
  id: string | undefined,
  facts: HookFacts,
  { report, revision, time }: HookSituation,
  more: Partial<HookEvent> = {},
): HookEvent {
  const [kind = '', key = ''] = definition.split(' ');
  const slash = key.indexOf('/');
  const called = { kind, namespace: key.slice(0, Math.max(0, slash)), name: key.slice(slash + 1), uuid: id === undefined || id === 'held' ? '' : id };
  return { apiVersion: 'netloom.dev/v1', event: name, ...called, node: report.node, revision, time, ...facts, ...more };
}

const RANK = ['Node', 'AddressPool', 'Network', 'Interface', 'FloatingIP', 'RoutedIP'];

// What contains comes before what is in it, and goes after it.
function inOrder(a: HookEvent, b: HookEvent): number {
  const events = HOOK_EVENTS.indexOf(a.event) - HOOK_EVENTS.indexOf(b.event);
  const ranks = (RANK.indexOf(a.kind) - RANK.indexOf(b.kind)) * (a.event === 'deleted' ? -1 : 1);
  const [left, right] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  return events || ranks || (left < right ? -1 : Number(left > right));
}
