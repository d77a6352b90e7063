/** What only one definition may have, claimed by several. */
import type { Definition } from './object.ts';

export interface Claim<D extends Definition = Definition> {
  /** What only one may have; the scope is a part of it. */
  readonly what: string;
  readonly on: D;
  readonly path: readonly (string | number)[];
}

/** For each claim after the first on the same thing: the claim and the first one. */
export function contested<D extends Definition>(claims: Iterable<Claim<D>>): readonly (readonly [Claim<D>, Claim<D>])[] {
  const first = new Map<string, Claim<D>>();
  const found: (readonly [Claim<D>, Claim<D>])[] = [];
  for (const claim of claims) {
    const earlier = first.get(claim.what);
    if (earlier === undefined) first.set(claim.what, claim);
    else found.push([claim, earlier]);
  }
  return found;
}
