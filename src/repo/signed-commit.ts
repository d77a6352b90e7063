/** A commit object taken apart into what was signed and the signature. Bytes, since a message may be in any encoding. */

export interface SignedCommit {
  /** The commit without its signature: what the signature is over. */
  readonly payload: Uint8Array;
  /** Armored. */
  readonly signature: string;
  readonly format: 'ssh' | 'openpgp' | 'unknown';
  /** Committer date, milliseconds since the epoch; NaN where there is none. */
  readonly at: number;
}

const HEADER = 'gpgsig';
const NEWLINE = 10;
const SPACE = 32;

/**
 * Splits a commit as git's parse_signed_commit does (commit.c): headers that begin with `gpgsig` and their continuations are no
 * part of the payload, and `gpgsig` itself is the signature. null where there is no signature; `twice` where there are several.
 */
export function signedCommit(bytes: Uint8Array): SignedCommit | 'twice' | null {
  const commit = Buffer.from(bytes);
  const { headers, end } = headersOf(commit);
  const signatures = headers.filter(header => header.text.startsWith(`${HEADER} `));
  const [signature, ...more] = signatures;
  if (signature === undefined) return null;
  if (more.length > 0) return 'twice';
  const payload = [...headers.filter(({ text }) => !text.startsWith(HEADER)).map(header => header.bytes), commit.subarray(end)];
  const armored = signature.text.slice(HEADER.length + 1).replaceAll('\n ', '\n');
  const committed = headers.find(({ text }) => text.startsWith('committer '))?.text ?? '';
  const at = Number(/ (\d+) [+-]\d{4}\n?$/.exec(committed)?.[1] ?? 'none') * 1000;
  return { payload: Buffer.concat(payload), signature: armored, format: formatOf(armored), at };
}

interface Header {
  /** With its continuations, which begin with a space, and the newline. */
  readonly bytes: Buffer;
  readonly text: string;
}

/** Headers up to the empty line, which is at `end`. */
function headersOf(commit: Buffer): { readonly headers: readonly Header[]; readonly end: number } {
  const headers: Header[] = [];
  let at = 0;
  while (at < commit.length && commit[at] !== NEWLINE) {
    let end = at;
    do {
      const newline = commit.indexOf(NEWLINE, end);
      end = newline < 0 ? commit.length : newline + 1;
    } while (commit[end] === SPACE);
    const bytes = commit.subarray(at, end);
    headers.push({ bytes, text: bytes.toString('latin1') });
    at = end;
  }
  return { headers, end: at };
}

function formatOf(signature: string): SignedCommit['format'] {
  if (signature.startsWith('-----BEGIN SSH SIGNATURE-----')) return 'ssh';
  return /^-----BEGIN PGP (SIGNATURE|MESSAGE)-----/.test(signature) ? 'openpgp' : 'unknown';
}
