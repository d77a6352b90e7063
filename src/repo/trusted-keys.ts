/** The keys that commits may be signed with: files of this node, never of the repository. Read once a pass, judged by what was read. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { readIfThere } from '../host/files.ts';
import { RepoError } from './repo.ts';

/** Which files hold them; paths. At least one of the first and the last is there. */
export interface KeyFiles {
  readonly allowedSigners?: string;
  readonly revokedKeys?: string;
  readonly keyring?: string;
}

/** What those files said. */
export interface TrustedKeys {
  readonly allowedSigners: Uint8Array | null;
  readonly revokedKeys: Uint8Array | null;
  /** Binary, as gpgv wants it. */
  readonly keyring: Uint8Array | null;
  /** The same for the same content only: what a verdict is worth something for. */
  readonly hash: string;
}

/** Reads them. Throws RepoError `unauthorized` naming the file. */
export async function readTrustedKeys(files: KeyFiles): Promise<TrustedKeys> {
  const [allowedSigners, revokedKeys, keyring] = await Promise.all([
    content('allowedSigners', files.allowedSigners),
    content('revokedKeys', files.revokedKeys),
    content('keyring', files.keyring),
  ]);
  const hash = createHash('sha256');
  for (const part of [allowedSigners, revokedKeys, keyring]) hash.update(part === null ? 'none\n' : `${part.length}\n`).update(part ?? '');
  return { allowedSigners, revokedKeys, keyring: keyring === null ? null : dearmored(keyring), hash: hash.digest('hex') };
}

/** Sentences about key files that others may write: who may, decides what this node enforces. */
export async function keyRemarks(files: KeyFiles): Promise<readonly string[]> {
  const paths = [files.allowedSigners, files.revokedKeys, files.keyring].filter(path => path !== undefined);
  const found = await Promise.all(
    paths.map(async path => {
      const mode = (await stat(path).catch(() => null))?.mode ?? 0;
      return (mode & 0o022) === 0 ? [] : [`others than its owner may write ${path}, and so decide whose commits count: chmod go-w ${path}`];
    }),
  );
  return found.flat();
}

async function content(field: string, path: string | undefined): Promise<Uint8Array | null> {
  if (path === undefined) return null;
  const bytes = await readIfThere(path).catch((cause: unknown) => {
    throw refuse(`repo.verify.${field}: ${cause instanceof Error ? cause.message : path}`);
  });
  if (bytes === null) throw refuse(`the file ${path} that repo.verify.${field} names does not exist`);
  return bytes;
}

function refuse(message: string): RepoError {
  return new RepoError('unauthorized', message, '');
}

const ARMOR =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^:\n]*:[^\n]*\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]*?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----/g;

// gpgv 2.2 takes an armored keyring for an empty one (RFC 4880, 6.2: base64 between headers and a checksum).
function dearmored(keyring: Uint8Array): Uint8Array {
  const text = Buffer.from(keyring).toString('latin1');
  if (!text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) return keyring;
  return Buffer.concat([...text.matchAll(ARMOR)].map(([, body = '']) => Buffer.from(body, 'base64')));
}
