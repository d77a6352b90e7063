/** `netloom init`: a new repository of definitions, from what this machine is and what a person answers. */
import { basename, join, resolve } from 'node:path';
import { cardsHere, defaultDevice, labelOf, nodeNameHere, type Underlay, underlayTo } from '../host/underlay.ts';
import { checkEmpty, exampleFiles, type NewFile, problemsIn, toolFiles, workflowFiles, writeRepository } from '../join/init.ts';
import { type Beginning, newDefinitions } from '../join/new-definitions.ts';
import { parseAddress } from '../repo/address.ts';
import { ask, isAnybodyThere } from './ask.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print, say } from './terminal.ts';

interface Options {
  readonly cluster?: string;
  readonly node?: string;
  readonly to?: string;
  readonly pool?: string;
  readonly egress?: string;
  readonly network: readonly string[];
  readonly remote?: string;
  readonly example?: string;
  readonly tools: boolean;
  readonly yes?: true;
}

const BRANCH = 'main';

/** Exit 0 when the repository is there, 3 when what the flags say makes no valid definitions; nothing is written then. */
export async function initCommand(path: string, options: Options): Promise<ExitCode> {
  const dir = resolve(path);
  checkEmpty(dir, path);
  const questions = isAnybodyThere() && options.yes !== true && options.example === undefined;
  const beginning = options.example === undefined ? await beginningOf(dir, options, questions) : null;
  const remote = remoteOf(options.remote ?? (questions ? await ask('url of the remote repository, if there is one already') : ''));
  const definitions = beginning === null ? exampleOf(options) : newDefinitions(beginning);
  const problems = problemsIn(definitions);
  if (problems.some(({ severity }) => severity === 'error'))
    throw new CommandError(formatDiagnostics(problems), { exitCode: EXIT.invalid, hint: 'correct what was asked for; nothing was written' });
  const files = new Map<string, NewFile>([...definitions, ...workflowFiles(), ...(options.tools ? toolFiles() : [])]);
  const commit = await writeRepository(dir, files, { branch: BRANCH, message: 'Definitions, as netloom init wrote them', remote });
  for (const { message, hint = '' } of problems) say(`warning: ${message}\n  hint: ${hint}`);
  tell(path, { beginning, definitions, files, commit, remote });
  return EXIT.fine;
}

async function beginningOf(dir: string, options: Options, questions: boolean): Promise<Beginning> {
  const answer = (given: string | undefined, question: string, otherwise: string): Promise<string> | string =>
    given ?? (questions ? ask(question, otherwise) : otherwise);
  const cluster = await answer(options.cluster, 'name of the cluster', labelOf(basename(dir)) || 'cluster');
  const node = await answer(options.node, 'name of this node', nodeNameHere());
  const underlay = await underlayOf(await answer(options.to, 'address of another node (none: the default route leads to them)', ''));
  const pool = await poolOf(
    await answer(options.pool, 'addresses of the outside for this cluster, as NAME=CIDR (none: no way out)', ''),
    async () => answer(options.egress, 'network card by which they leave', (await defaultDevice()) ?? ''),
    options,
  );
  const first = options.network.length > 0 || !questions ? options.network : [await ask('a first network, as TENANT/NAME=CIDR (none: later)', '')];
  return { cluster, node, underlay, pool, networks: first.filter(text => text !== '').map(networkOf) };
}

async function underlayOf(to: string): Promise<Underlay> {
  const cards = await cardsHere();
  const underlay = await underlayTo(to === '' ? null : to, cards);
  print(`underlay: ${underlay.address} on ${underlay.device}, mtu ${underlay.mtu}${to === '' ? ' (by the default route)' : ` (the way to ${to})`}`);
  return underlay;
}

async function poolOf(text: string, device: () => Promise<string> | string, options: Options): Promise<Beginning['pool']> {
  if (text === '') {
    if (options.egress !== undefined) throw new CommandError('--egress says how a pool leaves, and there is none', { hint: 'add --pool NAME=CIDR' });
    return null;
  }
  const [name, cidr] = pair('--pool', text, 'floating=198.51.100.0/24');
  const card = await device();
  if (card !== '') return { name, cidr, device: card };
  throw new CommandError(`pool ${name} needs a network card by which it leaves, and this machine has no default route`, {
    hint: 'name it with --egress DEVICE',
  });
}

function networkOf(text: string): Beginning['networks'][number] {
  const [key, cidr] = pair('--network', text, 'acme/lan=192.168.0.0/24');
  const [namespace, name, ...more] = key.split('/');
  if (namespace && name && more.length === 0) return { namespace, name, cidr };
  throw new CommandError(`--network ${text}: ${key} is no tenant and network`, { hint: 'such as acme/lan=192.168.0.0/24' });
}

function pair(option: string, text: string, example: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new CommandError(`${option} ${text}: it is a name, an equals sign and a prefix`, { hint: `such as ${example}` });
}

// Throws what is wrong with it; a url with a secret would stand in .git/config.
function remoteOf(url: string): string | null {
  return url === '' ? null : parseAddress(url).url;
}

function exampleOf({ example }: Options): ReadonlyMap<string, string> {
  if (example === 'cluster') return exampleFiles();
  throw new CommandError(`there is no example ${example}`, { hint: 'examples: cluster' });
}

interface Written {
  readonly beginning: Beginning | null;
  readonly definitions: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, NewFile>;
  readonly commit: string;
  readonly remote: string | null;
}

function tell(path: string, { beginning, definitions, files, commit, remote }: Written): void {
  for (const file of definitions.keys()) print(`wrote ${join(path, file)}`);
  print(`wrote ${files.size - definitions.size} more files: workflows of CI, and the program that they run`);
  print(`committed ${commit} on ${BRANCH}${remote === null ? '' : `, remote origin is ${remote}`}`);
  const [git, url] = [`git -C ${path}`, remote ?? 'URL'];
  const push = [...(remote === null ? [`${git} remote add origin ${url}`] : []), `${git} push -u origin ${BRANCH}`];
  const next = `netloom join ${url} --node ${beginning?.node ?? 'NAME'} --token-file FILE`;
  print(`\nNext:\n  ${push.join('\n  ')}\nthen as root ${beginning === null ? 'on each node' : 'here, and on each other node with its own name'}:\n  ${next}`);
}
