/** What a join came to, for people, for programs (schemas/output/join.json) and as the one event of the node that tells of it. */
import type { NodeDef } from '../objects/object.ts';
import type { NetEvent } from '../report/events.ts';
import { table } from '../report/table.ts';
import type { Check, Found } from './checks.ts';
import type { Peer } from './peers.ts';

export interface Joined {
  readonly node: string;
  readonly role: 'gateway' | 'hypervisor';
  readonly underlay: Found;
  /** The revision of the first pass; '' when there was none. */
  readonly revision: string;
  readonly checks: readonly Check[];
  readonly configuration: { readonly file: string; readonly written: readonly string[] };
  /** Of this node's definition: `merged` in the branch, `pushed` by this join, `asked` on a branch of its own, or `open`, with a file to be merged. */
  readonly definition: { readonly state: 'merged' | 'pushed' | 'asked' | 'open'; readonly file: string; readonly branch: string; readonly link: string | null };
  /** What runs the passes; '' where nothing was started. */
  readonly unit: string;
  readonly peers: readonly Peer[];
}

/** `gateway` for a network node. */
export function roleOf(node: Pick<NodeDef, 'spec'> | undefined, gateway = false): Joined['role'] {
  return (node?.spec.gateway ?? gateway) ? 'gateway' : 'hypervisor';
}

/** As JSON prints it. */
export function joinedJson(joined: Joined): object {
  const { checks, underlay, ...rest } = joined;
  const told = checks.map(({ name, state, message, todo }) => ({ name, state, message, ...(todo === undefined ? {} : { todo }) }));
  const { device, address, mtu } = underlay;
  return { apiVersion: 'netloom.dev/v1', kind: 'Join', ...rest, underlay: { device, address, mtu }, checks: told };
}

/** The checks, a line each, and what to do about those that are not well. */
export function checksText(checks: readonly Check[]): string {
  return checks.map(({ name, state, message, todo }) => `${state.padEnd(8)}${name}: ${message}${todo === undefined ? '' : `\n        ${todo}`}`).join('\n');
}

/** `n2: 10.2.1.12 on eth0, mtu 1500, hypervisor`, and the peers. */
export function joinedText({ node, role, underlay, revision, peers }: Joined, width?: number): string {
  const head = `${node}: ${underlay.address} on ${underlay.device}, mtu ${underlay.mtu}, ${role}${revision === '' ? '' : `, at ${revision.slice(0, 10)}`}`;
  if (peers.length === 0) return `${head}; there is no other node yet`;
  const rows = peers.map(peer => [
    peer.node,
    peer.address,
    peer.state,
    peer.roundTripMs === null ? '' : `${peer.roundTripMs} ms`,
    peer.applied.slice(0, 10),
    peer.message,
  ]);
  return `${head}\n\n${table(['PEER', 'ADDRESS', 'STATE', 'ROUND TRIP', 'APPLIED', 'MESSAGE'], rows, width)}`;
}

/** The event `joined` of the node. */
export function joinedEvent({ node, role, underlay, revision, peers }: Joined, at: string): NetEvent {
  const reached = peers.flatMap(peer => (peer.roundTripMs === null ? [] : [[peer.node, peer.roundTripMs] as const]));
  const others = peers.map(
    peer => `${peer.node} ${peer.roundTripMs === null ? peer.state : `${peer.roundTripMs} ms${peer.state === 'ready' ? '' : ` (${peer.state})`}`}`,
  );
  return {
    at,
    node,
    object: `Node ${node}`,
    type: 'status',
    operation: 'joined',
    phase: 'finish',
    durationMs: null,
    message: `${underlay.address} on ${underlay.device}, mtu ${underlay.mtu}, ${role}; peers: ${others.length === 0 ? 'none' : others.join(', ')}`,
    revision,
    extra: { device: underlay.device, address: underlay.address, mtu: underlay.mtu, role, peers: Object.fromEntries(reached) },
  };
}

/** True when the node has told the same already, round trips aside. */
export function isTold(event: NetEvent, events: readonly NetEvent[]): boolean {
  const last = events.filter(({ object, operation }) => object === event.object && (operation === 'joined' || operation === 'left')).at(-1);
  return last?.operation === 'joined' && essence(last) === essence(event);
}

function essence({ message }: NetEvent): string {
  return message.replaceAll(/[\d.]{1,12} ms/g, 'ms');
}
