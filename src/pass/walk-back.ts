/** A branch's history from a commit backwards, fetched as far as somebody needs it. */
import type { FolderChange, Lineage, Oid, Repo } from '../repo/repo.ts';

export interface WalkArgs {
  readonly repo: Pick<Repo, 'lineage' | 'deepen'>;
  /** A branch that was synced. */
  readonly branch: string;
  /** A commit of it that is here. */
  readonly from: Oid;
  /** Below the root; '' for all. */
  readonly folder: string;
  /** False: nobody is asked for more than is here. */
  readonly mayFetch: boolean;
  /** True: what was walked is enough, nothing older is fetched. */
  readonly isEnough?: (walked: Walked) => boolean | Promise<boolean>;
  /** Told before more is fetched. */
  readonly tell?: ((walked: Walked) => void) | undefined;
}

/** What is known of the folder's past. */
export interface Walked {
  /** Newest first. */
  readonly changes: readonly FolderChange[];
  /** The oldest commit that was walked to, and what the folder held then. */
  readonly last: Lineage['last'];
  /** `first`: the first commit of all. `cut`: the remote has no more. `here`: more was not asked for. */
  readonly end: 'first' | 'cut' | 'here';
  /** Number of commits. */
  readonly walked: number;
}

/** Walks back along first parents, a thousand further commits at a time where more are needed. Throws RepoError. */
export async function walkBack({ repo, branch, from, folder, mayFetch, isEnough = () => false, tell }: WalkArgs): Promise<Walked> {
  let part = await repo.lineage(from, folder);
  let changes: readonly FolderChange[] = part.changes;
  let { walked } = part;
  for (;;) {
    const so = (end: Walked['end']): Walked => ({ changes, last: part.last, end, walked });
    if (!part.isCut) return so('first');
    if (!mayFetch || (await isEnough(so('here')))) return so('here');
    tell?.(so('here'));
    if (!(await repo.deepen(branch))) return so('cut');
    const further = await repo.lineage(part.last.oid, folder);
    if (further.isCut && further.last.oid === part.last.oid) return so('cut');
    changes = [...changes, ...further.changes];
    walked += further.walked - 1;
    part = further;
  }
}
