/** What is asked of `adopt`, and what it answers. */
import type { Catalog } from '../objects/object.ts';
import type { FoundNetwork } from './find.ts';

/** What a person asks for. */
export interface AdoptAsk {
  /** Name of the Node. */
  readonly node: string;
  /** The tenant of what is new. */
  readonly namespace: string;
  /** keep: a router of somebody else goes on as a guest. replace: what netloom needs to make it anew. */
  readonly routers: 'keep' | 'replace';
  readonly only: (vxid: number, names: readonly string[]) => boolean;
  /** By vxid, or name of a device. */
  readonly cidrs: ReadonlyMap<string, string>;
}

/** The definitions that are there. */
export interface Present {
  /** null where there are none. */
  readonly catalog: Catalog | null;
  readonly paths: ReadonlySet<string>;
}

export interface Written {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What a person should know, a sentence each. */
  readonly remarks: readonly string[];
  readonly networks: readonly FoundNetwork[];
}

/** Documents of one file, each as lines. */
export type Documents = readonly (readonly string[])[];
