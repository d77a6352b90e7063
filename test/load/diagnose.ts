/** Reads files from memory as a revision, for tests. */
import { type Loaded, load } from '../../src/load/load.ts';
import type { Catalog } from '../../src/objects/object.ts';

/** What most cases stand on: a cluster, two nodes, a network with and one without cidr. Without a diagnostic of its own. */
export const BASE = `
apiVersion: netloom.dev/v1
kind: Cluster
metadata: {name: lab}
spec: {underlay: {mtu: 9000}}
---
apiVersion: netloom.dev/v1
kind: Node
metadata: {name: n1}
spec: {underlay: {address: 192.0.2.11, device: eth0}}
---
apiVersion: netloom.dev/v1
kind: Node
metadata: {name: n2}
spec: {underlay: {address: 192.0.2.12}}
---
apiVersion: netloom.dev/v1
kind: Network
metadata: {name: web}
spec: {cidr: 10.0.0.0/24}
---
apiVersion: netloom.dev/v1
kind: Network
metadata: {name: l2}
`;

export function loadFiles(files: Readonly<Record<string, string | Uint8Array>>, before?: Catalog): Loaded {
  const bytes = new Map(Object.entries(files).map(([path, content]) => [path, typeof content === 'string' ? new TextEncoder().encode(content) : content]));
  const entries = [...bytes].map(([path, content]) => ({ path, mode: '100644', id: path, size: content.length }));
  return load({ entries, bytesOf: path => bytes.get(path) ?? null, before });
}

/** `5:3 error unknown-field`, sorted by place. */
export function diagnose(text: string | Uint8Array, base: string | null = BASE): readonly string[] {
  const { diagnostics } = loadFiles(base === null ? { 'case.yaml': text } : { 'base.yaml': base, 'case.yaml': text });
  return diagnostics.map(({ at, severity, code }) => `${at.line}:${at.col} ${severity} ${code}`);
}
