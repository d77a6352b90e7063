/** What people call the kinds of objects: whole words, plurals, short names, and any start that only one kind has. */

/** Kinds that a REF can mean. */
export type RefKind = 'Network' | 'Interface' | 'Node' | 'Namespace' | 'AddressPool' | 'FloatingIP' | 'RoutedIP';

/** Every kind, in the order in which listings show them, with its words; the first is what messages say. */
const WORDS: Readonly<Record<RefKind, readonly string[]>> = {
  Node: ['node', 'no'],
  Namespace: ['namespace', 'ns', 'tenant'],
  AddressPool: ['pool', 'addresspool'],
  Network: ['network', 'net'],
  Interface: ['interface', 'if', 'iface'],
  FloatingIP: ['floatingip', 'floating', 'fip'],
  RoutedIP: ['routedip', 'routed', 'rip'],
};

/** All kinds, as `get all` lists them. */
export const REF_KINDS = Object.keys(WORDS) as readonly RefKind[];

/** `networks`, as messages and help name a kind. */
export function pluralWord(kind: RefKind): string {
  return `${WORDS[kind][0]}s`;
}

/** The kinds that a word can mean: one for `networks`, `Network`, `net`, `netw`; several for `n`; none for nonsense. */
export function kindsCalled(text: string): readonly RefKind[] {
  const word = text.toLowerCase();
  const whole = parseKind(word);
  if (whole !== null) return [whole];
  return word === '' ? [] : REF_KINDS.filter(kind => WORDS[kind].some(each => `${each}s`.startsWith(word)));
}

/** `networks`, `network`, `Network`, `net`: the kind that a whole word means; null when it is none. */
export function parseKind(text: string): RefKind | null {
  const word = text.toLowerCase();
  return REF_KINDS.find(kind => WORDS[kind].some(each => each === word || `${each}s` === word)) ?? null;
}
