/**
 * OpenPGP signatures, judged by gpgv(1). Its exit code is 0 for expired and revoked keys too (2.2.40), so the status lines
 * decide (GnuPG's doc/DETAILS), and only when they say good and nothing else.
 */
import { run } from '../host/exec.ts';
import { type Bench, type Doubt, type Judgement, no } from './judgement.ts';
import type { SignedCommit } from './signed-commit.ts';

const TIMEOUT_MS = 10_000;

const DOUBTS: Readonly<Record<string, readonly [Doubt, string]>> = {
  BADSIG: ['BadSignature', 'does not match its signature: it was changed after it was signed, or the signature is damaged'],
  REVKEYSIG: ['KeyRevoked', 'is signed with a key that was revoked'],
  EXPKEYSIG: ['KeyExpired', 'is signed with a key that has expired'],
  EXPSIG: ['SignatureExpired', 'carries a signature that has expired'],
  NO_PUBKEY: ['UnknownKey', 'is signed with a key that is not in repo.verify.keyring'],
  ERRSIG: ['SignatureUnreadable', 'carries a signature that gpgv cannot check'],
};

/** Judges against the keyring alone; no other configuration of the machine or of a user has a say. */
export async function judgeOpenPgp({ payload }: SignedCommit, bench: Bench): Promise<Judgement> {
  const keyring = ['--homedir', '/nonexistent', '--keyring', bench.keyring ?? ''];
  const args = ['--quiet', ...keyring, '--status-fd', '1', '--', bench.signature, '-'];
  const { exitCode, stdout } = await run('gpgv', args, { stdin: payload, timeoutMs: TIMEOUT_MS, maxBytes: 1024 * 1024 });
  const said = [...stdout.matchAll(/^\[GNUPG:\] (\S+) ?(.*)$/gm)].map(([, word = '', rest = '']) => ({ word, rest }));
  const [wrong] = Object.keys(DOUBTS).flatMap(word => said.filter(each => each.word === word));
  if (wrong !== undefined) return doubt(wrong, said);
  const [good, ...more] = said.filter(each => each.word === 'GOODSIG');
  const fingerprint = said.find(each => each.word === 'VALIDSIG')?.rest.split(' ')[0];
  if (exitCode !== 0 || good === undefined || more.length > 0 || fingerprint === undefined)
    return no('SignatureUnreadable', 'carries a signature that gpgv cannot read');
  return { isGood: true, by: userOf(good.rest), key: `OpenPGP ${fingerprint}` };
}

function doubt({ word, rest }: { readonly word: string; readonly rest: string }, said: readonly { readonly word: string; readonly rest: string }[]): Judgement {
  const [reason, words] = DOUBTS[word] ?? ['SignatureUnreadable', ''];
  const fingerprint = said.find(each => each.word === 'VALIDSIG')?.rest.split(' ')[0] ?? rest.split(' ')[0] ?? '';
  return no(reason, `${words} (OpenPGP ${fingerprint})`);
}

// `<key id> <user id>`
function userOf(rest: string): string {
  return rest
    .slice(rest.indexOf(' ') + 1)
    .replaceAll(/\p{Cc}/gu, '')
    .slice(0, 200);
}
