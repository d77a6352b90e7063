/** Definitions for tests of edits: a small cluster as files, and what an edit of it comes to. */
import type { Change, Definitions } from '../../src/edit/draft.ts';
import { Refusal } from '../../src/edit/refusal.ts';
import type { SourceFile } from '../../src/load/source.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { blobId } from '../../src/pass/folder.ts';
import { loadWith } from '../../src/pass/with-edits.ts';

const HEAD = 'apiVersion: netloom.dev/v1\n';

/** Two tenants; every kind, each in its folder, and the interfaces of a network in one file. */
export const FILES: Readonly<Record<string, string>> = {
  'cluster.yaml': `${HEAD}kind: Cluster\nmetadata: {name: lab}\nspec: {}\n`,
  'nodes/n1.yaml': `${HEAD}kind: Node\nmetadata: {name: n1}\nspec:\n  underlay: {address: 10.2.1.1}\n  gateway: true\n`,
  'nodes/n2.yaml': `${HEAD}kind: Node\nmetadata: {name: n2}\nspec:\n  underlay: {address: 10.2.1.2}\n`,
  'pool.yaml': `${HEAD}kind: AddressPool\nmetadata: {name: edge}\nspec: {cidr: 192.0.2.0/24, device: eth1}\n`,
  'acme/namespace.yaml': `${HEAD}kind: Namespace\nmetadata: {name: acme}\n`,
  'acme/networks/front.yaml': `# yaml-language-server: $schema=../../tools/schemas/network.json\n${HEAD}kind: Network\nmetadata: {name: front, namespace: acme}\nspec: {cidr: 10.0.0.0/24}\n`,
  'acme/interfaces/front.yaml': ['a', 'b']
    .map(
      name => `# The guest ${name}.\n${HEAD}kind: Interface\nmetadata: {name: ${name}, namespace: acme}\nspec: {network: front, node: n1, routedIPs: [lb]}\n`,
    )
    .join('---\n'),
  'acme/routed-ips/lb.yaml': `${HEAD}kind: RoutedIP\nmetadata: {name: lb, namespace: acme}\nspec: {network: front, address: 192.0.2.20}\n`,
  'acme/floating-ips/a.yaml': `${HEAD}kind: FloatingIP\nmetadata: {name: a, namespace: acme}\nspec:\n  # Where it leads to.\n  interface: a\n`,
  'globex/namespace.yaml': `${HEAD}kind: Namespace\nmetadata: {name: globex}\n`,
};

/** Files as a definitions folder. Throws where they are invalid. */
export function definitionsOf(files: Readonly<Record<string, string>> = FILES): Definitions {
  const { catalog, diagnostics } = loadWith([], new Map(Object.entries(files)));
  if (catalog === null) throw new Error(JSON.stringify(diagnostics));
  return { catalog, texts: new Map(Object.entries(files)) };
}

/** The files that are others after a change (null: gone), which has to leave the definitions valid. */
export function filesAfter({ texts }: Change, files: Readonly<Record<string, string>> = FILES): Readonly<Record<string, string | null>> {
  const changed = new Map([...texts].filter(([path, text]) => files[path] !== text));
  const wrong = errorsAfter(files, changed);
  if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join('\n'));
  return Object.fromEntries(changed);
}

/** What would be wrong. */
function errorsAfter(files: Readonly<Record<string, string>>, changed: ReadonlyMap<string, string | null>): readonly Diagnostic[] {
  const sources = Object.entries(files).map(([path, text]): SourceFile => {
    const bytes = Buffer.from(text);
    return { path, mode: '100644', id: blobId(bytes), bytes };
  });
  return loadWith(sources, changed).diagnostics.filter(({ severity }) => severity === 'error');
}

/** `message | hint` of what refuses. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return `${error.message} | ${error.hint}`;
    throw error;
  }
  return 'no refusal';
}
