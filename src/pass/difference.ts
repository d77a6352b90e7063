/** Two revisions of the definitions, read from a checkout or from the configured remote, and what differs between them. */
import { HostError } from '../host/errors.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Catalog } from '../objects/object.ts';
import type { Difference, RevisionPoint } from '../trace/difference.ts';
import { commitOf, filesOf, openCheckout } from './checkout-revisions.ts';
import { differing } from './definition-changes.ts';
import { findRevision, newestOf } from './find-revision.ts';
import { openHistory } from './history-clone.ts';
import { loadFolder } from './local.ts';
import { loadCached } from './parsed-cache.ts';
import type { Sides } from './remote.ts';
import { readFiles } from './revision.ts';

/** What somebody asked to compare; `head` undefined: the newest there is (in a checkout the work tree). */
export interface Asked {
  readonly base: string;
  readonly head: string | undefined;
}

interface Loaded {
  readonly point: RevisionPoint;
  readonly catalog: Catalog | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Of the checkout that a folder of definitions is in. Throws HostError. */
export async function differenceInCheckout(dir: string, { base, head }: Asked): Promise<Difference> {
  const checkout = await openCheckout(dir);
  const at = async (name: string): Promise<Loaded> => {
    const commit = await commitOf(checkout, name);
    if (commit === null)
      throw new HostError('no-entry', `${JSON.stringify(name)} names no commit here: a shallow clone has the newest only, and git fetch brings more`);
    const { files, entries } = await filesOf(checkout, commit);
    return { point: { name, commit }, ...(await loadCached(null, files, entries)) };
  };
  const workTree = async (): Promise<Loaded> => ({ point: { name: 'work tree', commit: '' }, ...(await loadFolder(checkout.dir, null)) });
  return between(await at(base), await (head === undefined ? workTree() : at(head)));
}

/** Of the branch that nodes follow. Throws RepoError. */
export async function differenceOfRemote(config: Sides & Pick<NodeConfig, 'stateDir'>, { base, head }: Asked): Promise<Difference> {
  const { definitions, branch, path } = await openHistory(config);
  const line = await newestOf(definitions, branch);
  const at = async (name: string): Promise<Loaded> => {
    const point = await findRevision(line, name);
    const { files, entries } = await readFiles(definitions, point.commit, path);
    return { point, ...(await loadCached(null, files, entries)) };
  };
  return between(await at(base), await at(head ?? ''));
}

function between(base: Loaded, head: Loaded): Difference {
  const points = { base: base.point, head: head.point };
  for (const { point, catalog, diagnostics } of [head, base]) if (catalog === null) return { ...points, items: [], diagnostics, invalid: point };
  if (base.catalog === null || head.catalog === null) throw new Error('bug: a revision without a catalog was let through');
  return { ...points, items: differing(base.catalog, head.catalog), diagnostics: [], invalid: null };
}
