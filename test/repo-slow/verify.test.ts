import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { loadGood } from '../../src/pass/kept.ts';
import { type Pulled, pull } from '../../src/pass/pull.ts';
import { openRemote } from '../../src/pass/remote.ts';
import type { VerifyConfig } from '../../src/pass/verify.ts';
import { doc } from '../compile/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { commitObject, makeSigning, type Signing, type SshKey, withSignature } from '../repo/support/signing.ts';

const CLUSTER = [doc('Cluster', 'test', ''), doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }')].join('---\n');

let signing: Signing;
let ada: SshKey;
let eve: SshKey;
let bare: Bare;
let allowed: string;
let base: string;

beforeAll(async () => {
  signing = await makeSigning();
  [ada, eve] = [await signing.key('ada'), await signing.key('eve')];
});
afterAll(() => signing.remove());
beforeEach(async () => {
  bare = await makeBare();
  allowed = join(bare.root, 'allowed');
  await allow(ada);
  base = await commit({ parents: [], key: ada });
  await bare.git('update-ref', 'refs/heads/main', base);
});
afterEach(() => bare.remove());

function allow(...keys: readonly SshKey[]): Promise<void> {
  return writeFile(allowed, keys.map((key, index) => `person-${index}@example.org ${key.public}\n`).join(''));
}

let changes = 0;
/** A commit that changes something, signed or not; on no branch yet. */
async function commit({ parents, key, at }: { readonly parents: readonly string[]; readonly key?: SshKey; readonly at?: number }): Promise<string> {
  const n = changes++;
  await bare.grow('scratch', { 'all.yaml': `${CLUSTER}---\n${doc('Network', 'lan', '')}# change ${n}\n` });
  const text = commitObject({ tree: await bare.git('rev-parse', 'scratch^{tree}'), parents, at: at ?? 1_795_000_000 + n, message: `Change ${n}\n` });
  const whole = key === undefined ? text : withSignature(text, await signing.sign(key, Buffer.from(text)));
  const made = await run('git', [`--git-dir=${bare.path}`, 'hash-object', '-t', 'commit', '-w', '--stdin'], { stdin: whole, okCodes: [0] });
  return made.stdout.trim();
}

const point = (oid: string): Promise<string> => bare.git('update-ref', 'refs/heads/main', oid);
const stateDir = (): string => join(bare.root, 'state');

async function pulled(verify: Partial<VerifyConfig> = {}, accept?: string): Promise<Pulled> {
  const how: VerifyConfig = { mode: 'strict', allowedSigners: allowed, ...verify };
  const config = { repo: { url: bare.path, branch: 'main', path: '', verify: how }, status: { url: '', branch: 'status' } };
  const remote = await openRemote(config, join(bare.root, 'clone'));
  return pull({ remote, stateDir: stateDir(), good: await loadGood(stateDir()), accept, node: 'n1', keep: true });
}

/** What is enforced, why nothing newer is, and what SourceVerified says. */
function told({ good, refusal, source }: Pulled): object {
  return { enforced: good?.revision ?? null, refused: refusal?.reason ?? null, verified: source?.isVerified ?? null, why: source?.reason ?? null };
}

const refused = (enforced: string | null, why: string): object => ({ enforced, refused: 'SourceNotVerified', verified: false, why });
const taken = (enforced: string): object => ({ enforced, refused: null, verified: true, why: 'Signed' });

describe('strict', () => {
  beforeEach(async () => expect(told(await pulled())).toEqual(taken(base)));

  test('takes commits that are all signed, a merge of a signed branch too', async () => {
    const side = await commit({ parents: [base], key: ada });
    const merge = await commit({ parents: [await commit({ parents: [base], key: ada }), side], key: ada });
    await point(merge);
    const { source, ...rest } = await pulled();
    expect(told({ source, ...rest })).toEqual(taken(merge));
    expect(source?.message).toBe(`strict: person-0@example.org with ED25519 ${ada.fingerprint}`);
  });

  test('refuses a commit without signature, and goes on only when history has none', async () => {
    const bad = await commit({ parents: [base] });
    await point(bad);
    const first = await pulled();
    expect(told(first)).toEqual(refused(base, 'Unsigned'));
    expect(first.refusal).toMatchObject({ condition: 'Stalled', message: expect.stringMatching(/not signed.*every commit since/) });
    await point(await commit({ parents: [bad], key: ada }));
    expect(told(await pulled())).toEqual(refused(base, 'Unsigned'));
  });

  test('refuses a signed merge of an unsigned branch, also of one that began long before', async () => {
    const older = await commit({ parents: [base] });
    const mine = await commit({ parents: [base], key: ada });
    await point(mine);
    await pulled();
    await point(await commit({ parents: [mine, older], key: ada }));
    expect(told(await pulled())).toEqual(refused(mine, 'Unsigned'));
  });

  test('takes a merge of a branch that began before the clone does, and judges nothing that was there before', async () => {
    await rm(join(bare.root, 'state'), { recursive: true });
    const ancient = await commit({ parents: [] });
    const fork = await commit({ parents: [ancient] });
    const main = await commit({ parents: [fork], key: ada });
    await point(main);
    await rename(join(bare.root, 'clone'), join(bare.root, 'old'));
    expect(told(await pulled())).toEqual(taken(main));
    const late = await commit({ parents: [fork], key: ada });
    const merge = await commit({ parents: [main, late], key: ada });
    await point(merge);
    expect(told(await pulled())).toEqual(taken(merge));
  });

  test('refuses another key, and takes it once it is allowed', async () => {
    const next = await commit({ parents: [base], key: eve });
    await point(next);
    expect(told(await pulled())).toEqual(refused(base, 'UnknownKey'));
    await allow(ada, eve);
    expect(told(await pulled())).toEqual(taken(next));
  });
});

