/** What a node says about itself, and its file on the status branch: `nodes/<node>.yaml`. The same state has the same text. */
import type { Facts } from '../model/facts.ts';
import { isMap, type Json, type PlainDocument, parsePlainYaml, printPlainYaml } from '../model/plain-yaml.ts';
import { CONDITION_TYPES, type Condition } from './condition.ts';

export { type Condition, keepSince } from './condition.ts';

/** An object as one node sees it. */
export interface ObjectReport {
  /** Of the resources that were enforced (compile/digests); '' when there are none. */
  readonly digest: string;
  /** waiting: for an allocation, for a guest's namespace, or for steps still to be done. deleting: no definition, and not gone yet. */
  readonly state: 'ready' | 'waiting' | 'degraded' | 'error' | 'deleting';
  readonly reason?: string;
  readonly message?: string;
  /** Names of its links on this node, where they cannot be told from the ledger. */
  readonly devices?: readonly string[];
}

/** One field that is not as wanted. */
export interface Drift {
  /** `Network default/demo`; absent for what has no definition any more. */
  readonly definition?: string;
  readonly ref: string;
  readonly field: string;
  readonly want: string;
  readonly have: string;
}

/** The lists of objects in a report, and what one of each is called. */
export const KIND_OF = {
  networks: 'Network',
  interfaces: 'Interface',
  pools: 'AddressPool',
  floatingIPs: 'FloatingIP',
  routedIPs: 'RoutedIP',
} as const;

export type ObjectPlural = keyof typeof KIND_OF;

export interface NodeReport {
  readonly node: string;
  /** Of netloom. */
  readonly version: string;
  readonly mode: 'enforce' | 'observe';
  /** Which boot of which machine made it, as a hash; absent of older versions. */
  readonly boot?: string;
  /** When the node last published: changes with news and with the heartbeat only. */
  readonly heard: string;
  /** How often it publishes with nothing to say, in seconds; absent = half an hour. */
  readonly heartbeatS?: number;
  /**
   * Commits; '' for none. observed: newest seen; attempted: last tried; accepted: what is enforced, the mark that the branch must
   * come after, also for a node that lost its state; applied: last one whole in the kernel.
   */
  readonly revision: { readonly observed: string; readonly attempted: string; readonly accepted: string; readonly applied: string };
  readonly conditions: readonly Condition[];
  /** By `namespace/name`. */
  readonly networks: Readonly<Record<string, ObjectReport>>;
  readonly interfaces: Readonly<Record<string, ObjectReport>>;
  /** By name; those that leave by this node. */
  readonly pools: Readonly<Record<string, ObjectReport>>;
  /** By `namespace/name`; those of networks whose router is here. */
  readonly floatingIPs: Readonly<Record<string, ObjectReport>>;
  readonly routedIPs: Readonly<Record<string, ObjectReport>>;
  /** How many of each there are in the kernel that are ours: `vxlan interface: 4`. */
  readonly inventory: Readonly<Record<string, number>>;
  /** What still differs after the pass. */
  readonly drift: readonly Drift[];
  /** `mode: observe`: the plan that was not applied, a line each. */
  readonly plan?: readonly string[];
  /** So that others can compile what this node wants. */
  readonly facts?: Facts;
}

/** In seconds; only what is more is said. */
export const HEARTBEAT_S = 30 * 60;

const API = 'netloom.dev/v1';
const HEADING = 'Written by netloom on the node itself.';
/** The file says how many there are, and shows this many. */
const DRIFT_SHOWN = 100;

/** Path of a node's report on the status branch. */
export function statusPath(node: string): string {
  return `nodes/${node}.yaml`;
}

/** The text of a report; the same report gives the same text, whatever the order of its maps and lists. */
export function statusFile(report: NodeReport): string {
  const { node, version, mode, boot, heard, heartbeatS, revision, facts } = report;
  const drift = [...report.drift].sort((a, b) => compare(`${a.ref} ${a.field}`, `${b.ref} ${b.field}`));
  const document = {
    apiVersion: API,
    kind: 'NodeStatus',
    node,
    version,
    mode,
    ...(boot === undefined ? {} : { boot }),
    heard,
    ...(heartbeatS === undefined || heartbeatS <= HEARTBEAT_S ? {} : { heartbeatS }),
    revision: { observed: revision.observed, attempted: revision.attempted, accepted: revision.accepted, applied: revision.applied },
    conditions: CONDITION_TYPES.flatMap(type => report.conditions.filter(condition => condition.type === type).map(ordered)),
    networks: objects(report.networks),
    interfaces: objects(report.interfaces),
    ...unlessEmpty('pools', report.pools),
    ...unlessEmpty('floatingIPs', report.floatingIPs),
    ...unlessEmpty('routedIPs', report.routedIPs),
    inventory: Object.fromEntries(sortedEntries(report.inventory)),
    driftCount: drift.length,
    drift: drift
      .slice(0, DRIFT_SHOWN)
      .map(({ definition, ref, field, want, have }) => ({ ...(definition === undefined ? {} : { definition }), ref, field, want, have })),
    ...(report.plan === undefined ? {} : { plan: report.plan }),
    ...(facts === undefined ? {} : { facts: Object.fromEntries(sortedEntries(facts as unknown as Record<string, Json>)) }),
  };
  return printPlainYaml(document as unknown as PlainDocument, HEADING);
}

