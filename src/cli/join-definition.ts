/** This node's definition at a join: there already, or made, and pushed with a person's credential or printed for a pull request. */
import { join } from 'node:path';
import type { Found } from '../join/checks.ts';
import { definitionPath, writeAll } from '../join/configuration.ts';
import { personsAuth } from '../join/credential.ts';
import type { Joined } from '../join/joined.ts';
import { type DefinitionFile, newNodeFile } from '../join/node-definition.ts';
import type { SourceFile } from '../load/source.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Catalog } from '../objects/object.ts';
import { personHere } from '../pass/checkout.ts';
import { type EditArgs, type FileEdit, type Pushed, pushEdit } from '../pass/push-edit.ts';
import { errorsWith } from '../pass/with-edits.ts';
import { type Auth, readAuth } from '../repo/auth.ts';
import { askSecret, isAnybodyThere } from './ask.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT } from './exit.ts';
import { egressOf, type JoinOptions, type PushOptions, persons } from './join-options.ts';

export interface News {
  readonly found: Found;
  readonly catalog: Catalog;
  readonly files: readonly SourceFile[];
  readonly mtu: number | undefined;
  readonly scratch: string;
}

/** Throws CommandError where it would make the definitions invalid, RepoError where a push is refused. */
export async function settleDefinition(config: NodeConfig, options: JoinOptions, news: News, tell: (text: string) => void): Promise<Joined['definition']> {
  const { node: name, repo } = config;
  const there = news.catalog.nodes.get(name);
  if (there !== undefined) {
    tell(`Node ${name} is in the definitions: ${there.at.file}`);
    return { state: 'merged', file: there.at.file, branch: repo.branch, link: null };
  }
  const file = newNodeFile(
    { name, found: news.found, gateway: options.gateway === true, egress: egressOf(options.egress), mtu: news.mtu },
    news.catalog,
    news.files,
  );
  const wrong = errorsWith(news.files, new Map([[file.path, file.text]]));
  if (wrong.length > 0)
    throw new CommandError(formatDiagnostics(wrong), {
      exitCode: EXIT.invalid,
      hint: 'with these options the definitions would be invalid; nothing was pushed',
    });
  const kept = definitionPath(options.config, name);
  await writeAll([{ path: kept, text: file.text, mode: 0o644 }]);
  if (options.push === undefined) {
    tell(
      `Node ${name} is not in the definitions yet. Merge this as ${file.path} (it is kept as ${kept}; --push commits it with a person's credential):\n\n${file.text}`,
    );
    return { state: 'open', file: file.path, branch: '', link: null };
  }
  const pushed = await push(config, options, news.scratch, { ...file, from: null, message: `Node ${name}`, branch: branchOf(options.push, `join-${name}`) });
  return toldPush(pushed, file, repo.branch, tell);
}

function toldPush({ state, branch, commit, link }: Pushed, file: DefinitionFile, main: string, tell: (text: string) => void): Joined['definition'] {
  const what = state === 'there' ? `${file.path} is on ${branch} already` : `committed ${file.path} to ${branch} as ${commit.slice(0, 10)}`;
  if (branch === main) tell(what);
  else tell(`${what}; open a pull request for it${link === null ? '' : `: ${link}`}`);
  return { state: branch === main ? 'pushed' : 'asked', file: file.path, branch, link };
}

/** The branch that --push names; without a name one of its own. */
export function branchOf(push: string | true, otherwise: string): string {
  return push === true ? otherwise : push;
}

/** One file changed by a commit, with a person's credential; that is not kept. Throws CommandError, RepoError with what to do. */
export async function push(
  config: NodeConfig,
  options: PushOptions,
  scratch: string,
  edit: FileEdit & Pick<EditArgs, 'message' | 'branch'> & { readonly path: string },
): Promise<Pushed> {
  const { url, branch: main, path: below } = config.repo;
  const auth = await whoPushes(config, options, scratch);
  const { path, from, text, message, branch } = edit;
  const edits = new Map([[below === '' ? path : join(below, path), { from, text }]]);
  try {
    return await pushEdit({ url, auth, scratch, main, branch, edits, message, author: personHere() });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'RepoError') throw error;
    throw new CommandError(`${error.message}`, {
      hint: `nothing of the definitions was changed: give the credential of a person who may push to ${edit.branch} (--push-token-file), or push another branch for a pull request, or change ${edit.path} by hand; then do this again`,
    });
  }
}

async function whoPushes({ repo }: NodeConfig, options: PushOptions, scratch: string): Promise<Auth | undefined> {
  if (options.pushOwn === true) return repo.auth === undefined ? undefined : readAuth(repo.auth);
  const isGiven = options.pushTokenFile !== undefined || options.pushSshKey !== undefined;
  if (isGiven) return personsAuth(persons(options, undefined, repo.auth?.knownHosts), join(scratch, 'push-auth'));
  if (isAnybodyThere())
    return personsAuth(persons(options, await askSecret('token of yours that may push definitions (it is not kept, and not shown)')), scratch);
  throw new CommandError('--push commits with a credential of a person, and none is given', {
    hint: "name a file with a token (--push-token-file), a key (--push-ssh-key), or --push-own where the node's own may push definitions",
  });
}
