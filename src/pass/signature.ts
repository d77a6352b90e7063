/** How netloom signs what it commits to the status branch. */
import type { Author } from '../repo/repo.ts';

/** The node is the author: `netloom@n1`. */
export function author(node: string): Author {
  return { name: `netloom ${node}`, email: `netloom@${node}` };
}

/** `status: n1: allocations of 3 networks`; CI leaves such commits alone. */
export function commitMessage(node: string, what: string): string {
  return `netloom: ${node}: ${what}\n\n[skip ci]\n`;
}
