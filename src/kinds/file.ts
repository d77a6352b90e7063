/** Files that a network's services read, below the runtime folder; ours by the folder. Compared by the hash of what is in them. */
import { hash } from 'node:crypto';
import type { Kind, Observed, Ref } from './kind.ts';
import type { Op } from './op.ts';
import type { FileRow } from './rows.ts';

export interface FileSpec {
  /** Absolute: `<runtime folder>/networks/<uuid>/<name>`. */
  readonly path: string;
  /** SHA-256 in hex. Undefined: what is in it is somebody else's (a file of leases); it only is there, and goes. */
  readonly hash: string | undefined;
  /** What is written when it is made or differs. */
  readonly text: string;
}

export const file: Kind<FileSpec> = {
  name: 'file',
  insists: true,
  title: 'file',
  fields: { path: 'key', hash: 'live', text: 'policy' },
  ref: s => fileRef(s.path),
  ties: () => [],
  claims: () => [],
  readsAs: s => ({ ...s, text: '' }),
  parse: rows => rows.files.map(observe),
  tell: (_field, want, have) => [{ sign: '~', text: `hash: ${brief(have.hash)} -> ${brief(want.hash)}` }],
  create: s => [write(s)],
  // A file whose content is not managed is not touched again.
  update: s => (s.hash === undefined ? [] : [write(s)]),
  remove: s => [{ op: 'file-del', path: s.path }],
  impact: { make: 'no-traffic', delete: 'no-traffic', fields: { hash: 'no-traffic' } },
};

/** A file by its absolute path. */
export function fileRef(path: string): Ref {
  return `file:${path}`;
}

/** The spec of a file with this text. */
export function fileOf(path: string, text: string): FileSpec {
  return { path, hash: textHash(text), text };
}

/** SHA-256 of a text, in hex: how files are compared, and what services have read. */
export function textHash(text: string): string {
  return hash('sha256', text);
}

/** The first digits of a hash, for people. */
export function brief(hash: string | undefined): string {
  return hash === undefined || hash === '' ? 'none' : hash.slice(0, 8);
}

function write({ path, text }: FileSpec): Op {
  return { op: 'file-write', path, text };
}

function observe({ path, hash: found }: FileRow): Observed<FileSpec> {
  return { kind: 'file', ref: fileRef(path), spec: { path, hash: found, text: '' }, owner: 'ours' };
}
