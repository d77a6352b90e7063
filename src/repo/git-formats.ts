/** The texts that git's plumbing reads and prints: ls-tree, cat-file --batch, fast-import, push --porcelain. */
import type { CommitDraft } from './backend.ts';
import type { Oid, TreeEntry } from './repo.ts';

/** Reads `ls-tree -r -z`: `<mode> <type> <oid>\t<path>\0`. */
export function readTreeLines(output: Uint8Array): TreeEntry[] {
  const lines = Buffer.from(output).toString('utf8').split('\0').slice(0, -1);
  return lines.map(line => {
    const tab = line.indexOf('\t');
    const [mode = '', , oid = ''] = line.slice(0, tab).split(' ');
    return { mode, oid, path: line.slice(tab + 1) };
  });
}

/** Reads `ls-remote`: `<oid>\t<ref>\n`. */
export function readRefLines(output: string): ReadonlyMap<string, Oid> {
  const lines = output.split('\n').filter(line => line !== '');
  return new Map(lines.map(line => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]));
}

/** Reads `cat-file --batch`: `<oid> <type> <size>\n<bytes>\n`. Throws an Error for an object that is missing. */
export function readBatch(output: Uint8Array): Map<Oid, Uint8Array> {
  const all = new Map<Oid, Uint8Array>();
  const bytes = Buffer.from(output);
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const head = bytes.toString('latin1', at, end);
    const [oid = '', , size = ''] = head.split(' ');
    if (!/^\d+$/.test(size)) throw new Error(`git cat-file says: ${head}`);
    const start = end + 1;
    const stop = start + Number(size);
    if (stop >= bytes.length) throw new Error(`git cat-file ended in the middle of ${oid}`);
    // A copy, so that one blob that is kept does not keep all the output.
    all.set(oid, new Uint8Array(bytes.subarray(start, stop)));
    at = stop + 1;
  }
  return all;
}

/** The input of `fast-import` that writes one commit and prints its oid. */
export function fastImport(draft: CommitDraft, ref: string): Buffer {
  const seconds = Math.floor(draft.at / 1000);
  const parts: (string | Buffer)[] = [
    `reset ${ref}\n`,
    `commit ${ref}\nmark :1\nauthor ${draft.author} ${seconds} +0000\ncommitter ${draft.author} ${seconds} +0000\n`,
    ...data(draft.message),
    draft.parent === null ? '' : `from ${draft.parent}\n`,
  ];
  // Deletions first: a folder may become a file of the same name.
  for (const [path, content] of draft.edits) if (content === null) parts.push(`D ${quote(path)}\n`);
  for (const [path, content] of draft.edits) if (content !== null) parts.push(`M 100644 inline ${quote(path)}\n`, ...data(content));
  parts.push('get-mark :1\n', 'done\n');
  return Buffer.concat(parts.map(part => Buffer.from(part)));
}

function data(content: string): (string | Buffer)[] {
  const bytes = Buffer.from(content);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

// git-fast-import, "path": C-style quoting takes any byte.
function quote(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** What became of the one ref of a `push --porcelain`: its flag and summary, or nothing when git did not come that far. */
export function readPush(output: string, ref: string): { readonly flag: string; readonly summary: string } | undefined {
  for (const line of output.split('\n')) {
    const [flag = '', refs = '', summary = ''] = line.split('\t');
    if (refs.endsWith(`:${ref}`)) return { flag, summary };
  }
  return undefined;
}
