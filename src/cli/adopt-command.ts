/** `netloom adopt`: what is here, as definitions that permit to take it over; printed, or written beside those that are there. */
import { existsSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { AdoptAsk, Present, Written } from '../adopt/ask.ts';
import { adoptedDefinitions } from '../adopt/definitions.ts';
import { label } from '../adopt/names.ts';
import { writeForOthers } from '../host/files.ts';
import { takeInventory } from '../host/inventory.ts';
import { load } from '../load/load.ts';
import type { SourceFile } from '../load/source.ts';
import { parseCidr } from '../model/ip.ts';
import { shown } from '../model/text.ts';
import { parseVxid } from '../model/vxid.ts';
import { blobId } from '../pass/folder.ts';
import { loadFolder } from '../pass/local.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print, say } from './terminal.ts';

interface Options {
  readonly namespace: string;
  readonly node?: string;
  readonly dir?: string;
  readonly write?: true;
  readonly only?: string;
  readonly cidr?: readonly string[];
  readonly routers: AdoptAsk['routers'];
}

/** Reads, writes definitions, changes nothing on the node. 3: they would not be valid; then nothing is written. */
export async function adoptCommand(options: Options): Promise<ExitCode> {
  if (options.write && options.dir === undefined) throw new CommandError('--write without --dir', { hint: 'name the folder of definitions with --dir' });
  const { present, files } = await definitionsIn(options.dir);
  const written = adoptedDefinitions(await takeInventory(), askOf(options), present);
  const problems = problemsWith(files, written);
  if (problems !== '') {
    print(textOf(written));
    throw new CommandError(`what was found makes no valid definitions, so nothing is written:\n${problems}`, {
      exitCode: EXIT.invalid,
      hint: 'leave out what is wrong with --only, or put it right on the node',
    });
  }
  if (options.write && options.dir !== undefined) await writeAll(resolve(options.dir), written);
  else print(textOf(written));
  for (const remark of written.remarks) say(`check: ${remark}`);
  if (written.networks.length > 0) say(closingWords(written));
  return EXIT.fine;
}

async function definitionsIn(dir: string | undefined): Promise<{ readonly present: Present; readonly files: readonly SourceFile[] }> {
  if (dir === undefined || !existsSync(dir)) return { present: { catalog: null, paths: new Set() }, files: [] };
  const { catalog, diagnostics, files } = await loadFolder(resolve(dir), null);
  const paths = new Set(files.map(({ path }) => path));
  const wrong = diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'no-definitions');
  if (wrong.length > 0) throw new CommandError(formatDiagnostics(wrong), { exitCode: EXIT.invalid, hint: 'put the definitions right first' });
  return { present: { catalog, paths }, files };
}

function askOf({ namespace, node, only, cidr = [], routers }: Options): AdoptAsk {
  const chosen = only?.split(',').map(word => word.trim());
  const isChosen = (vxid: number, names: readonly string[]): boolean =>
    chosen === undefined || chosen.some(word => parseVxid(word) === vxid || names.includes(word));
  return { node: nameOf(node), namespace, routers, only: isChosen, cidrs: new Map(cidr.map(cidrOf)) };
}

function nameOf(node: string | undefined): string {
  const name = node ?? label(hostname().split('.')[0] ?? '');
  if (label(name) !== name || name === '')
    throw new CommandError(`${shown(name)} is no name of a Node`, { hint: 'name it with --node: lower-case letters, digits and dashes' });
  return name;
}

function cidrOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  const range = parseCidr(text.slice(at + 1));
  if (at < 1 || range === null)
    throw new CommandError(`${shown(text)} names no prefix of a network`, { hint: 'write it like --cidr 100=10.0.0.0/24, or --cidr br100=10.0.0.0/24' });
  const which = text.slice(0, at);
  return [String(parseVxid(which) ?? which), range.text];
}

// Held against the schemas and each other in memory, with what is there.
function problemsWith(files: readonly SourceFile[], { files: written }: Written): string {
  const fresh = written.map(({ path, text }): SourceFile => {
    const bytes = Buffer.from(text);
    return { path, mode: '100644', id: blobId(bytes), bytes };
  });
  const all = [...files, ...fresh];
  const contents = new Map(all.map(({ path, bytes }) => [path, bytes]));
  if (written.length === 0) return '';
  const { diagnostics } = load({ entries: all, bytesOf: path => contents.get(path) ?? null });
  const wrong = diagnostics.filter(({ severity }) => severity === 'error');
  return wrong.length === 0 ? '' : formatDiagnostics(wrong);
}

function textOf({ files }: Written): string {
  return files.map(({ path, text }) => `# ${path}\n${text}`).join('---\n');
}

async function writeAll(dir: string, { files }: Written): Promise<void> {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    await writeForOthers(join(dir, path), text);
    print(`wrote ${path}`);
  }
}

function closingWords({ networks, files }: Written): string {
  const guests = networks.reduce((sum, each) => sum + each.guests.length, 0);
  const here = `${count(networks.length, 'network')} with ${count(guests, 'port')} here`;
  if (files.length === 0) return `${here}. All of it is defined already.`;
  return `${here}, ${count(files.length, 'file')}. Read them, commit them, and see what netloom plan says on each node before a pass takes anything over.`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
