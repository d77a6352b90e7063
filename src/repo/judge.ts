/**
 * Whether a commit was signed by somebody whom this node trusts. The judges are the system's own: ssh-keygen and gpgv, over the
 * exact bytes; everything that is not a clear yes is a no.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { judgeOpenPgp } from './judge-openpgp.ts';
import { judgeSsh } from './judge-ssh.ts';
import { type Bench, type Judgement, no } from './judgement.ts';
import { type SignedCommit, signedCommit } from './signed-commit.ts';
import type { TrustedKeys } from './trusted-keys.ts';

export interface Case {
  /** The commit object. */
  readonly commit: Uint8Array;
  readonly keys: TrustedKeys;
  /** Keys with a time are judged at no earlier instant than this, whatever date the commit gives itself; milliseconds. */
  readonly notBefore: number;
  /** A folder of ours on this machine; what is put there is removed again. */
  readonly dir: string;
}

/** Judges one commit. Throws nothing for what is wrong with the machine: who cannot be judged is not trusted, and what is enforced goes on. */
export async function judge(args: Case): Promise<Judgement> {
  const signed = signedCommit(args.commit);
  const { keys } = args;
  if (signed === null) return no('Unsigned', 'is not signed');
  if (signed === 'twice') return no('SignatureUnreadable', 'carries several signatures');
  if (signed.format === 'unknown') return no('SignatureUnreadable', 'carries a signature that is neither of SSH nor of OpenPGP');
  if (signed.format === 'ssh' && keys.allowedSigners === null) return no('UnknownKey', 'is signed with an SSH key, and repo.verify.allowedSigners names none');
  if (signed.format === 'openpgp' && keys.keyring === null) return no('UnknownKey', 'is signed with an OpenPGP key, and repo.verify.keyring names none');
  try {
    return await judgeSigned(signed, args);
  } catch (error) {
    if (!(error instanceof Error) || error.message.startsWith('bug: ')) throw error;
    const isMissing = error instanceof HostError && error.code === 'missing-program';
    return no(isMissing ? 'ProgramMissing' : 'NotJudged', `cannot be verified: ${error.message}`);
  }
}

async function judgeSigned(signed: SignedCommit, { keys, notBefore, dir }: Case): Promise<Judgement> {
  const folder = await mkdtemp(join(dir, 'verify-'));
  try {
    const bench = await lay(folder, signed, keys);
    if (signed.format === 'openpgp') return await judgeOpenPgp(signed, bench);
    return await judgeSsh(signed, bench, new Date(Math.max(signed.at || 0, notBefore)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// The keys as they were read, so that what is judged by is what the verdict is remembered for.
async function lay(folder: string, { signature }: SignedCommit, keys: TrustedKeys): Promise<Bench> {
  const put = async (name: string, content: string | Uint8Array | null): Promise<string | undefined> => {
    if (content === null) return undefined;
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const [allowedSigners, revokedKeys, keyring] = [
    await put('allowed', keys.allowedSigners),
    await put('revoked', keys.revokedKeys),
    await put('keyring', keys.keyring),
  ];
  return {
    signature: (await put('signature', signature)) ?? '',
    ...(allowedSigners === undefined ? {} : { allowedSigners }),
    ...(revokedKeys === undefined ? {} : { revokedKeys }),
    ...(keyring === undefined ? {} : { keyring }),
  };
}
