/** What somebody means by one word: the network, node, interface or floating address that is to be drawn. */
import { canonicalIp } from '../model/ip.ts';
import { type Called, type RefKind, resolveRef } from '../report/resolve-ref.ts';

/** Kinds that can be drawn. */
export type Drawable = Extract<RefKind, 'Network' | 'Node' | 'Interface' | 'FloatingIP'>;

export type Subject = { readonly kind: Drawable; readonly key: string } | { readonly message: string; readonly candidates: readonly string[] };

const BY_NAME: readonly Drawable[] = ['Network', 'Node', 'Interface', 'FloatingIP'];
/** An address is first of all who answers for it, and a device who uses it; a network has them all. */
const BY_OTHERS: readonly Drawable[] = ['Interface', 'Network', 'FloatingIP', 'Node'];

/** The first kind that has such a name; else the narrowest thing that has the address, MAC, device, vxid or uuid; else what begins so. */
export function subjectOf(ref: string, namespace: string | null, index: readonly Called[]): Subject {
  const isName = (kind: Drawable): boolean => index.some(each => each.kind === kind && (each.key === ref || each.name === ref));
  const named = BY_NAME.filter(isName);
  const order = named.length > 0 ? named : canonicalIp(ref) === null ? BY_OTHERS : (['FloatingIP', ...BY_OTHERS] as const);
  const whole = order.map(kind => ({ kind, found: resolveRef(ref, kind, namespace, index, { exact: true }) }));
  const tries = [...whole, ...BY_NAME.map(kind => ({ kind, found: resolveRef(ref, kind, namespace, index) }))];
  for (const { kind, found } of tries) if ('key' in found) return { kind, key: found.key };
  const told = tries.flatMap(({ found }) => ('key' in found || found.candidates.length === 0 ? [] : [found]));
  return told[0] ?? { message: `nothing is called ${ref}: no network, node, interface or floating address`, candidates: [] };
}
