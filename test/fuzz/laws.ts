/** What holds of all definitions, without a kernel: each law gives what is broken, as sentences. */
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { decide } from '../../src/pass/decide.ts';
import { MOST_BYTES, printMarkdown } from '../../src/review/markdown.ts';
import { sizeOf } from '../../src/review/markdown-words.ts';
import { printReview } from '../../src/review/print-review.ts';
import { doubles } from '../allocate/world.ts';
import { reviewed } from '../review/cluster.ts';
import { NEVER_IN_PROSE, readAsForge } from '../review/forge.ts';
import { broken } from './breaks.ts';
import { BEGIN, type Stage, stages } from './life.ts';
import { planOnPaper } from './paper-pass.ts';
import { freshPaper } from './paper-rows.ts';
import { type File, filesOf, isError, loadFiles, type Revision } from './revision.ts';
import { type Document, THIS_NODE } from './ties.ts';

/** Values that two have; and what is numbered anew although nothing was changed about it. */
export function allocationsOf(history: readonly Revision[]): readonly string[] {
  const all = stages(history);
  const twice = all.flatMap(({ ledger }, at) => doubles(ledger).map(words => `revision ${at + 1}: twice: ${words}`));
  const moved = all.slice(1).flatMap((next, at) => renumbered(all[at] as Stage, next).map(words => `revision ${at + 2}: ${words}`));
  return [...twice, ...moved];
}

function renumbered(before: Stage, after: Stage): readonly string[] {
  const [was, is] = [identities(before), identities(after)];
  return [...was].flatMap(([of, value]) => {
    const now = is.get(of);
    return now === undefined || now === value ? [] : [`${of} was ${value} and is ${now}`];
  });
}

/** What netloom chose for each definition, by all that its choice may depend on. What a definition asks for it may get later. */
function identities({ documents, catalog, ledger }: Stage): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const all = (kind: Document['kind'], name?: string) => documents.filter(one => one.kind === kind && (name === undefined || one.metadata.name === name));
  const about = (...some: readonly (readonly Document[])[]): string => JSON.stringify(some);
  const chosen = (some: readonly Document[], field: string, value: unknown): unknown => (some.some(({ spec }) => field in spec) ? 'asked for' : value);
  for (const [key, { uuid, vxid, removed, interfaces }] of Object.entries(ledger.networks)) {
    const made = catalog.networks.get(key);
    const network = made?.made === undefined ? all('Network', key.split('/')[1]) : [made as unknown as Document];
    if (removed === undefined) found.set(`Network ${key} ${about(network)}`, `${uuid} ${chosen(network, 'vxid', vxid)}`);
    for (const [id, guest] of Object.entries(interfaces)) {
      const iface = all('Interface', id.split('/')[1]);
      const own = `${guest.uuid} ${chosen(iface, 'mac', guest.mac)} ${chosen(iface, 'address', guest.address)}`;
      if (guest.removed === undefined && guest.address !== undefined) found.set(`Interface ${id} ${about(iface, network)}`, own);
    }
  }
  for (const [pool, { floating, routed }] of Object.entries(ledger.pools ?? {})) {
    for (const [key, { address, removed }] of [...Object.entries(floating), ...Object.entries(routed)]) {
      const holders = [...all('FloatingIP', key.split('/')[1]), ...all('RoutedIP', key.split('/')[1])];
      if (removed === undefined)
        found.set(`${pool} ${key} ${about(holders, all('AddressPool'), all('Cluster'), all('Namespace'))}`, String(chosen(holders, 'address', address)));
    }
  }
  return found;
}

/** Whatever the order in which files are read, ledger and plan are the same, byte for byte. */
export function bytesOf(history: readonly Revision[]): readonly string[] {
  return history.flatMap(({ files }, at) => {
    const [one, two] = [outcome(files), outcome([...files].reverse())];
    return one === two ? [] : [`revision ${at + 1}: another order of files makes another ledger or plan:\n${one}\n${two}`];
  });
}

function outcome(files: readonly File[]): string {
  const { catalog } = loadFiles(files);
  const node = catalog?.nodes.get(THIS_NODE);
  if (catalog === null || node === undefined) return '';
  const { ledger, pending } = decide(catalog, EMPTY_LEDGER, new Date(BEGIN));
  const { plan } = planOnPaper(freshPaper(), { catalog, ledger, node });
  return JSON.stringify([[...ledgerFiles(ledger)], pending, plan]);
}

const MISTAKES = 6;

/** A mistake is told with its place and in one line, or it is none, and then all that follows can be done. */
export function mistakesIn(history: readonly Revision[]): readonly string[] {
  return history.flatMap(revision => broken(revision, MISTAKES).flatMap(documents => told(filesOf(documents))));
}

function told(files: readonly File[]): readonly string[] {
  const { catalog, diagnostics } = loadFiles(files);
  const { diagnostics: again } = loadFiles([...files].reverse());
  const unlike = JSON.stringify(diagnostics) === JSON.stringify(again) ? [] : ['another order of files makes other diagnostics'];
  if (catalog !== null) outcome(files);
  const silent = catalog === null && !diagnostics.some(isError) ? ['refused without a word'] : [];
  return [...unlike, ...silent, ...diagnostics.flatMap(each => (isTold(each, files) ? [] : [`not told well: ${JSON.stringify(each)}`]))];
}

function isTold({ code, message, hint = '', at }: Diagnostic, files: readonly File[]): boolean {
  const lines = files.find(({ path }) => path === at.file)?.lines.paths.length ?? 0;
  const isPlaced = at.line >= 1 && at.line <= lines && at.col >= 1;
  const isOfAll = code === 'no-cluster' || code === 'no-definitions';
  return (isPlaced || isOfAll) && message !== '' && !/[\p{Cc}\u202e]/u.test(message + hint);
}

/** The comment of a pull request from each revision to the next, and to one with a mistake: whole, not too long, and harmless. */
export function commentsOn(history: readonly Revision[]): readonly string[] {
  return history.slice(1).flatMap((next, at) => {
    const main = textsOf(history[at]?.files ?? []);
    const [mistake = []] = broken(next, 1);
    return [textsOf(next.files), textsOf(filesOf(mistake))].flatMap(after => commentOn(main, after).map(words => `to revision ${at + 2}: ${words}`));
  });
}

type Texts = Readonly<Record<string, string>>;

function textsOf(files: readonly File[]): Texts {
  return Object.fromEntries(files.map(({ path, lines }) => [path, lines.text]));
}

function commentOn(main: Texts, after: Texts): readonly string[] {
  const gone = Object.fromEntries(Object.keys(main).map(path => [path, null]));
  const review = reviewed({ main, edits: { ...gone, ...after } });
  const comment = printMarkdown(review);
  const { prose, isClosed } = readAsForge(comment);
  const words = prose.slice(prose.indexOf('\n'));
  const commands = [comment, printReview(review)].flatMap(text => text.split(/[\n\r]/).filter(line => /^\s*::/.test(line) || line.includes('##[')));
  return [
    ...(isClosed ? [] : [`a fence or a fold stays open:\n${comment}`]),
    ...(sizeOf(comment) <= MOST_BYTES ? [] : [`it has ${sizeOf(comment)} bytes`]),
    ...NEVER_IN_PROSE.filter(foreign => words.includes(foreign)).map(foreign => `${JSON.stringify(foreign)} is in its prose:\n${comment}`),
    ...commands.map(line => `a runner would obey: ${line}`),
  ];
}
