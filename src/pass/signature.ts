/** How netloom signs what it commits to the status branch. */
import type { Author } from '../repo/repo.ts';

/** The node is the author: `netloom@n1`. */
export function author(node: string): Author {
  return { name: `netloom ${node}`, email: `netloom@${node}` };
}

/** `status: n1: allocations of 3 networks`; CI leaves such commits alone. `definitions`: the revision that it was made for. */
export function commitMessage(node: string, what: string, definitions: string | null = null): string {
  const cause = definitions !== null && COMMIT.test(definitions) ? `${CAUSE}${definitions}\n` : '';
  return `netloom: ${node}: ${what}\n\n${cause}[skip ci]\n`;
}

const CAUSE = 'Definitions: ';
const COMMIT = /^[0-9a-f]{40}$/;

/** The revision of the definitions that a commit of the status branch was made for; null where it names none. */
export function definitionsIn(commit: string): string | null {
  const line = commit.split('\n').find(each => each.startsWith(CAUSE));
  const revision = line?.slice(CAUSE.length) ?? '';
  return COMMIT.test(revision) ? revision : null;
}
