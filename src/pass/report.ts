/** report: what this node says of a pass, from what the pass found and did. */
import { KINDS } from '../kinds/index.ts';
import type { Step } from '../kinds/step.ts';
import type { Facts } from '../model/facts.ts';
import type { Ledger } from '../model/ledger.ts';
import { bridgeName, egressNames, floatingNames, tapName, vethNames, vxlanName } from '../model/names.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { isOn } from '../objects/mesh.ts';
import type { Catalog, Compiled } from '../objects/object.ts';
import { contestText } from '../plan/contest.ts';
import type { Left } from '../plan/freeze.ts';
import type { Plan } from '../plan/plan.ts';
import { type Condition, conditions, type Problem } from '../report/condition.ts';
import { type Drift, KIND_OF, type NodeReport, type ObjectReport } from '../report/node-report.ts';
import { type Fleet, heartbeatMs } from './budget.ts';
import { idleness, type Suspension, suspensionText } from './control.ts';
import { definitionDigest, guestsOf } from './digests.ts';
import type { Enforced } from './enforce.ts';
import { observedPlan } from './observed-plan.ts';
import { inventoryOf, type Leftovers, type Obstacle, objectReport, obstaclesOf } from './obstacles.ts';
import { version } from './program.ts';
import type { Pulled } from './pull.ts';
import type { Settled } from './settle.ts';
import { bootMark } from './voice.ts';

export interface ReportArgs {
  readonly config: Pick<NodeConfig, 'node' | 'mode'>;
  readonly pulled: Pulled;
  readonly settled: Settled;
  readonly catalog: Catalog;
  readonly enforced: Enforced;
  /** Nothing was applied because somebody said so. */
  readonly suspended: Suspension | null;
  readonly fleet: Fleet;
  readonly before: NodeReport | null;
  readonly now: string;
  /** Why the node is not Ready, whatever its kernel looks like. */
  readonly wrong?: Problem | null;
}

/** The node's report; `since` of conditions is kept from the one before. */
export function reportOf(args: ReportArgs): NodeReport {
  const { config, pulled, enforced, catalog } = args;
  const observing = idleness(config, args.suspended);
  const obstacles = obstaclesOf({
    outcomes: enforced.outcomes,
    remaining: withOrigin(enforced.remaining.steps, config.node, args.settled.ledger),
    held: enforced.remaining.held.map(held => ({ ...held, definitions: held.from.map(origin => origin.definition) })),
    left: enforced.remaining.left,
    // Why nothing was allocated is told before what lacks it.
    troubles: [
      ...args.settled.pending.map(ask => ({ ...ask, fatal: true })),
      ...contestTroubles(enforced.remaining, config.node, args.settled.ledger),
      ...enforced.compiled.troubles,
    ],
    observing,
  });
  const good = pulled.good?.revision ?? '';
  return {
    node: config.node,
    version: version(),
    boot: bootMark(),
    heard: args.now,
    heartbeatS: Math.ceil(heartbeatMs(args.fleet) / 1000),
    mode: config.mode,
    revision: {
      observed: pulled.tips?.main ?? args.before?.revision.observed ?? good,
      attempted: pulled.refusal?.condition === 'Stalled' ? (pulled.tips?.main ?? good) : good,
      accepted: args.suspended === null ? good : (args.before?.revision.accepted ?? ''),
      applied: observing || enforced.remaining.steps.length > 0 ? (args.before?.revision.applied ?? '') : good,
    },
    conditions: conditionsOf(args, obstacles),
    ...objectsOf(catalog, enforced.compiled, config.node, obstacles, leftovers(enforced.remaining, args.settled.ledger)),
    drift: observing ? [] : [...driftOf(enforced.remaining), ...leftDrift(enforced.remaining.left), ...leftDrift(enforced.remaining.contested)],
    plan: observing ? observedPlan(enforced.plan, catalog) : [],
    inventory: inventoryOf(enforced.compiled.resources, absentOf(enforced.remaining), kind => KINDS.get(kind)?.title ?? kind),
    facts: toldFacts(enforced.facts),
  };
}