describe('head', () => {
  test('judges the newest commit alone', async () => {
    await pulled({ mode: 'head' });
    const bad = await commit({ parents: [base] });
    await point(bad);
    expect(told(await pulled({ mode: 'head' }))).toEqual(refused(base, 'Unsigned'));
    const good = await commit({ parents: [bad], key: ada });
    await point(good);
    expect(told(await pulled({ mode: 'head' }))).toEqual(taken(good));
  });
});

test('none asks for no signature and says nothing of any', async () => {
  const next = await commit({ parents: [base] });
  await point(next);
  expect(told(await pulled({ mode: 'none' }))).toEqual({ enforced: next, refused: null, verified: null, why: null });
});

describe('when the keys change', () => {
  test('the enforced revision is judged again: it stays in force, is told, and the next good commit heals', async () => {
    await pulled();
    await allow(eve);
    const doubted = await pulled();
    expect(told(doubted)).toEqual(refused(base, 'UnknownKey'));
    expect(doubted.catalog?.networks.size).toBe(1);
    const next = await commit({ parents: [base], key: eve });
    await point(next);
    expect(told(await pulled())).toEqual(taken(next));
  });

  test('a key that is revoked later is told as revoked', async () => {
    await pulled();
    const revokedKeys = await signing.file('revoked-later', `${ada.public}\n`);
    expect(told(await pulled({ revokedKeys }))).toEqual(refused(base, 'KeyRevoked'));
    expect(told(await pulled())).toEqual(taken(base));
  });

  test('one that has expired does not come back by a commit that dates itself before what is enforced', async () => {
    const until = (key: SshKey, day: string): string => `person@example.org valid-before="${day}" ${key.public}\n`;
    await writeFile(allowed, `person@example.org ${ada.public}\n${until(eve, '20200101')}`);
    await pulled();
    await point(await commit({ parents: [base], key: eve, at: 1_570_000_000 }));
    expect(told(await pulled())).toEqual(refused(base, 'KeyExpired'));
  });

  test('nothing is judged twice by the same keys', async () => {
    await pulled();
    const kept = await readFile(join(stateDir(), 'verified.json'), 'utf8');
    expect(JSON.parse(kept).good[base]).toMatchObject({ by: 'person-0@example.org' });
    await rename(join(bare.root, 'clone'), join(bare.root, 'old'));
    await rename(bare.path, `${bare.path}.away`);
    // Neither clone nor remote: only what was remembered can tell.
    expect(told(await pulled())).toMatchObject({ enforced: base, refused: expect.stringMatching(/NotFound|Unreachable/), verified: true });
  });

  test('a file of keys that is gone is told, and nothing new is taken', async () => {
    await pulled();
    await rm(allowed);
    expect(told(await pulled())).toEqual(refused(base, 'KeysUnreadable'));
    await point(await commit({ parents: [base], key: ada }));
    expect(told(await pulled())).toEqual(refused(base, 'KeysUnreadable'));
  });
});

describe('a node that keeps nothing', () => {
  test('takes the newest commit alone where no anchor is named', async () => {
    const tip = await commit({ parents: [await commit({ parents: [base] })], key: ada });
    await point(tip);
    expect(told(await pulled())).toEqual(taken(tip));
  });

  test('judges all that came after the anchor, and takes no branch without it', async () => {
    const bad = await commit({ parents: [base] });
    const tip = await commit({ parents: [bad], key: ada });
    await point(tip);
    expect(told(await pulled({ anchor: base }))).toEqual(refused(null, 'Unsigned'));
    expect(told(await pulled({ anchor: bad }))).toEqual(taken(tip));
    await rm(stateDir(), { recursive: true });
    const other = await commit({ parents: [], key: ada });
    await point(other);
    expect(told(await pulled({ anchor: base }))).toMatchObject({ enforced: null, refused: 'HistoryRewritten' });
  });
});

test('who accepts rewritten history by name vouches for what led there, not for the signature of that commit', async () => {
  await pulled();
  const root = await commit({ parents: [] });
  const unsigned = await commit({ parents: [root] });
  await point(unsigned);
  expect(told(await pulled({}, unsigned))).toEqual(refused(base, 'Unsigned'));
  const signed = await commit({ parents: [root], key: ada });
  await point(signed);
  expect(told(await pulled())).toMatchObject({ enforced: base, refused: 'HistoryRewritten' });
  expect(told(await pulled({}, signed))).toEqual(taken(signed));
});

test('nothing of a commit is read before it is verified', async () => {
  await pulled();
  await mkdir(join(bare.root, 'x'), { recursive: true });
  await bare.grow('bad', { 'all.yaml': 'this: is [no\n' });
  const text = commitObject({ tree: await bare.git('rev-parse', 'bad^{tree}'), parents: [base] });
  const made = await run('git', [`--git-dir=${bare.path}`, 'hash-object', '-t', 'commit', '-w', '--stdin'], { stdin: text, okCodes: [0] });
  await point(made.stdout.trim());
  const { refusal } = await pulled();
  expect(refusal).toMatchObject({ reason: 'SourceNotVerified', diagnostics: [] });
});
