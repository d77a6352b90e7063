/** Kernel object to definition, commit and result: on a node from what it keeps and its kernel, without a request; elsewhere from the branches. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { libvirtGuestOf, serviceOfPid } from '../host/owners.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { placesOf } from '../objects/index.ts';
import { RepoError } from '../repo/repo.ts';
import { type NetEvent, parseEvents } from '../report/events.ts';
import { KIND_OF, type NodeReport, type ObjectPlural } from '../report/node-report.ts';
import { type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
import { selectEvents } from '../report/select-events.ts';
import type { View } from '../report/state.ts';
import { type Kernel, refsFor, refsOf, type Thing, thingsOf } from '../trace/thing.ts';
import type { DefinitionTrace, Trace } from '../trace/trace.ts';
import { type Authors, authorsHere, authorsThere } from './authors.ts';
import { prepare } from './enforce.ts';
import { loadGood, loadKeptLedger } from './kept.ts';
import { knownTo } from './known-to.ts';
import { loadCached } from './parsed-cache.ts';
import { openRemote, type Sides } from './remote.ts';
import { reportsIn, see } from './view.ts';

type Seen = Pick<View, 'catalog' | 'ledger' | 'reports'> & { readonly events: readonly NetEvent[]; readonly revision: string };

/** On a node; null where it has accepted nothing yet. Throws HostError; RepoError only with `fetch`. */
export async function traceHere(config: NodeConfig, word: string, fetch: boolean): Promise<Trace | null> {
  const [good, kept] = [await loadGood(config.stateDir), await loadKeptLedger(config.stateDir)];
  const catalog = good === null ? null : (await loadCached(config.stateDir, good.files)).catalog;
  const node = catalog?.nodes.get(config.node);
  if (good === null || kept === null || catalog === null || node === undefined) return null;
  const { compiled, observed, plan } = await prepare({ catalog, ledger: kept.ledger, node }, config.runtimeDir);
  const kernel: Kernel = { resources: compiled.resources, observed, plan };
  const seen: Seen = { catalog, ledger: kept.ledger, revision: good.revision, ...(await statusHere(config, kept.tip)) };
  const authors = await authorsHere(config, good.revision, fetch);
  return { ...(await traced({ word, seen, kernel, node: config.node, authors })), node: config.node, asked: fetch ? null : lastWritten(config.stateDir) };
}

/** What the branches alone tell. Throws RepoError. */
export async function traceThere(config: Sides & Pick<NodeConfig, 'stateDir'>, word: string): Promise<Trace> {
  const branches = await see(config);
  const seen: Seen = { ...branches, events: await branches.events() };
  return { ...(await traced({ word, seen, kernel: null, node: null, authors: await authorsThere(config, seen.revision) })), node: null, asked: null };
}

interface Args {
  readonly word: string;
  readonly seen: Seen;
  readonly kernel: Kernel | null;
  readonly node: string | null;
  readonly authors: Authors;
}

async function traced(args: Args): Promise<Omit<Trace, 'node' | 'asked'>> {
  const { word, seen, kernel } = args;
  const named = serviceOfPid(word) ?? word;
  const direct = kernel === null ? [] : refsOf(named, kernel);
  const ledger = knownTo(word, seen.ledger);
  const objects = objectsOf(word, seen, direct.length > 0);
  const refs = kernel === null ? [] : direct.length > 0 ? direct : refsFor(objects, kernel);
  const things = kernel === null ? [] : thingsOf(refs, kernel);
  const definitions = new Set([...things.flatMap(thing => thing.definitions), ...objects, ...ledger.map(({ object }) => object).filter(Boolean)]);
  const traces: DefinitionTrace[] = [];
  for (const definition of [...definitions].slice(0, MOST_DEFINITIONS)) traces.push(await definitionTrace(definition, args));
  return { about: word, revision: seen.revision, things, notes: notesOn(things, kernel), ledger, definitions: traces };
}

/** A table that all networks share is for all of them. */
const MOST_DEFINITIONS = 12;
const EVENTS = 3;
const KINDS: readonly RefKind[] = ['Network', 'Interface', 'FloatingIP', 'RoutedIP', 'AddressPool', 'Node'];

