/** Who changed a definition last: from the clones that are here, deepened only where somebody asks for that. */
import { join } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { type Oid, type Repo, RepoError } from '../repo/repo.ts';
import type { DefinitionTrace } from '../trace/trace.ts';
import { followDefinition } from './definition-past.ts';
import { newestOf } from './find-revision.ts';
import { openHistory } from './history-clone.ts';
import { openRemote, type Sides } from './remote.ts';
import { type Walked, walkBack } from './walk-back.ts';

export interface Authors {
  /** `definition` as origins name it, `file` below the root of the definitions; null: it is not defined any more. */
  of(definition: string, file: string | null): Promise<Pick<DefinitionTrace, 'commit' | 'unknown'>>;
}

/** A part of the history, and the repository that can read it. */
interface Part {
  readonly repo: Repo;
  readonly walked: Walked;
}

/** Of the enforced revision, without a request: the pass's own clone, and below its end the clone for history where that has more. With `fetch` that is brought up to date. */
export async function authorsHere(config: NodeConfig, revision: Oid, fetch: boolean): Promise<Authors> {
  if (fetch) return authorsThere(config, revision);
  const { definitions, branch, path } = await openRemote(config, join(config.stateDir, 'clone'));
  const parts: Part[] = [];
  let from: Oid | null = revision;
  for (const repo of [definitions, (await openHistory(config)).definitions]) {
    const walked: Walked | null = from === null ? null : await walkedHere(repo, branch, from, path);
    if (walked === null) continue;
    parts.push({ repo, walked });
    from = walked.end === 'first' ? null : walked.last.oid;
  }
  return authorsIn(parts, 'the clone here goes back no further: netloom trace --fetch asks the remote for more');
}

async function walkedHere(repo: Repo, branch: string, from: Oid, folder: string): Promise<Walked | null> {
  try {
    if (!(await repo.here([from])).has(from)) return null;
    return await walkBack({ repo, branch, from, folder, mayFetch: false });
  } catch (error) {
    if (error instanceof RepoError) return null; // a clone is a cache: what is wrong with it is not known, no more
    throw error;
  }
}

/** Of a revision of the remote, whose history is fetched. Throws RepoError. */
export async function authorsThere(config: Sides & Pick<NodeConfig, 'stateDir'>, revision: Oid): Promise<Authors> {
  const { definitions, branch, path } = await openHistory(config);
  const line = await newestOf(definitions, branch);
  const isThere = (await definitions.here([revision])).has(revision);
  const walked = await walkBack({ repo: definitions, branch, from: isThere ? revision : line.tip, folder: path, mayFetch: true });
  return authorsIn([{ repo: definitions, walked }], 'the remote has no older history');
}

function authorsIn(parts: readonly Part[], further: string): Authors {
  return {
    of: async (definition, file) => {
      const [kind = '', key = ''] = definition.split(' ');
      if (file === null)
        return { commit: null, unknown: 'it is not defined in this revision (netloom events, or netloom blame of its address, tell of the past)' };
      let [path, oldest] = [file, ''];
      for (const { repo, walked } of parts) {
        const first = (await followDefinition({ repo, walked, kind, key, path }).next()).value;
        if (first === undefined) continue;
        if (first.commit !== '') return { commit: await authorOf(repo, first.commit), unknown: null };
        path = first.value?.at.file ?? path;
        oldest = `as it is since ${new Date(first.at).toISOString().slice(0, 19)}Z (${walked.last.oid.slice(0, 10)}) or longer; `;
      }
      return { commit: null, unknown: `${oldest}${further}` };
    },
  };
}

async function authorOf(repo: Repo, oid: Oid): Promise<DefinitionTrace['commit']> {
  const { author, at, subject } = await repo.info(oid);
  return { commit: oid, author, at: new Date(at).toISOString(), subject };
}
