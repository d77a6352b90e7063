/** Whether the other nodes can be reached by packets as large as the mesh sends, and whether they know of this one. */
import { compile } from '../compile/compile.ts';
import { type Echo, echo } from '../host/probe.ts';
import { ipFamily } from '../model/ip.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { loadCached } from '../pass/parsed-cache.ts';
import type { Remote } from '../pass/remote.ts';
import { readFiles } from '../pass/revision.ts';
import { RepoError } from '../repo/repo.ts';
import type { NodeReport } from '../report/node-report.ts';
import { isSilent } from '../report/state.ts';

export interface Peer {
  readonly node: string;
  readonly address: string;
  /** `ready`: it answers, and sends here too. `waiting`: it answers, and has not applied a revision that knows this node. */
  readonly state: 'ready' | 'waiting' | 'unreachable';
  readonly roundTripMs: number | null;
  /** The revision that it applied last; '' for none. */
  readonly applied: string;
  /** Why it is not ready, and what it may come from; '' when it is. */
  readonly message: string;
}

/** What the wire must carry: the largest packet that any network sends over it. */
export function wireMtu(catalog: Catalog): number {
  const { mtu } = catalog.cluster.spec.underlay;
  return Math.min(...[...catalog.nodes.values()].map(({ spec }) => spec.underlay.mtu ?? mtu));
}

/** An echo of the size that the wire must carry: null in `ms` when there is no answer, and why. */
export async function reach(address: string, mtu: number): Promise<Echo> {
  const headers = ipFamily(address) === 6 ? 48 : 28;
  const [whole, small] = (await Promise.all([mtu - headers, 56].map(bytes => echo(address, bytes)))) as [Echo, Echo];
  if (whole.ms !== null) return whole;
  if (small.ms === null) return { ms: null, why: `it does not answer (${small.why}): it may be off, or a filter drops echoes` };
  return { ms: null, why: `small packets pass, those of ${mtu} bytes do not: a switch or card on the way carries less (raise it, or lower spec.underlay.mtu)` };
}

/** Asks of git whether a revision, which `tip` comes after, defines this node with its address. What it knows once it does not ask again. */
export function knowing(remote: Remote, self: NodeDef): (commit: string, tip: string) => Promise<boolean> {
  const known = new Set<string>();
  return async (commit, tip) => {
    if (known.has(commit)) return true;
    const knows = await defines(remote, tip, commit, self).catch(notTold);
    if (knows) known.add(commit);
    return knows;
  };
}

async function defines({ definitions, branch, path }: Remote, tip: string, commit: string, self: NodeDef): Promise<boolean> {
  await definitions.sync(branch, tip);
  // Asking fetches the history that it takes, and with it what the commit holds.
  if ((await definitions.descends(tip, commit)) !== true) return false;
  const { files, entries } = await readFiles(definitions, commit, path);
  const { catalog } = await loadCached(null, files, entries);
  return catalog?.nodes.get(self.name)?.spec.underlay.address === self.spec.underlay.address;
}

function notTold(error: unknown): false {
  if (error instanceof RepoError) return false;
  throw error;
}

/** Whether anything in a node's kernel is to lead to another one. What has no network there has nothing to apply, and says nothing new. */
export function sendsTo({ spec }: NodeDef, on: Parameters<typeof compile>[0]): boolean {
  const address = JSON.stringify(spec.underlay.address);
  return compile(on).resources.some(resource => JSON.stringify(resource.spec).includes(address));
}

interface Asked {
  readonly knows: (commit: string) => Promise<boolean>;
  /** False: it has nothing to do with this node yet. */
  readonly isNeeded: boolean;
}

/** What is to be said of a peer. */
export async function judged(node: NodeDef, reached: Echo, report: NodeReport | undefined, { knows, isNeeded }: Asked): Promise<Peer> {
  const applied = report?.revision.applied ?? '';
  const about = { node: node.name, address: node.spec.underlay.address, roundTripMs: reached.ms, applied };
  if (reached.ms === null) return { ...about, state: 'unreachable', message: reached.why };
  const isReady = report !== undefined && !isSilent(report, new Date().toISOString()) && (!isNeeded || (applied !== '' && (await knows(applied))));
  return { ...about, state: isReady ? 'ready' : 'waiting', message: isReady ? '' : whyWaiting(report) };
}

function whyWaiting(report: NodeReport | undefined): string {
  if (report === undefined) return 'it has never published: join it too, or see journalctl -u netloom there';
  if (report.mode === 'observe') return 'it only observes (mode: observe), so it sends nothing here';
  if (isSilent(report, new Date().toISOString())) return `it was last heard ${report.heard}: see journalctl -u netloom there`;
  return 'it has not yet applied a revision that knows this node: its next pass does';
}
