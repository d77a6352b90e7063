/** Looks at this node for doctor: everything at the same time, nothing is changed, and no lock is needed. */
import type { Branches, Evidence, Kernel, Names, Obstacle, Standing } from '../doctor/evidence.ts';
import { differsIn } from '../doctor/judge-kernel.ts';
import { HostError } from '../host/errors.ts';
import { hasProgram, packageOf } from '../host/exec.ts';
import { featureAdvice, missingFeatures } from '../host/features.ts';
import { forwardDrops } from '../host/firewall.ts';
import { inStage } from '../host/stage.ts';
import { readSettings } from '../host/sysctls.ts';
import { cardsHere } from '../host/underlay.ts';
import type { Facts } from '../model/facts.ts';
import { bridgeName, isOurName, vethNames } from '../model/names.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { formatPlace } from '../model/place.ts';
import { NEEDED_PROGRAMS } from '../model/programs.ts';
import type { NetworkDef, NodeView } from '../objects/object.ts';
import { poolsOfNetwork } from '../objects/services.ts';
import { readAuth } from '../repo/auth.ts';
import { RepoError } from '../repo/repo.ts';
import { serverClock } from '../repo/server-clock.ts';
import { statusSummary } from '../report/summary.ts';
import { loadContests } from './contests.ts';
import { loadSuspension, suspensionText } from './control.ts';
import { type Prepared, prepare, type Target } from './enforce.ts';
import { type Asked, askByFrames, isHere } from './examine-segments.ts';
import { askNeighbours, type Cards, neededMtu, neighboursOf, ownUnderlay, type Wire } from './examine-wire.ts';
import { obstaclesOf } from './obstacles.ts';
import { version } from './program.ts';
import { contestTroubles } from './report.ts';
import { type Seen, see } from './view.ts';

/** How long git may take to answer. */
const GIT_MS = 6_000;

/**
 * What there is to be found out about the networks in question as far as this node carries them. Throws HostError where the
 * node's own links cannot be read.
 */
export async function examine(config: NodeConfig, target: Target, networks: readonly NetworkDef[], runtimeDir: string): Promise<Evidence> {
  const at = new Date().toISOString();
  const { catalog, ledger, node } = target;
  const placed = { catalog, ledger };
  const bare: NodeView = { ...placed, node, facts: NO_FACTS };
  const ours = networks.filter(network => isHere(network, bare));
  const neighbours = neighboursOf(node, ours, placed);
  const port = catalog.cluster.spec.underlay.port;
  const read = await inStage('reading the links of this node', cardsHere);
  const cards: Cards = read.map(card => ({ ...card, isOurs: isOurName(card.ifname) }));
  const underlay = ownUnderlay(node, catalog.nodes.values(), cards, neededMtu(neighbours.length === 0 ? [] : ours, placed), port);
  const from = underlay.found?.isUp === true ? node.spec.underlay.address : null;
  const names = [node.name, ...neighbours.map(each => each.node.name)];
  const [wire, [kernel, asked], branches, machine, word] = await inStage('asking nodes, networks and git', () =>
    Promise.all([
      askNeighbours(neighbours, from, port, placed),
      kernelAndFrames(config, target, {
        networks: ours,
        cards: read,
        wire: from === null ? [] : [from, ...neighbours.map(each => each.node.spec.underlay.address)],
        runtimeDir,
      }),
      branchesOf(config, names),
      machineHere(runtimeDir),
      wordHere(config),
    ]),
  );
  const rivals = from === null ? null : (asked.wire?.get(from) ?? null);
  const peers = wire.map(each => ({ ...each, ...voiceOf(each, branches.seen), macs: macsOf(each, asked) }));
  return {
    node: node.name,
    at,
    place: formatPlace({ ...node.at, col: 0 }),
    networks: ours.map(({ key }) => key),
    machine,
    word,
    underlay: { ...underlay, rivals, ownMacs: read.map(({ mac }) => mac) },
    peers,
    kernel,
    branches: branches.told,
    segments: asked.segments,
    outside: asked.outside,
    frames: asked.frames,
  };
}

const NO_FACTS: Facts = { underlay: null, bridgeNetfilter: false, ports: [], users: {}, devices: [], missing: [] };

// One that is beyond a router is answered for by the router, or by nobody.
function macsOf({ address }: Wire, { wire }: Asked): readonly string[] | null {
  const macs = wire?.get(address) ?? [];
  return macs.length === 0 ? null : macs;
}

function voiceOf({ node }: Wire, seen: Seen | null): { readonly version: string | null; readonly ours: string } {
  return { version: seen === null ? null : (seen.reports.get(node)?.version ?? ''), ours: version() };
}

interface LookArgs {
  readonly networks: readonly NetworkDef[];
  readonly cards: readonly { readonly ifname: string; readonly mac: string }[];
  /** Underlay addresses to be asked for on the wire. */
  readonly wire: readonly string[];
  readonly runtimeDir: string;
}

// What frames are sent from depends on what was found out about the node.
async function kernelAndFrames({ stateDir }: NodeConfig, target: Target, args: LookArgs): Promise<readonly [Evidence['kernel'], Asked]> {
  const { contests } = await loadContests(stateDir);
  const prepared = await prepare({ ...target, contests }, args.runtimeDir).catch(told);
  const view: NodeView = { ...target, facts: prepared instanceof HostError ? NO_FACTS : prepared.facts };
  const macs = new Map(args.cards.flatMap(({ ifname, mac }) => (mac === '' ? [] : [[ifname, mac] as const])));
  const kernel = prepared instanceof HostError ? { why: prepared.message } : kernelOf(prepared, view, args.networks);
  const isExplained = (definition: string): boolean => differsIn(kernel, [definition]);
  const asked = await askByFrames({ view, networks: args.networks, macs, wire: args.wire.filter(ip => !ip.includes(':')), isExplained });
  return [kernel, asked];
}