/** Reads a report. What a newer version added is ignored; a file that is none is a problem with its line (0 = the whole). Throws nothing. */
export function parseStatusFile(text: string): { readonly report: NodeReport } | { readonly problem: { readonly line: number; readonly message: string } } {
  const read = parsePlainYaml(text);
  if ('error' in read) return { problem: read.error };
  const file = read.value;
  const wrong = (message: string) => ({ problem: { line: 0, message } });
  if (file.apiVersion !== API || file.kind !== 'NodeStatus' || typeof file.node !== 'string') return wrong(`this is no ${API} NodeStatus`);
  const { node, boot, heard, heartbeatS, revision, facts } = file;
  if (typeof heard !== 'string' || Number.isNaN(Date.parse(heard))) return wrong('heard is no instant');
  const commits = isMap(revision) ? revision : {};
  const report: NodeReport = {
    node,
    version: str(file.version),
    mode: file.mode === 'observe' ? 'observe' : 'enforce',
    ...(typeof boot === 'string' ? { boot } : {}),
    heard,
    ...(typeof heartbeatS === 'number' ? { heartbeatS } : {}),
    revision: { observed: str(commits.observed), attempted: str(commits.attempted), accepted: str(commits.accepted), applied: str(commits.applied) },
    conditions: list(file.conditions).flatMap(toCondition),
    networks: toObjects(file.networks),
    interfaces: toObjects(file.interfaces),
    pools: toObjects(file.pools),
    floatingIPs: toObjects(file.floatingIPs),
    routedIPs: toObjects(file.routedIPs),
    inventory: Object.fromEntries(
      Object.entries(isMap(file.inventory) ? file.inventory : {}).flatMap(([name, n]) => (typeof n === 'number' ? [[name, n]] : [])),
    ),
    drift: list(file.drift).flatMap(toDrift),
    ...(Array.isArray(file.plan) ? { plan: list(file.plan).filter(isString) } : {}),
    ...(isMap(facts) && Array.isArray(facts.devices) && Array.isArray(facts.ports) ? { facts: { ...facts } as unknown as Facts } : {}),
  };
  return { report };
}

/**
 * True when `next` says something that `previous` did not. A new revision, another boot or another heartbeat alone is none: an
 * unrelated commit pushes nothing.
 */
export function isNews(previous: NodeReport | null, next: NodeReport): boolean {
  if (previous === null) return true;
  const none = { observed: '', attempted: '', accepted: '', applied: '' };
  const essence = (report: NodeReport): string =>
    statusFile({
      ...report,
      heard: '',
      boot: '',
      revision: none,
      conditions: report.conditions.map(condition => (isSigned(condition) ? { ...condition, message: '' } : condition)),
    });
  return essence(previous) !== essence(next);
}

// Who signed changes with every commit.
function isSigned({ type, status }: Condition): boolean {
  return type === 'SourceVerified' && status;
}

function objects(all: Readonly<Record<string, ObjectReport>>): Readonly<Record<string, ObjectReport>> {
  return Object.fromEntries(
    sortedEntries(all).map(([key, { digest, state, reason, message, devices }]) => [
      key,
      {
        state,
        digest,
        ...(reason === undefined ? {} : { reason }),
        ...(message === undefined ? {} : { message }),
        ...(devices === undefined ? {} : { devices: [...devices].sort() }),
      },
    ]),
  );
}

// Most nodes are no gateways: their reports have no empty lists of what only those have.
function unlessEmpty(name: string, all: Readonly<Record<string, ObjectReport>>): Readonly<Record<string, unknown>> {
  return Object.keys(all).length === 0 ? {} : { [name]: objects(all) };
}

function ordered({ type, status, reason, message, since }: Condition): Condition {
  return { type, status, reason, message, since };
}

function sortedEntries<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function str(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isString(value: Json): value is string {
  return typeof value === 'string';
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function toCondition(raw: Json): readonly Condition[] {
  if (!isMap(raw)) return [];
  const type = CONDITION_TYPES.find(known => known === raw.type);
  const { status } = raw;
  return type === undefined || typeof status !== 'boolean' ? [] : [{ type, status, reason: str(raw.reason), message: str(raw.message), since: str(raw.since) }];
}

const STATES = ['ready', 'waiting', 'degraded', 'error', 'deleting'] as const;

function toObjects(raw: Json | undefined): Readonly<Record<string, ObjectReport>> {
  const found = Object.entries(isMap(raw) ? raw : {}).flatMap(([key, value]): [string, ObjectReport][] => {
    const state = isMap(value) ? STATES.find(known => known === value.state) : undefined;
    if (state === undefined || !isMap(value)) return [];
    const devices = Array.isArray(value.devices) ? { devices: list(value.devices).filter(isString) } : {};
    const { reason, message } = value;
    const why = { ...(typeof reason === 'string' ? { reason } : {}), ...(typeof message === 'string' ? { message } : {}) };
    return [[key, { digest: str(value.digest), state, ...why, ...devices }]];
  });
  return Object.fromEntries(found);
}

function toDrift(raw: Json): readonly Drift[] {
  if (!isMap(raw)) return [];
  return [
    {
      ...(typeof raw.definition === 'string' ? { definition: raw.definition } : {}),
      ref: str(raw.ref),
      field: str(raw.field),
      want: str(raw.want),
      have: str(raw.have),
    },
  ];
}
