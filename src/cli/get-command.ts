/** `netloom get`: objects of some kinds with their state, those that were removed, and what changes. */
import type { Seen } from '../pass/view.ts';
import { asOf } from '../report/freshness.ts';
import { pluralWord } from '../report/kind-words.ts';
import { type AnyRecord, listOf } from '../report/records.ts';
import { nameLines } from '../report/rows.ts';
import { tombstoneRows } from '../report/tombstones.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type GetOptions, recordsOf, rowOptions, type Wanted, wantedBy } from './get-wanted.ts';
import { watchObjects } from './get-watch.ts';
import { print } from './terminal.ts';
import { viewOf } from './view-kinds.ts';
import { printData, shown } from './view-output.ts';
import { look, sayAge } from './view-source.ts';

/** Lists the objects of a kind, or shows one of them. */
export async function getCommand(word: string | undefined, ref: string | undefined, options: GetOptions): Promise<ExitCode> {
  const wanted = wantedBy(word, ref, options);
  if (options.watch) return watchObjects(wanted);
  const seen = await look(options);
  const records = wanted.kinds.map(kind => recordsOf(kind, wanted, seen));
  const flat = records.flat();
  const { output } = options;
  if (output === 'name') print(nameLines(flat).join('\n'));
  else if (!printData(ref === undefined ? listOf(flat, asOf(seen)) : flat[0], output)) {
    print(flat.length === 0 ? nothingText(word ?? 'object', options) : tables(wanted, records, seen).join('\n\n'));
    sayAge(seen);
  }
  await seen.keep();
  return EXIT.fine;
}

function tables(wanted: Wanted, records: readonly (readonly AnyRecord[])[], seen: Seen): readonly string[] {
  const { kinds, options } = wanted;
  if (options.deleted) return [shown(tombstoneRows(records.flat(), options.allNamespaces === true || options.output === 'wide'))];
  return kinds.flatMap((kind, i) => {
    const own = records[i] ?? [];
    if (own.length === 0) return [];
    const text = shown(viewOf(kind).rows(own, rowOptions(wanted, seen)));
    return [kinds.length === 1 ? text : `${pluralWord(kind)}:\n${text}`];
  });
}

/** That there is nothing, and where it was looked. */
function nothingText(word: string, { allNamespaces, namespace, deleted, selector }: GetOptions): string {
  const where = allNamespaces ? 'in any namespace' : `in namespace ${namespace} (-A shows all)`;
  return `No ${deleted ? 'removed ' : ''}${word}${selector === undefined ? '' : ` with ${selector}`} ${where}.`;
}
