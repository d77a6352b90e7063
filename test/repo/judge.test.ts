import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judge } from '../../src/repo/judge.ts';
import type { Judgement } from '../../src/repo/judgement.ts';
import { type KeyFiles, keyRemarks, readTrustedKeys } from '../../src/repo/trusted-keys.ts';
import { commitObject, makeSigning, type Signing, type SshKey, withSignature } from './support/signing.ts';

const OPENPGP = join(import.meta.dirname, 'support/openpgp');
const PLAIN = commitObject({});
/** When PLAIN says that it was made: 2026-11-18. */
const AT_MS = 1_795_000_000_000;

let signing: Signing;
let ada: SshKey;
let eve: SshKey;

beforeAll(async () => {
  signing = await makeSigning();
  [ada, eve] = [await signing.key('ada'), await signing.key('eve')];
  await mkdir(join(signing.dir, 'work'));
});
afterAll(() => signing.remove());

const signed = async (key: SshKey, commit = PLAIN, namespace = 'git'): Promise<string> =>
  withSignature(commit, await signing.sign(key, Buffer.from(commit), namespace));

async function judged(commit: string | Uint8Array, files: KeyFiles, notBefore = 0): Promise<Judgement> {
  const found = await judge({ commit: Buffer.from(commit), keys: await readTrustedKeys(files), notBefore, dir: join(signing.dir, 'work') });
  expect(await readdir(join(signing.dir, 'work'))).toEqual([]);
  return found;
}

let lists = 0;
/** Allowed signers: one line for Ada, with these options before the key. */
const allowing = async (options = '', key = ada): Promise<KeyFiles> => ({
  allowedSigners: await signing.file(`allowed-${lists++}`, `# who may\n*@other.example ${eve.public}\nada@example.org ${options} ${key.public}\n`),
});

describe('a commit with an SSH signature', () => {
  test('is good when an allowed signer made it, whoever the author says to be', async () => {
    const commit = commitObject({ who: 'Somebody <else@example.net>', message: 'Zwei Zeilen\n\ngpgsig none\n' });
    expect(await judged(await signed(ada, commit), await allowing())).toEqual({
      isGood: true,
      by: 'ada@example.org',
      key: `ED25519 ${ada.fingerprint}`,
    });
  });

  test('is good with a message that is no UTF-8: it is judged byte for byte', async () => {
    const commit = Buffer.from(commitObject({ message: 'gr\u00fc\u00dfe\n' }), 'latin1');
    const signature = await signing.sign(ada, commit);
    expect((await judged(Buffer.from(withSignature(commit.toString('latin1'), signature), 'latin1'), await allowing())).isGood).toBe(true);
  });

  const cases: readonly (readonly [string, string, () => Promise<readonly [string, KeyFiles, number?]>])[] = [
    ['no signature', 'Unsigned', async () => [PLAIN, await allowing()]],
    ['a key that nobody allowed', 'UnknownKey', async () => [await signed(await signing.key('mallory')), await allowing()]],
    ['a key that has expired', 'KeyExpired', async () => [await signed(ada), await allowing('valid-before="20261101"')]],
    ['a key that is not valid yet', 'KeyNotYetValid', async () => [await signed(ada), await allowing('valid-after="20270101"')]],
    [
      'a key that had expired when what is enforced was made, in a commit that dates itself before',
      'KeyExpired',
      async () => [await signed(ada), await allowing('valid-before="20261120"'), AT_MS + 5 * 86_400_000],
    ],
    [
      'a key that was revoked',
      'KeyRevoked',
      async () => [await signed(ada), { ...(await allowing()), revokedKeys: await signing.file('revoked', `${ada.public}\n`) }],
    ],
    ['a key for files only', 'WrongNamespace', async () => [await signed(ada), await allowing('namespaces="file"')]],
    ['a signature of a file', 'WrongNamespace', async () => [await signed(ada, PLAIN, 'file'), await allowing()]],
    ['a payload that was changed', 'BadSignature', async () => [(await signed(ada)).replace('A change', 'A chance'), await allowing()]],
    ['another author than was signed', 'BadSignature', async () => [(await signed(ada)).replace('author Ada', 'author Eve'), await allowing()]],
    ['a header more than was signed', 'BadSignature', async () => [(await signed(ada)).replace('gpgsig', 'encoding latin1\ngpgsig'), await allowing()]],
    ['a damaged signature', 'BadSignature', async () => [(await signed(ada)).replace(/\n [A-Za-z0-9]{10}/, '\n AAAAAAAAAA'), await allowing()]],
    ['two signatures', 'SignatureUnreadable', async () => [withSignature(await signed(ada), await signing.sign(eve, Buffer.from(PLAIN))), await allowing()]],
    ['something else as signature', 'SignatureUnreadable', async () => [withSignature(PLAIN, '-----BEGIN SIGNED MESSAGE-----\nMII\n'), await allowing()]],
    ['no SSH key that is trusted at all', 'UnknownKey', async () => [await signed(ada), { keyring: join(OPENPGP, 'keyring.gpg') }]],
    ['an empty list of signers', 'UnknownKey', async () => [await signed(ada), { allowedSigners: await signing.file('empty', '') }]],
    ['garbage as list of signers', 'UnknownKey', async () => [await signed(ada), { allowedSigners: await signing.file('garbage', '\u0000\u0001x\n') }]],
  ];
  test.each(cases)('is refused with %s: %s', async (_, reason, make) => {
    const [commit, files, notBefore] = await make();
    expect(await judged(commit, files, notBefore)).toMatchObject({ isGood: false, reason });
  });

  test('is good as of its date when its key has expired since, or is revoked for others', async () => {
    expect((await judged(await signed(ada), await allowing('valid-after="20261101",valid-before="20261120"'))).isGood).toBe(true);
    const revokedKeys = await signing.file('revoked-eve', `${eve.public}\n`);
    expect((await judged(await signed(ada), { ...(await allowing()), revokedKeys })).isGood).toBe(true);
  });

  test('is refused while the list of revoked keys is garbage', async () => {
    const revokedKeys = await signing.file('revoked-garbage', 'ssh-ed25519 garbage\n');
    expect((await judged(await signed(ada), { ...(await allowing()), revokedKeys })).isGood).toBe(false);
  });

  test('may be signed by an authority: then its certificate counts', async () => {
    expect((await judged(await signed(ada), await allowing('cert-authority'))).isGood).toBe(false);
  });
});

