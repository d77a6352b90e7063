/** What differs between two tables, in nft's own words: an element, a rule, a chain a line. */
import type { Difference } from './kind.ts';
import { element, ruleText } from './nft-text.ts';
import type { NftJson } from './rows.ts';

type Body = Readonly<Record<string, NftJson>>;

/** Lines of `have` that `want` has not, then lines of `want` that `have` has not; the same line twice counts twice. */
export function tableDifferences(want: readonly NftJson[], have: readonly NftJson[]): readonly Difference[] {
  const wanted = want.flatMap(linesOf);
  const present = have.flatMap(linesOf);
  const found = [
    ...without(present, wanted).map((text): Difference => ({ sign: '-', text })),
    ...without(wanted, present).map((text): Difference => ({ sign: '+', text })),
  ];
  return found.length > 0 ? found : [{ sign: '~', text: 'the same rules in another order' }];
}

function linesOf(row: NftJson): readonly string[] {
  const [type = '', body] = Object.entries(row as Body)[0] ?? [];
  const named = body as Body;
  if (type === 'set' || type === 'map') return setLines(type, named);
  if (type === 'rule') return [`rule ${named['chain']}: ${inWords(() => ruleText(named), named)}`];
  const { family: _family, table: _table, name, ...rest } = named;
  return [`${type} ${name}: ${JSON.stringify(rest)}`];
}

function setLines(type: string, { name, elem, ...head }: Body): readonly string[] {
  const types = [head['type']].flat() as readonly string[];
  const elements = Array.isArray(elem) ? (elem as readonly NftJson[]) : [];
  const { family: _family, table: _table, ...rest } = head;
  return [`${type} ${name}: ${JSON.stringify(rest)}`, ...elements.map(value => `${type} ${name}: ${inWords(() => element(value, types), value)}`)];
}

// What somebody else put into our table may be something that ours never has.
function inWords(print: () => string, value: NftJson): string {
  try {
    return print();
  } catch {
    return JSON.stringify(value);
  }
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter(line => {
    const times = left.get(line) ?? 0;
    left.set(line, times - 1);
    return times <= 0;
  });
}
