/** Waits until the other nodes answer over the wire and know of this one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Echo } from '../host/probe.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { type Remote, readTips } from '../pass/remote.ts';
import { RepoError } from '../repo/repo.ts';
import { NOTHING_SAID, saidOn } from './look.ts';
import { judged, knowing, type Peer, reach, sendsTo, wireMtu } from './peers.ts';

export interface AwaitArgs {
  readonly remote: Remote;
  readonly catalog: Catalog;
  readonly self: NodeDef;
  readonly timeoutMs: number;
  readonly stop: AbortSignal;
}

const LOOK_MS = 1_000;

/** Every other node, by name; returns when all are ready, when the time is over, and when it is asked to stop. */
export async function awaitPeers({ remote, catalog, self, timeoutMs, stop }: AwaitArgs): Promise<readonly Peer[]> {
  const others = [...catalog.nodes.values()].filter(({ name }) => name !== self.name).sort((a, b) => (a.name < b.name ? -1 : 1));
  const until = performance.now() + timeoutMs;
  const mtu = wireMtu(catalog);
  const knows = knowing(remote, self);
  const reached = new Map<string, Echo>();
  for (;;) {
    const silent = others.filter(({ name }) => (reached.get(name)?.ms ?? null) === null);
    await Promise.all(silent.map(async ({ name, spec }) => reached.set(name, await reach(spec.underlay.address, mtu))));
    const peers = await judgedNow({ remote, catalog, self }, others, reached, knows);
    if (peers.every(({ state }) => state === 'ready') || performance.now() >= until || stop.aborted) return peers;
    await sleep(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function judgedNow(
  { remote, catalog, self }: Pick<AwaitArgs, 'remote' | 'catalog' | 'self'>,
  others: readonly NodeDef[],
  reached: ReadonlyMap<string, Echo>,
  knows: (commit: string, tip: string) => Promise<boolean>,
): Promise<readonly Peer[]> {
  const { tip, said, why } = await statusNow(remote);
  const knowsNow = async (commit: string): Promise<boolean> => tip !== null && knows(commit, tip);
  const all = others.map(node => {
    const report = said.reports.get(node.name);
    const isNeeded = report?.facts === undefined || sendsTo(self, { catalog, ledger: said.ledger, node, facts: report.facts });
    return judged(node, reached.get(node.name) ?? { ms: null, why: '' }, report, { knows: knowsNow, isNeeded });
  });
  // What nobody could be asked is no fault of the peer.
  return (await Promise.all(all)).map(peer => (why !== '' && peer.state === 'waiting' ? { ...peer, message: why } : peer));
}

async function statusNow(remote: Remote): Promise<{ readonly tip: string | null; readonly said: Awaited<ReturnType<typeof saidOn>>; readonly why: string }> {
  try {
    const tips = await readTips(remote);
    return { tip: tips.main, said: await saidOn(remote, tips.status), why: '' };
  } catch (error) {
    if (!(error instanceof RepoError)) throw error;
    return { tip: null, said: NOTHING_SAID, why: `the status branch cannot be read: ${error.message}` };
  }
}