describe('a commit with an OpenPGP signature', () => {
  const commit = (name: string): Promise<string> => readFile(join(OPENPGP, `${name}.commit`), 'latin1');

  test.each(['keyring.gpg', 'keyring.asc'])('is good when a key of %s made it', async keyring => {
    expect(await judged(await commit('good'), { keyring: join(OPENPGP, keyring) })).toEqual({
      isGood: true,
      by: 'ada <ada@example.org>',
      key: expect.stringMatching(/^OpenPGP [0-9A-F]{40}$/),
    });
  });

  test.each([
    ['tampered', 'BadSignature'],
    ['unknown', 'UnknownKey'],
    ['expired', 'KeyExpired'],
    ['revoked', 'KeyRevoked'],
    ['signature-expired', 'SignatureExpired'],
  ])('is refused when it is %s: %s', async (name, reason) => {
    expect(await judged(await commit(name), { keyring: join(OPENPGP, 'keyring.gpg') })).toMatchObject({ isGood: false, reason });
  });

  test('is refused with an SSH keyring, an empty keyring, garbage', async () => {
    expect(await judged(await commit('good'), await allowing())).toMatchObject({ isGood: false, reason: 'UnknownKey' });
    for (const text of ['', 'garbage\n', '-----BEGIN PGP PUBLIC KEY BLOCK-----\n']) {
      expect((await judged(await commit('good'), { keyring: await signing.file('keyring', text) })).isGood).toBe(false);
    }
  });

  test('is refused when the signature is none of a commit at all', async () => {
    const garbage = withSignature(PLAIN, '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n');
    expect(await judged(garbage, { keyring: join(OPENPGP, 'keyring.gpg') })).toMatchObject({ isGood: false, reason: 'SignatureUnreadable' });
  });
});

test('a commit that this machine cannot judge is not trusted, and ends no pass', async () => {
  const files = await allowing();
  const found = await judge({
    commit: Buffer.from(await signed(ada)),
    keys: await readTrustedKeys(files),
    notBefore: 0,
    dir: join(signing.dir, 'no-such-folder'),
  });
  expect(found).toMatchObject({ isGood: false, reason: 'NotJudged', words: expect.stringContaining('no-such-folder') });
});

test('keys are the same set only with the same content', async () => {
  const one = await readTrustedKeys(await allowing());
  expect((await readTrustedKeys(await allowing())).hash).toBe(one.hash);
  expect((await readTrustedKeys(await allowing('namespaces="git"'))).hash).not.toBe(one.hash);
  const { allowedSigners = '' } = await allowing();
  expect((await readTrustedKeys({ allowedSigners, revokedKeys: await signing.file('none', '') })).hash).not.toBe(one.hash);
});

test('a file of keys that is not there is told by its name and field', async () => {
  await expect(readTrustedKeys({ keyring: '/no/such/keys' })).rejects.toThrow(/\/no\/such\/keys that repo\.verify\.keyring names does not exist/);
});

test('a file of keys that others may write is worth a word', async () => {
  const { allowedSigners = '' } = await allowing();
  expect(await keyRemarks({ allowedSigners })).toEqual([]);
  await chmod(allowedSigners, 0o664);
  expect(await keyRemarks({ allowedSigners })).toEqual([expect.stringContaining(`chmod go-w ${allowedSigners}`)]);
});
