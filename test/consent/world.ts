/** Revisions as a few words, for tests of what may be deleted. */
import { load } from '../../src/load/load.ts';
import type { Catalog } from '../../src/objects/object.ts';

/** `Network red/lan`, with the YAML of its spec and of more metadata. */
export interface Doc {
  readonly of: string;
  readonly spec?: string;
  readonly meta?: string;
}

export function doc(of: string, spec = '', meta = ''): Doc {
  return { of, spec, meta };
}

/** The catalog of a revision; a Cluster is there without a word. Throws with the diagnostics of definitions that are wrong. */
export function revision(...docs: readonly Doc[]): Catalog {
  const { catalog, diagnostics } = look(...docs);
  if (catalog === null) throw new Error(JSON.stringify(diagnostics, null, 1));
  return catalog;
}

export function look(...docs: readonly Doc[]): ReturnType<typeof load> {
  const all = docs.some(({ of }) => of.startsWith('Cluster ')) ? docs : [doc('Cluster test'), ...docs];
  const bytes = new TextEncoder().encode(all.map(textOf).join('---\n'));
  return load({ entries: [{ path: 'all.yaml', mode: '100644', id: 'x' }], bytesOf: () => bytes });
}

export function textOf({ of, spec = '', meta = '' }: Doc): string {
  const [kind = '', key = ''] = of.split(' ');
  const [name, namespace] = key.split('/').reverse();
  const metadata = [`name: ${name}`, ...(namespace === undefined ? [] : [`namespace: ${namespace}`]), ...(meta === '' ? [] : [meta])];
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { ${metadata.join(', ')} }\nspec: { ${spec} }\n`;
}

export function node(name: string, more = ''): Doc {
  return doc(`Node ${name}`, `underlay: { address: 10.9.0.${name.slice(1)} }${more === '' ? '' : `, ${more}`}`);
}

/** Guests `red/g1` to `red/g<n>` of Network red/lan. */
export function guests(n: number, where = 'node: n1'): readonly Doc[] {
  return Array.from({ length: n }, (_, i) => doc(`Interface red/g${i + 1}`, `network: lan, ${where}`));
}
