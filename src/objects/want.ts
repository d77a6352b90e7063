/** The two small makers that every compiling object uses. */
import type { Kind, Origin, Resource } from '../kinds/kind.ts';
import type { Definition } from './object.ts';

/** `Network default/demo` and its place: what a resource says it comes from. */
export function originOf(self: Definition): Origin {
  return { definition: `${self.kind} ${self.key}`, at: self.at };
}

/** A wanted piece of kernel state; the spec is checked against its kind's type here. The first origin is the one it is told under. */
export function want<S extends object>(kind: Kind<S>, spec: S, ...from: readonly Origin[]): Resource<S> {
  return { kind: kind.name, ref: kind.ref(spec), spec, from };
}
