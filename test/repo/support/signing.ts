/** Commits signed with real SSH keys, as git signs them; and what people do who are not to be trusted. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/host/exec.ts';

export interface SshKey {
  readonly path: string;
  /** `ssh-ed25519 AAAA…` */
  readonly public: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

export interface Signing {
  readonly dir: string;
  key(name: string): Promise<SshKey>;
  /** A file of this text; its path. */
  file(name: string, text: string): Promise<string>;
  /** An armored signature over these bytes. */
  sign(key: SshKey, payload: Uint8Array, namespace?: string): Promise<string>;
  remove(): Promise<void>;
}

/** A folder of keys. */
export async function makeSigning(): Promise<Signing> {
  const dir = await mkdtemp(join(tmpdir(), 'netloom-keys-'));
  let signatures = 0;
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  return {
    dir,
    file,
    async key(name) {
      const path = join(dir, name);
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path], { okCodes: [0] });
      const listed = await run('ssh-keygen', ['-l', '-f', `${path}.pub`], { okCodes: [0] });
      const [type, body] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
      return { path, public: `${type} ${body}`, fingerprint: listed.stdout.split(' ')[1] ?? '' };
    },
    async sign(key, payload, namespace = 'git') {
      const path = join(dir, `payload-${signatures++}`);
      await writeFile(path, payload);
      await run('ssh-keygen', ['-q', '-Y', 'sign', '-f', key.path, '-n', namespace, path], { okCodes: [0] });
      return readFile(`${path}.sig`, 'utf8');
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** A commit object's text with a signature in it, as git stores it. */
export function withSignature(commit: string, signature: string): string {
  const end = commit.indexOf('\n\n') + 1;
  return `${commit.slice(0, end)}gpgsig ${signature.trimEnd().replaceAll('\n', '\n ')}\n${commit.slice(end)}`;
}

/** A commit object's text; `at` in seconds. */
export function commitObject(parts: {
  readonly tree?: string;
  readonly parents?: readonly string[];
  readonly at?: number;
  readonly message?: string;
  readonly who?: string;
}): string {
  const { tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904', parents = [], at = 1_795_000_000, message = 'A change\n', who = 'Ada <ada@example.org>' } = parts;
  return [`tree ${tree}`, ...parents.map(parent => `parent ${parent}`), `author ${who} ${at} +0000`, `committer ${who} ${at} +0000`, '', message].join('\n');
}
