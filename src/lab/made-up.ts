/** A small cluster for those who bring no definitions: nodes, one network, a guest on each node. */
import type { Cast } from './topology.ts';

export interface MadeUp {
  /** Path to text. */
  readonly files: ReadonlyMap<string, string>;
  readonly cast: Cast;
}

/** 192.0.2.0/24 (RFC 5737) has room for these and the git server. */
export const MOST_MADE_UP = 200;

/** Definitions of nodes n1..nN with a network `demo` that has a guest namespace on each. `count` is 1..200. */
export function madeUp(count: number): MadeUp {
  const nodes = Array.from({ length: count }, (_, index) => ({ name: `n${index + 1}`, address: `192.0.2.${index + 11}`, device: 'eth0' }));
  const files = new Map([
    ['cluster.yaml', document('Cluster', 'lab', '{}')],
    ['nodes.yaml', nodes.map(node => document('Node', node.name, `\n  underlay: { address: ${node.address}, device: ${node.device} }`)).join('---\n')],
    ['networks/demo.yaml', document('Network', 'demo', '\n  cidr: 10.0.0.0/24')],
    ['interfaces/demo.yaml', nodes.map(guestOf).join('---\n')],
  ]);
  return { files, cast: { nodes, underlayMtu: 1500, guests: nodes.map(node => ({ node: node.name, netns: `guest-${node.name}` })) } };
}

function guestOf(node: { readonly name: string }): string {
  return document('Interface', `guest-${node.name}`, `\n  network: demo\n  node: ${node.name}\n  attach: { netns: { name: guest-${node.name} } }`);
}

function document(kind: string, name: string, spec: string): string {
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:${spec.startsWith('\n') ? spec : ` ${spec}`}\n`;
}
