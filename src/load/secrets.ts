/** What in a file of definitions looks like a secret: no field takes one, and who may read the repository has it. The text itself is never told. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';

const SECRETS =
  /(-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY)|\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{30}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10}|AKIA[A-Z0-9]{16})|\b(AGE-SECRET-KEY-1[A-Z0-9]{20})/g;

const HINT = 'take it out, make a new one, and leave this one to nobody: it stays in the history; netloom reads its own from repo.auth.file of a node';

/** A warning for each, comments and block texts included. */
export function secretsIn(text: string, place: (offset: number) => Place): readonly Diagnostic[] {
  return [...text.matchAll(SECRETS)].map(({ index, 1: key, 2: token }) => {
    const what = key !== undefined ? 'a private key' : token !== undefined ? 'an access token' : 'a key of age';
    return { code: 'secret', severity: 'warning', message: `this looks like ${what}`, at: place(index), hint: HINT };
  });
}
