/** `netloom cordon` and `uncordon`: edits the Node in a checkout of the definitions, and says which routers move where. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setCordon } from '../edit/set-cordon.ts';
import type { Ledger } from '../model/ledger.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { changedAmong, commitFiles, writeFile } from '../pass/checkout.ts';
import { type CordonPlan, cordonPlan } from '../pass/cordon.ts';
import { knownHere } from '../pass/known.ts';
import { loadFolder } from '../pass/local.ts';
import { table } from '../report/table.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { nodeOf } from './node-context.ts';
import { columns, print, say } from './terminal.ts';
import { hereIn, look, type ViewOptions } from './view-source.ts';

type Options = ViewOptions & { readonly repoDir: string; readonly commit?: true };

/** Commits or leaves to be committed: `spec.cordon: true`. One commit moves all networks of that gateway. */
export async function cordonCommand(name: string, options: Options): Promise<ExitCode> {
  return change(name, true, options);
}

/** The way back: nothing moves by it, new networks may go there again. */
export async function uncordonCommand(name: string, options: Options): Promise<ExitCode> {
  return change(name, false, options);
}

async function change(name: string, cordon: boolean, options: Options): Promise<ExitCode> {
  const dir = resolve(options.repoDir);
  const catalog = await definitionsIn(dir, options.repoDir);
  const node = nodeOf(catalog, name);
  if (!node.spec.gateway) throw new CommandError(`Node ${name} is no gateway node: it carries no routers`, { hint: `gateway nodes: ${gatewaysOf(catalog)}` });
  if (node.spec.cordon === cordon) {
    print(`Node ${name} is ${cordon ? 'cordoned' : 'not cordoned'} already.`);
    return EXIT.fine;
  }
  const { file } = node.at;
  const text = setCordon(readFileSync(join(dir, file), 'utf8'), node.doc, cordon);
  if (text === null)
    throw new CommandError(`${file} is written in a way that is not edited by machine`, { hint: `set spec.cordon: ${cordon} of Node ${name} there by hand` });
  if (options.commit && (await changedAmong(dir, [file])).length > 0)
    throw new CommandError(`${file} has changes that are not committed`, { hint: 'commit or undo them first' });
  await writeFile(dir, file, text);
  print(`${file}: spec.cordon of Node ${name} is ${cordon} now.`);
  await tellMoves(catalog, node, cordon, options);
  if (options.commit) print(`Committed ${await commitFiles(dir, [file], `${cordon ? 'cordon' : 'uncordon'} ${name}`)}. It takes effect once it is pushed.`);
  else print('It takes effect once it is committed and pushed.');
  return EXIT.fine;
}

async function definitionsIn(dir: string, shown: string): Promise<Catalog> {
  if (!existsSync(dir)) throw new CommandError(`there is no folder ${shown}`, { hint: 'name a checkout of the definitions with --repo-dir' });
  const { catalog, diagnostics } = await loadFolder(dir, null);
  if (catalog !== null) return catalog;
  throw new CommandError(formatDiagnostics(diagnostics), { exitCode: EXIT.invalid, hint: 'name a checkout of the definitions with --repo-dir' });
}

async function tellMoves(catalog: Catalog, node: NodeDef, cordon: boolean, options: Options): Promise<void> {
  const ledger = await ledgerAtHand(options);
  if (ledger === null) say('What moves is not known here: there is no status branch and no kept ledger to look at (--config or --repo names one).');
  else print(movesText(cordonPlan(catalog, ledger, node, cordon, new Date()), node.name, cordon));
}

function movesText({ moves, stays }: CordonPlan, name: string, cordon: boolean): string {
  const rows = [...moves.map(({ network, from, to }) => [network, from, to, '']), ...stays.map(({ network, why }) => [network, name, name, `stays: ${why}`])];
  if (rows.length > 0) return table(['NETWORK', 'FROM', 'TO', 'MESSAGE'], rows, columns());
  return cordon ? `No network has its router on ${name}: nothing moves.` : 'Nothing moves; new networks may go there again.';
}

// The status branch knows best; what this node keeps is nearly as good, and is there when the remote is not.
async function ledgerAtHand(options: Options): Promise<Ledger | null> {
  const here = hereIn(options);
  if (here === null && options.repo === undefined) return null;
  try {
    return (await look(options)).ledger;
  } catch (error) {
    if (!(error instanceof Error) || !['HostError', 'RepoError'].includes(error.name)) throw error;
    say(error.message);
    return here === null ? null : ((await knownHere(here.stateDir))?.ledger ?? null);
  }
}

function gatewaysOf({ nodes }: Catalog): string {
  const names = [...nodes.values()].filter(node => node.spec.gateway).map(node => node.name);
  return names.length === 0 ? 'none' : names.join(', ');
}