// As little as others need to compile the same: our own ports count only for taps whose owner is not known here.
function toldFacts(facts: Facts): Facts {
  const isUserMissing = Object.values(facts.users).includes(null);
  const { unanswered: _, ...told } = facts;
  return { ...told, devices: [], ports: facts.ports.filter(port => isUserMissing || !port.ours) };
}

function conditionsOf({ config, pulled, enforced, settled, suspended, before, now, wrong }: ReportArgs, obstacles: readonly Obstacle[]): readonly Condition[] {
  const of = (state: Obstacle['state']): readonly Problem[] =>
    (obstacles.some(isRoot(state)) ? obstacles.filter(isRoot(state)) : obstacles.filter(obstacle => obstacle.state === state)).map(
      ({ definition, reason, message }) => ({ reason, message: `${definition}: ${message}` }),
    );
  const { refusal } = pulled;
  const unpublished = settled.problem === null ? [] : [{ reason: 'AllocationPending', message: settled.problem }];
  const outcome = {
    fetch: refusal?.condition === 'FetchFailed' ? refusal : null,
    refusal: refusal?.condition === 'Stalled' ? refusal : null,
    isEmpty: pulled.good === null && !wrong,
    source: pulled.source,
    failed: wrong ? [wrong] : of('error'),
    degraded: [...of('degraded'), ...unpublished],
    remaining: enforced.remaining.steps.length,
    observeOnly: config.mode === 'observe',
    suspended: suspended === null ? null : { message: suspensionText(suspended), since: suspended.since },
  };
  return conditions(before?.conditions ?? [], outcome, now);
}

// What was left out because of something else is told by that.
function isRoot(state: Obstacle['state']): (obstacle: Obstacle) => boolean {
  return obstacle => obstacle.state === state && obstacle.follows !== true;
}

function objectsOf(catalog: Catalog, compiled: Compiled, node: string, obstacles: readonly Obstacle[], left: ReadonlyMap<string, string>) {
  const digest = definitionDigest(compiled, catalog);
  const devices = devicesOf(compiled);
  const networks: Record<string, ObjectReport> = {};
  const interfaces: Record<string, ObjectReport> = {};
  for (const iface of catalog.interfaces.values()) {
    if (!isOn(iface, node)) continue;
    const definition = `Interface ${iface.key}`;
    interfaces[iface.key] = objectReport({ definition, digest: digest(definition), devices: devices([definition]) }, obstacles);
  }
  for (const network of catalog.networks.values()) {
    const definition = `Network ${network.key}`;
    const own = digest(definition);
    if (own === '' && !obstacles.some(obstacle => obstacle.definition === definition)) continue;
    networks[network.key] = objectReport({ definition, digest: own, devices: devices([definition]), also: new Set(guestsOf(definition, catalog)) }, obstacles);
  }
  for (const { definition, reason, message } of obstacles) {
    const key = definition.startsWith('Network ') ? definition.slice('Network '.length) : '';
    if (key !== '' && !catalog.networks.has(key)) networks[key] ??= { digest: '', state: 'deleting', reason, message, devices: [] };
  }
  for (const [key, message] of left) networks[key] ??= { digest: '', state: 'deleting', reason: 'ForeignPort', message, devices: [] };
  const outside = (plural: 'pools' | 'floatingIPs' | 'routedIPs'): Readonly<Record<string, ObjectReport>> => {
    const told = [...catalog[plural].keys()].flatMap((key): [string, ObjectReport][] => {
      const definition = `${KIND_OF[plural]} ${key}`;
      const own = digest(definition);
      if (own === '' && !obstacles.some(obstacle => obstacle.definition === definition)) return [];
      return [[key, objectReport({ definition, digest: own, devices: devices([definition]) }, obstacles)]];
    });
    return sorted(Object.fromEntries(told));
  };
  const found = { pools: outside('pools'), floatingIPs: outside('floatingIPs'), routedIPs: outside('routedIPs') };
  return { networks: sorted(networks), interfaces: sorted(interfaces), ...found };
}

function absentOf({ steps, held, left = [], contested = [] }: Plan): ReadonlySet<string> {
  const missing = [...left, ...contested].filter(({ field, have }) => field === '' && have === 'absent');
  return new Set([...steps.filter(step => step.verb === 'make'), ...held, ...missing].map(one => one.ref));
}

