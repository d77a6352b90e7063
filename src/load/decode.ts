/** Bytes of a file -> text, or the one reason why it is none that netloom reads. */
import type { Diagnostic } from '../model/diagnostic.ts';

/** Largest file that is read. */
export const MAX_FILE_BYTES = 1 << 20;
/** Largest sum of all files of definitions. */
export const MAX_REPOSITORY_BYTES = 20 << 20;

/** The text without its byte order mark, or the problem. */
export function decode(file: string, bytes: Uint8Array): string | Diagnostic {
  if (bytes.length > MAX_FILE_BYTES) return tooLarge(file, bytes.length);
  if (isUtf16(bytes)) return { code: 'not-utf8', severity: 'error', message: 'the file is UTF-16', at: whole(file), hint: 'save it as UTF-8' };
  const text = utf8(bytes);
  if (text === null) return notUtf8(file, bytes);
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return lfsPointer(file);
  return mergeConflict(file, text) ?? text;
}

/** The diagnostic for a file over `MAX_FILE_BYTES`. */
export function tooLarge(file: string, bytes: number): Diagnostic {
  const message = `the file has ${bytes} bytes, ${MAX_FILE_BYTES} are the most`;
  return { code: 'file-too-large', severity: 'error', message, at: whole(file), hint: 'split it into several files' };
}

function whole(file: string): Diagnostic['at'] {
  return { file, line: 0, col: 0 };
}

function isUtf16(bytes: Uint8Array): boolean {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  return bytes.length >= 2 && (a === 0) !== (b === 0); // ASCII in UTF-16 without mark: every other byte is 0
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function notUtf8(file: string, bytes: Uint8Array): Diagnostic {
  const good = validPrefix(bytes);
  const before = new TextDecoder('utf-8').decode(bytes.subarray(0, good)).split('\n');
  const byte = (bytes[good] ?? 0).toString(16).padStart(2, '0');
  return {
    code: 'not-utf8',
    severity: 'error',
    message: `byte 0x${byte} at offset ${good} is not UTF-8`,
    at: { file, line: before.length, col: (before.at(-1) ?? '').length + 1 },
    hint: 'save the file as UTF-8',
  };
}

// The longest prefix that decodes: found by halving, since a prefix of valid text is valid but for a cut last character.
function validPrefix(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good - cutTail(bytes.subarray(0, good));
}

function decodes(bytes: Uint8Array): boolean {
  return utf8(bytes.subarray(0, bytes.length - cutTail(bytes))) !== null;
}

/** Bytes at the end that begin a character which goes on after the end. */
function cutTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

function lfsPointer(file: string): Diagnostic {
  return {
    code: 'lfs-pointer',
    severity: 'error',
    message: 'the file is kept in Git LFS, the repository holds only a pointer to it',
    at: { file, line: 1, col: 1 },
    hint: 'commit the file itself: take *.yaml out of .gitattributes, then `git add --renormalize`',
  };
}

// Indented markers may be text in a block scalar; at the start of a line they never are.
function mergeConflict(file: string, text: string): Diagnostic | null {
  const match = /^(<{7}|>{7}) /m.exec(text);
  if (match === null || !/^={7}\r?$/m.test(text)) return null;
  const line = text.slice(0, match.index).split('\n').length;
  const message = `the file holds an unresolved merge conflict (${match[1]})`;
  return { code: 'yaml-merge-conflict', severity: 'error', message, at: { file, line, col: 1 }, hint: 'resolve it and commit again' };
}
