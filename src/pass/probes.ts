/** Probes: what must be reachable after an armed change, and was before it. One that did not work before judges nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectOnce, neighbourAnswers, pingOnce } from '../host/probe.ts';
import { parseIp } from '../model/ip.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { WayReading } from '../model/way.ts';
import { serverOf } from '../repo/address.ts';
import { RepoError } from '../repo/repo.ts';
import { type Remote, readTips } from './remote.ts';

export type Probe =
  /** One listing of the git remote. */
  | { readonly probe: 'remote'; readonly url: string }
  /** A default gateway: an echo, or ARP. */
  | { readonly probe: 'gateway'; readonly address: string; readonly link: string }
  /** Another node's underlay address. */
  | { readonly probe: 'peer'; readonly address: string }
  /** Declared in the configuration. */
  | { readonly probe: 'ping'; readonly address: string }
  | { readonly probe: 'tcp'; readonly host: string; readonly port: number };

/** A probe that fails, and why, as the end of a sentence. */
export interface Lost {
  readonly probe: Probe;
  readonly why: string;
}

/** Asked of a large cluster are this many other nodes. */
const MOST_PEERS = 16;
/** A switch may take a while to find a card again that was put into a bridge. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 200;

/** All that may be asked on this node, whether it works or not. `peers` are other nodes' underlay addresses, the nearest by name first. */
export function candidates(
  config: Pick<NodeConfig, 'probes'> & { readonly repo: { readonly url: string } },
  way: Pick<WayReading, 'defaults'>,
  peers: readonly string[],
): readonly Probe[] {
  const gateways = way.defaults.flatMap(({ to, link }): Probe[] => (parseIp(to) === null ? [] : [{ probe: 'gateway', address: to, link }]));
  const others = peers.slice(0, MOST_PEERS).map((address): Probe => ({ probe: 'peer', address }));
  const remote: readonly Probe[] = config.repo.url === '' ? [] : [{ probe: 'remote', url: config.repo.url }];
  return [...remote, ...gateways, ...others, ...config.probes.flatMap(declared)];
}

function declared({ ping, tcp }: NodeConfig['probes'][number]): readonly Probe[] {
  if (ping !== undefined) return [{ probe: 'ping', address: ping }];
  const colon = tcp?.lastIndexOf(':') ?? -1;
  if (tcp === undefined || colon < 0) return [];
  return [{ probe: 'tcp', host: tcp.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(tcp.slice(colon + 1)) }];
}

/**
 * What a person lost by these failures. Other nodes are judged together, by half of those that answered: one that is started
 * anew at this very time is no reason to take anything back.
 */
export function judge(asked: readonly Probe[], failed: readonly Lost[]): readonly Lost[] {
  const isPeer = ({ probe }: Probe): boolean => probe === 'peer';
  const peers = failed.filter(({ probe }) => isPeer(probe));
  const areGone = peers.length * 2 >= asked.filter(isPeer).length;
  return failed.filter(({ probe }) => !isPeer(probe) || areGone);
}

/** Which of them work now: each is asked once, all at the same time. The remote is not asked where it has just been: `hasAnswered`, null where it has not. */
export async function thoseThatWork(probes: readonly Probe[], remote: Remote | null, hasAnswered: boolean | null): Promise<readonly Probe[]> {
  const startedAt = performance.now() - PATIENCE_MS;
  const isKnown = ({ probe }: Probe): boolean => probe === 'remote' && hasAnswered !== null;
  const works = await Promise.all(probes.map(async probe => (isKnown(probe) ? hasAnswered : (await ask(probe, remote, startedAt)) === null)));
  return probes.filter((_, index) => works[index]);
}

/** What is lost of probes that worked: asked again until nothing is, or the time is over. */
export async function whatIsLost(probes: readonly Probe[], remote: Remote | null, mostMs: number): Promise<readonly Lost[]> {
  const startedAt = performance.now();
  const leftMs = (): number => Math.min(mostMs, PATIENCE_MS) - (performance.now() - startedAt);
  let left = await failing(probes, remote, startedAt, leftMs());
  while (judge(probes, left).length > 0 && leftMs() > 0) {
    await sleep(AGAIN_MS);
    const again = left.map(({ probe }) => probe);
    left = await failing(again, remote, startedAt, leftMs());
  }
  return judge(probes, left);
}

/** `the git remote http://… does not answer`. */
export function lostText(lost: readonly Lost[]): string {
  return lost.map(({ probe, why }) => `${nameOf(probe)}: ${why}`).join('; ');
}

/** What a probe asks, for people. */
function nameOf(probe: Probe): string {
  switch (probe.probe) {
    case 'remote':
      return `the git remote ${probe.url}`;
    case 'gateway':
      return `the default gateway ${probe.address}`;
    case 'peer':
      return `the node at ${probe.address}`;
    case 'ping':
      return `ping ${probe.address}`;
    default:
      return `tcp ${probe.host} port ${probe.port}`;
  }
}

// What is asked at the last moment has a moment to answer.
const MOMENT_MS = 300;

async function failing(probes: readonly Probe[], remote: Remote | null, startedAt: number, mostMs: number): Promise<readonly Lost[]> {
  const late = sleep(Math.max(mostMs, MOMENT_MS), 'does not answer', { ref: false });
  const answers = await Promise.all(probes.map(probe => Promise.race([ask(probe, remote, startedAt), late])));
  return probes.flatMap((probe, index) => {
    const why = answers[index];
    return why === null || why === undefined ? [] : [{ probe, why }];
  });
}

async function ask(probe: Probe, remote: Remote | null, startedAt: number): Promise<string | null> {
  switch (probe.probe) {
    case 'remote':
      return listing(probe.url, remote);
    case 'gateway':
      return neighbourAnswers(probe.address, probe.link, () => performance.now() - startedAt);
    case 'tcp':
      return connectOnce(probe.host, probe.port);
    default:
      return pingOnce(probe.address);
  }
}

// A server that is out of reach is told sooner by a connection than by a listing. By ssh there may be another host on the way.
async function listing(url: string, remote: Remote | null): Promise<string | null> {
  const server = serverOf(url);
  const silent = server?.port === undefined ? null : await connectOnce(server.host, server.port);
  if (silent !== null || remote === null) return silent;
  try {
    await readTips(remote);
    return null;
  } catch (error) {
    if (error instanceof RepoError) return error.message;
    throw error;
  }
}
