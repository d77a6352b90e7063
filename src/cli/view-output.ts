/** How the commands that look print what they found: for people, and for programs. */
import { stringify } from 'yaml';
import type { Listing } from '../report/rows.ts';
import { table } from '../report/table.ts';
import { columns, print } from './terminal.ts';

export type Form = 'table' | 'wide' | 'json' | 'yaml' | 'name' | 'csv';

/** A table, as wide as the terminal. */
export function shown(listing: Listing): string {
  return table(listing.columns, listing.rows, columns());
}

/** Prints JSON or YAML, where one of these is the form; true when it was. */
export function printData(value: unknown, form: Form): boolean {
  if (form === 'json') print(JSON.stringify(value, null, 2));
  else if (form === 'yaml') print(stringify(value, { aliasDuplicateObjects: false }));
  else return false;
  return true;
}

/** Prints one of many, as it comes: a line of JSON, or a document of YAML; true when that is the form. */
export function printOne(value: unknown, form: Form): boolean {
  if (form === 'json') print(JSON.stringify(value));
  else if (form === 'yaml') print(`---\n${stringify(value, { aliasDuplicateObjects: false })}`);
  else return false;
  return true;
}