function kernelOf({ plan, compiled }: Prepared, view: NodeView, networks: readonly NetworkDef[]): Kernel {
  const scope = definitionsOf(networks, view);
  const held = plan.held.map(each => ({ ...each, definitions: each.from.map(({ definition }) => definition) }));
  const troubles = [...contestTroubles(plan, view.node.name, view.ledger), ...compiled.troubles];
  const obstacles: readonly Obstacle[] = obstaclesOf({ outcomes: [], remaining: [], held, left: plan.left, troubles, observing: false });
  const meant = obstacles.filter(({ definition, follows }: Obstacle & { readonly follows?: true }) => scope.has(definition) && follows !== true);
  return { steps: plan.steps, definitions: [...scope], obstacles: meant, names: namesOf(view) };
}

function told(error: unknown): HostError {
  if (error instanceof HostError) return error;
  throw error;
}

/** The networks, what is in them or leads to them, and the node itself. */
function definitionsOf(networks: readonly NetworkDef[], { catalog, node }: NodeView): ReadonlySet<string> {
  const keys = new Set(networks.map(({ key }) => key));
  const found = [
    `Node ${node.name}`,
    ...networks.flatMap(network => [`Network ${network.key}`, ...poolsOfNetwork(network, catalog).map(pool => `AddressPool ${pool.name}`)]),
  ];
  for (const network of networks) for (const iface of catalog.interfacesOf.get(network.key) ?? []) found.push(`Interface ${iface.key}`);
  for (const [key, { namespace, spec }] of catalog.floatingIPs) {
    const aim = catalog.interfaces.get(`${namespace}/${spec.interface}`);
    if (aim !== undefined && keys.has(`${aim.namespace}/${aim.spec.network}`)) found.push(`FloatingIP ${key}`);
  }
  for (const [key, { namespace, spec }] of catalog.routedIPs) if (keys.has(`${namespace}/${spec.network}`)) found.push(`RoutedIP ${key}`);
  return new Set(found);
}

function namesOf({ catalog, ledger }: NodeView): Names {
  const macs: Record<string, string> = {};
  const addresses: Record<string, string> = {};
  const namespaces: Record<string, string> = {};
  for (const [key, entry] of Object.entries(ledger.networks)) {
    namespaces[entry.uuid] = `Network ${key}`;
    const links = [bridgeName(entry.vxid), vethNames(entry.vxid).inner];
    const name = (mac: string, ip: string | undefined, owner: string): void => {
      macs[mac] = owner;
      for (const link of links) if (ip !== undefined) addresses[`${link} ${ip}`] = owner;
    };
    if (entry.router !== undefined) name(entry.router.mac, entry.router.address, `the router of ${key}`);
    for (const [iface, given] of Object.entries(entry.interfaces)) if (given.removed === undefined) name(given.mac, given.address, `Interface ${iface}`);
  }
  const nodes = Object.fromEntries([...catalog.nodes.values()].map(({ name, spec }) => [spec.underlay.address, name]));
  return { nodes, macs, addresses, namespaces };
}

async function machineHere(runtimeDir: string): Promise<Evidence['machine']> {
  const programs = [...NEEDED_PROGRAMS, 'ping'].filter(program => !hasProgram(program)).map(program => ({ program, of: packageOf(program) }));
  const [features, drops] = await Promise.all([missingFeatures(runtimeDir), forwardDrops()]);
  const switches = readSettings(['iptables', 'ip6tables'].map(name => `net/bridge/bridge-nf-call-${name}`));
  return {
    programs,
    features: features.map(name => ({ name, todo: featureAdvice(name) })),
    filtersBridged: Object.values(switches).some(value => value !== '0'),
    forwardDrops: drops,
  };
}

async function wordHere({ stateDir, mode }: NodeConfig): Promise<Evidence['word']> {
  const suspension = await loadSuspension(stateDir);
  return { mode, suspended: suspension === null ? null : suspensionText(suspension) };
}

async function branchesOf(config: NodeConfig, names: readonly string[]): Promise<{ readonly told: Branches; readonly seen: Seen | null }> {
  const [seen, aheadMs] = await Promise.all([see(config, { deadlineMs: GIT_MS }).catch(whyNot), aheadOfServer(config)]);
  const { url } = config.repo;
  if ('why' in seen) return { told: { url, why: seen.why, aheadMs, nodes: null }, seen: null };
  const { nodes } = statusSummary(seen);
  const standings = names.map((name): Standing => {
    const found = nodes.find(each => each.name === name);
    const { state = 'initial', reason = '', message = '', behind = false } = found ?? {};
    return { node: name, state, reason, message, behind, heard: seen.reports.get(name)?.heard ?? '' };
  });
  return { told: { url, why: null, aheadMs, nodes: standings }, seen };
}

function whyNot(error: unknown): { readonly why: string } {
  if (error instanceof RepoError || error instanceof HostError) return { why: error.message };
  throw error;
}

// A server that does not answer is told by who asks it for its branches.
async function aheadOfServer({ repo }: NodeConfig): Promise<number | null> {
  try {
    const there = await serverClock(repo.url, repo.auth === undefined ? undefined : await readAuth(repo.auth), GIT_MS);
    // Date has whole seconds.
    return there === null ? null : Date.now() - there - 500;
  } catch (error) {
    if (error instanceof RepoError || error instanceof HostError) return null;
    throw error;
  }
}