// Links of the node's own namespace, by the definitions that they come from.
function devicesOf(compiled: Compiled): (definitions: readonly string[]) => readonly string[] {
  const names = new Map<string, string[]>();
  for (const { ref, from } of compiled.resources) {
    if (!ref.startsWith('link:/')) continue;
    for (const { definition } of from) names.set(definition, [...(names.get(definition) ?? []), ref.slice('link:/'.length)]);
  }
  return definitions => definitions.flatMap(definition => names.get(definition) ?? []).sort();
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

// What is to go and does not say what it was made for: the ledger knows by its name, or it is the node's own.
function withOrigin(steps: readonly Step[], node: string, ledger: Ledger): readonly Step[] {
  const formerly = formerlyOf(ledger);
  const whose = ({ ref }: Step): Step['from'] => [{ definition: formerly(ref) || `Node ${node}`, at: { file: '', line: 0, col: 0 } }];
  return steps.map(step => (step.from.length > 0 ? step : { ...step, from: whose(step) }));
}

// Networks that nobody defines any more, and of which something had to stay.
function leftovers(remaining: Plan, ledger: Ledger): ReadonlyMap<string, string> {
  const formerly = formerlyOf(ledger);
  const found = new Map<string, string>();
  for (const held of remaining.held) {
    if (held.from.length > 0) continue;
    const definition = formerly(held.ref);
    if (definition.startsWith('Network ')) found.set(definition.slice('Network '.length), `${held.ref} stays: ${held.why} ${held.on}`);
  }
  return found;
}

function driftOf(remaining: Plan): readonly Drift[] {
  return remaining.steps.flatMap(step => {
    const definition = step.from[0]?.definition ?? '';
    if (step.verb === 'delete') return [{ definition, ref: step.ref, field: '', want: 'absent', have: 'there' }];
    if (step.verb === 'make') return [{ definition, ref: step.ref, field: '', want: 'there', have: 'absent' }];
    return step.changes.map(change => ({ definition, ref: step.ref, field: change.field, want: text(change.want), have: text(change.have) }));
  });
}

function leftDrift(left: readonly Left[] = []): readonly Drift[] {
  return left.map(({ definition, ref, field, want, have }) =>
    field === '' ? { definition, ref, field, want: String(want), have: String(have) } : { definition, ref, field, want: text(want), have: text(have) },
  );
}

/** What others keep changing back: it works as far as they let it. */
export function contestTroubles({ contested = [] }: Plan, node: string, ledger: Ledger): Leftovers['troubles'] {
  const formerly = formerlyOf(ledger);
  return contested.map(each => ({
    definition: each.definition || formerly(each.ref) || `Node ${node}`,
    reason: 'Contested',
    message: contestText(each),
    fatal: false,
  }));
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 200);
}

/** Whose a thing is, or was, by the device names in its ref: what events of removed objects are filed under. */
export function formerlyOf(ledger: Ledger): (ref: string) => string {
  const names = new Map<string, string>();
  const namespaces = new Map<string, string>();
  for (const [key, entry] of Object.entries(ledger.networks)) {
    const [veth, egress] = [vethNames(entry.vxid), egressNames(entry.vxid)];
    const own = [vxlanName(entry.vxid), bridgeName(entry.vxid), veth.outer, veth.inner, egress.outer, egress.inner];
    for (const name of own) names.set(name, `Network ${key}`);
    namespaces.set(entry.uuid, `Network ${key}`);
    for (const [iface, given] of Object.entries(entry.interfaces)) names.set(tapName(given.uuid), `Interface ${iface}`);
  }
  for (const pool of Object.values(ledger.pools ?? {})) {
    for (const [key, { address }] of Object.entries(pool.floating)) {
      const { outer, inner } = floatingNames(address);
      names.set(outer, `FloatingIP ${key}`).set(inner, `FloatingIP ${key}`);
    }
  }
  return ref => {
    const parts = ref.slice(ref.indexOf(':') + 1).split('/');
    // A link tells more than the namespace that it is in.
    for (const known of [names, namespaces]) {
      for (const part of parts) {
        const found = known.get(part);
        if (found !== undefined) return found;
      }
    }
    return '';
  };
}
