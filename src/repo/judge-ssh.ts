/** SSH signatures, judged by ssh-keygen(1) as git does it (gpg-interface.c): who might have signed, then whether it is so. */
import { type RunResult, run } from '../host/exec.ts';
import { type Bench, type Judgement, no } from './judgement.ts';
import type { SignedCommit } from './signed-commit.ts';

const TIMEOUT_MS = 10_000;
/** What git signs for; a signature for anything else (a file, a login) is none of a commit. */
const NAMESPACE = 'git';
const GOOD = /^Good "git" signature for (.+) with (\S+) key (SHA256:\S+)$/m;

/** `at`: the instant for which keys with a time must be valid. */
export async function judgeSsh({ payload }: SignedCommit, bench: Bench, at: Date): Promise<Judgement> {
  const time = `-Overify-time=${at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '')}`;
  const allowed = ['-f', bench.allowedSigners ?? '', '-s', bench.signature];
  const candidates = await keygen(['-Y', 'find-principals', ...allowed, time]);
  const principals = candidates.exitCode === 0 ? candidates.stdout.split('\n').filter(line => line !== '') : [];
  const words = [candidates.stderr];
  for (const principal of principals) {
    const base = ['-Y', 'verify', ...allowed, '-I', principal, '-n', NAMESPACE, time];
    const revoked = bench.revokedKeys === undefined ? [] : ['-r', bench.revokedKeys];
    const verified = await keygen([...base, ...revoked], payload);
    const good = goodIn(verified);
    if (good !== null) return good;
    words.push(verified.stderr);
    const otherwise = revoked.length === 0 ? null : goodIn(await keygen(base, payload));
    if (otherwise?.isGood) return no('KeyRevoked', `is signed by ${otherwise.by} with the key ${otherwise.key}, which repo.verify.revokedKeys revokes`);
  }
  return whyNot(payload, bench, words.join('\n'));
}

function goodIn({ exitCode, stdout }: RunResult): Judgement | null {
  const [, by, type, fingerprint] = GOOD.exec(stdout) ?? [];
  if (exitCode !== 0 || by === undefined) return null;
  return { isGood: true, by: shown(by), key: `${type} ${fingerprint}` };
}

async function whyNot(payload: Uint8Array, bench: Bench, words: string): Promise<Judgement> {
  // Without asking who: is it a signature over these very bytes at all, and by which key?
  const sound = await keygen(['-Y', 'check-novalidate', '-n', NAMESPACE, '-s', bench.signature], payload);
  const key = / with (\S+ key SHA256:\S+)/.exec(sound.stdout)?.[1] ?? '';
  const said = words
    .split('\n')
    .map(line => /^[^:]*allowed:(\d+: .*)$/.exec(line.trim())?.[1])
    .filter(line => line !== undefined);
  const at = said.length === 0 ? '' : ` (allowedSigners line ${shown([...new Set(said)].join('; '))})`;
  if (/namespace does not match/.test(sound.stderr)) return no('WrongNamespace', `carries a signature that was made for something else than ${NAMESPACE}`);
  if (sound.exitCode !== 0) return no('BadSignature', 'does not match its signature: it was changed after it was signed, or the signature is damaged');
  if (/key has expired/.test(words)) return no('KeyExpired', `is signed with ${key}, which has expired${at}`);
  if (/not yet valid/.test(words)) return no('KeyNotYetValid', `is signed with ${key}, which is not valid yet${at}`);
  if (/not permitted for use in signature namespace/.test(words)) return no('WrongNamespace', `is signed with ${key}, which may not sign commits${at}`);
  return no('UnknownKey', `is signed with ${key}, which is nobody's in repo.verify.allowedSigners${at}`);
}

function keygen(args: readonly string[], stdin?: Uint8Array): Promise<RunResult> {
  return run('ssh-keygen', args, { timeoutMs: TIMEOUT_MS, maxBytes: 1024 * 1024, ...(stdin === undefined ? {} : { stdin }) });
}

function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, 200);
}
