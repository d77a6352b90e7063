/** Annotations that netloom gives a meaning to: all names below `netloom.dev/`. Every other annotation is its author's. */

/** What netloom's own annotations begin with. */
export const OWN_PREFIX = 'netloom.dev/';

/** `"true"`: no revision may delete this definition, or take it along with another. */
export const PROTECT = `${OWN_PREFIX}protect`;

/** `"true"` at a Network or an Interface: its devices may be taken over from whoever made them. */
export const ADOPT = `${OWN_PREFIX}adopt`;

/** At the Cluster: hashes of deletions that may go ahead on every node, with commas or blanks between. */
export const APPROVE = `${OWN_PREFIX}approve`;

/** The words of an approval. */
export function hashesIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(word => word !== '');
}

/** True for what can be the hash of deletions: 16 hex digits. */
export function isApprovalHash(word: string): boolean {
  return /^[0-9a-f]{16}$/.test(word);
}
