import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Good, loadGood } from '../../src/pass/kept.ts';
import { type Pulled, pull } from '../../src/pass/pull.ts';
import { openRemote } from '../../src/pass/remote.ts';
import { doc } from '../compile/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

const FIRST = [doc('Cluster', 'test', ''), doc('Node', 'n1', 'underlay: { address: 10.9.0.1 }')].join('---\n');

let bare: Bare;

beforeEach(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'all.yaml': FIRST, 'later/all.yaml': `${FIRST}---\n${doc('Network', 'blue', '')}` });
});
afterEach(() => bare.remove());

interface How {
  readonly path?: string;
  readonly good?: Good | null;
  readonly secret?: string;
}

/** One look of a node that keeps `good`, or what it kept last. */
async function pulled({ path = 'later', good, secret }: How = {}): Promise<Pulled> {
  const stateDir = join(bare.root, 'state');
  const auth = secret === undefined ? {} : { auth: { type: 'token', file: secret } as const };
  const remote = await openRemote({ repo: { url: bare.path, branch: 'main', path, ...auth }, status: { url: '', branch: 'status' } }, join(bare.root, 'clone'));
  return pull({ remote, stateDir, good: good === undefined ? await loadGood(stateDir) : good, keep: true });
}

test('the last good revision is in force while the secret cannot be read', async () => {
  await pulled();
  const { refusal, catalog } = await pulled({ secret: join(bare.root, 'no-such-file') });
  expect(refusal).toMatchObject({ condition: 'FetchFailed', reason: 'Unauthorized', message: expect.stringContaining('no-such-file') });
  expect(catalog?.networks.size).toBe(1);
});

test('another folder of the same commit is another revision', async () => {
  const before = await pulled();
  const { advanced, good, catalog, refusal } = await pulled({ path: 'elsewhere' });
  expect({ advanced, good, networks: catalog?.networks.size, reason: refusal?.reason }).toEqual({
    advanced: false,
    good: before.good,
    networks: 1,
    reason: 'NoDefinitions',
  });
  await bare.grow('main', { 'elsewhere/all.yaml': FIRST });
  await pulled();
  expect(await pulled({ path: 'elsewhere' })).toMatchObject({ advanced: true, refusal: null, good: { path: 'elsewhere' } });
});

test('definitions that a newer netloom finds fault with are refused with their mistakes, not taken for none', async () => {
  const { good } = await pulled();
  const files = (good?.files ?? []).map(file => ({ ...file, id: 'other', bytes: Buffer.from(FIRST.replace('kind: Node', 'kind: Knot')) }));
  const { refusal, catalog } = await pulled({ good: good === null ? null : { ...good, files } });
  expect(catalog).toBeNull();
  expect(refusal).toMatchObject({ condition: 'Stalled', reason: 'InvalidDefinitions' });
  expect(refusal?.diagnostics).toContainEqual(expect.objectContaining({ code: 'unknown-kind' }));
});