// A uuid, a vxid, a name: what stands for an object as a whole. Addresses and devices say themselves what they are.
function objectsOf(word: string, { catalog, ledger }: Seen, isThing: boolean): ReadonlySet<string> {
  if (isThing) return new Set();
  const index = refIndex({ catalog, ledger });
  const found = KINDS.flatMap(kind => {
    const one = resolveRef(word, kind, null, index);
    return 'key' in one ? [`${kind} ${one.key}`] : one.candidates.map(key => `${kind} ${key}`);
  });
  return new Set(found);
}

async function definitionTrace(definition: string, { seen, kernel, node, authors }: Args): Promise<DefinitionTrace> {
  const place = placesOf(seen.catalog)(definition);
  const { commit, unknown } = await authors.of(definition, place?.file ?? null);
  const report = node === null ? undefined : seen.reports.get(node);
  const about = ({ from }: { readonly from: readonly { readonly definition: string }[] }): boolean => from.some(origin => origin.definition === definition);
  const drift = kernel === null ? null : [...kernel.plan.steps, ...kernel.plan.held].filter(about).map(({ ref }) => `${ref} is not as wanted`);
  return {
    definition,
    file: place?.file ?? null,
    line: place?.line ?? null,
    commit,
    unknown,
    state: report === undefined ? null : stateIn(report, definition),
    drift: drift === null ? null : [...new Set(drift)].slice(0, 10),
    events: selectEvents(seen.events, { isChosen: object => object === definition, limit: 40 })
      .filter(({ phase }) => phase !== 'start')
      .slice(0, EVENTS),
  };
}

function stateIn(report: NodeReport, definition: string): DefinitionTrace['state'] {
  const [kind = '', key = ''] = definition.split(' ');
  const plural = (Object.keys(KIND_OF) as ObjectPlural[]).find(each => KIND_OF[each] === kind);
  const found = plural === undefined ? undefined : report[plural][key];
  if (found === undefined) return null;
  const { state, reason = null, message = null } = found;
  return { state, reason, message, heard: report.heard, applied: report.revision.applied };
}

function notesOn(things: readonly Thing[], kernel: Kernel | null): readonly string[] {
  return things.flatMap(({ ref, owner, facts, definitions }) => {
    if (owner !== 'foreign' || !ref.startsWith('link:/')) return [];
    const name = ref.slice('link:/'.length);
    const guest = libvirtGuestOf(name);
    const bridge = facts.find(fact => fact.startsWith('port of '))?.slice('port of '.length);
    const ours = bridge === undefined ? undefined : kernel?.resources.find(one => one.ref === `link:/${bridge}`);
    const whose = guest === null ? `${name} carries no mark of netloom` : `${name} is of the guest ${guest} of libvirt`;
    if (definitions.length > 0) return [`${whose}, and is used as defined`];
    if (ours === undefined) return [`${whose}, and no definition speaks of it: it is nobody’s here`];
    return [`${whose}; it is in ${bridge} of ${ours.from[0]?.definition}, and no Interface speaks of it: no frame of it gets to ours (UnknownPort)`];
  });
}

async function statusHere(config: NodeConfig, ledgerTip: string | null): Promise<Pick<Seen, 'reports' | 'events'>> {
  try {
    const { status, statusBranch } = await openRemote(config, join(config.stateDir, 'clone'));
    const tip = (await status.local(statusBranch)) ?? ledgerTip;
    if (tip === null || !(await status.here([tip])).has(tip)) return { reports: new Map(), events: [] };
    const paths = [`nodes/${config.node}.yaml`, `events/${config.node}.jsonl`];
    const entries = (await status.list(tip, '')).filter(({ path }) => paths.includes(path));
    const blobs = await status.read(entries.map(({ oid }) => oid));
    const texts = new Map(entries.map(({ path, oid }) => [path, Buffer.from(blobs.get(oid) ?? []).toString()]));
    return { reports: reportsIn(texts), events: parseEvents(texts.get(paths[1] ?? '') ?? '') };
  } catch (error) {
    if (error instanceof RepoError) return { reports: new Map(), events: [] };
    throw error;
  }
}

function lastWritten(stateDir: string): string {
  try {
    return statSync(join(stateDir, 'clone', 'definitions', 'clone', 'netloom.json')).mtime.toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}
