/**
 * Whole passes against a real git server behind a proxy that spoils its answers: nothing that a remote says, or does not say, takes
 * anything away; the pass ends in time and says what is wrong; the next one with a sound remote goes on as if nothing had been.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import type { PassResult } from '../../src/reconcile.ts';
import type { Fault, Reply } from '../repo/support/fault-server.ts';
import { expectDump, type Row, settledDump } from './support/dump.ts';
import { DEADLINE_MS, document, PATIENCE_MS, type RemoteNode, remoteNode } from './support/remote-node.ts';

let node: RemoteNode;

beforeAll(async () => {
  node = await remoteNode();
  expect(told(await node.pass())).toEqual({ refusal: null, steps: 0, published: 'news' });
});
beforeEach(() => node.proxy.spoil());
afterAll(() => node?.end());

/** What a pass came to; `steps`: those that are still to be done. */
function told({ pulled, enforced, published }: PassResult): object {
  const refusal = pulled.refusal === null ? null : `${pulled.refusal.condition} ${pulled.refusal.reason}`;
  return { refusal, steps: enforced?.remaining.steps.length, published: published?.result };
}

const deadlineFor = (reason: string): number => (reason === 'Timeout' ? DEADLINE_MS : PATIENCE_MS);

/** A pass that hears of nothing new and touches nothing, in time. */
async function expectHeld(reason: string): Promise<void> {
  const from = performance.now();
  const { pulled, enforced } = await node.pass(deadlineFor(reason));
  expect(pulled.refusal).toMatchObject({ condition: 'FetchFailed', reason });
  expect([pulled.advanced, enforced?.plan.steps, enforced?.outcomes]).toEqual([false, [], []]);
  // What a pass takes beside the remote, on a busy machine.
  expect(performance.now() - from).toBeLessThan(DEADLINE_MS + 10_000);
}

const isListing = (url: string): boolean => url.includes('info/refs');
const isFetch = (url: string): boolean => url.endsWith('git-upload-pack') && !isListing(url);
const isPush = (url: string): boolean => url.endsWith('git-receive-pack') && !isListing(url);

type Spoil = (reply: Reply) => Reply | 'reset' | 'stall';

/** Spoils the answers to some requests. */
const on =
  (is: (url: string) => boolean, spoil: Spoil): Fault =>
  async (asked, real) =>
    is(asked.url) ? spoil(await real()) : real();

const page = (status: number, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: Buffer.from('<html><title>Sign in</title></html>'),
});

/** What any request may meet, and what a pass calls it. */
const ANSWERS: readonly (readonly [string, Spoil, string])[] = [
  ['no answer', () => 'stall', 'Timeout'],
  ['half an answer and then nothing', reply => ({ ...reply, cutAt: reply.body.length >> 1, end: 'stall' }), 'Timeout'],
  ['a reset', () => 'reset', 'Unreachable'],
  ['a reset in the middle', reply => ({ ...reply, cutAt: reply.body.length >> 1, end: 'reset' }), 'Truncated'],
  ['nothing', reply => ({ ...reply, body: Buffer.alloc(0) }), 'Truncated'],
  ['a page', () => page(200), 'NotGit'],
  ['what it should be, but called a page', reply => ({ ...reply, headers: page(200).headers }), 'NotGit'],
  ['401', () => page(401), 'Unauthorized'],
  ['403', () => page(403), 'Forbidden'],
  ['404', () => page(404), 'NotFound'],
  ['429', () => page(429, { 'retry-after': '17' }), 'RateLimited'],
  ['503', () => page(503, { 'retry-after': '17' }), 'Unreachable'],
  ['another host', () => page(302, { location: 'http://elsewhere.invalid/repo.git' }), 'Redirected'],
];

describe('when the listing is', () => {
  let before: readonly Row[];
  beforeAll(async () => {
    before = await settledDump({ exact: true });
  });
  // The remote is sound again: nothing was lost, so nothing is done.
  afterAll(async () => {
    node.proxy.spoil();
    expect(told(await node.pass())).toEqual({ refusal: null, steps: 0, published: 'silent' });
    await expectDump(before, { exact: true });
  });

  test.each(ANSWERS)('%s: nothing is touched', async (_, spoil, reason) => {
    node.proxy.spoil(on(isListing, spoil));
    await expectHeld(reason);
    node.proxy.spoil();
    expect((await node.pass()).pulled.refusal).toBeNull();
  });

  test('cut at any byte: nothing is touched, by any of the passes', async () => {
    const url = `${node.server.url}/repo.git/info/refs?service=git-upload-pack`;
    const body = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(body.length).toBeGreaterThan(400);
    for (let cutAt = 0; cutAt < body.length; cutAt++) {
      node.proxy.spoil(async () => ({ status: 200, headers: { 'content-type': 'application/x-git-upload-pack-advertisement' }, body, cutAt, end: 'close' }));
      await expectHeld('Truncated');
    }
  });
});

describe('a revision that takes a guest away and brings another, when its pack is', () => {
  let turn = 0;
  /** The guest `vm` goes and `next` comes, or the other way round; no revision has a file of another one. */
  const revision = (): Record<string, string | null> => {
    turn += 1;
    const guest = (name: string): string => document('Interface', name, `{ network: lan, node: n1, attach: { tap: {} } } # ${turn}`);
    return turn % 2 === 1 ? { 'vm.yaml': null, 'next.yaml': guest('next') } : { 'vm.yaml': guest('vm'), 'next.yaml': null };
  };

  async function expectSurvived(fault: Fault, reason: string): Promise<void> {
    const commit = await node.grow(revision());
    node.proxy.spoil(fault);
    await expectHeld(reason);
    node.proxy.spoil();
    const { pulled, enforced } = await node.pass();
    expect([pulled.refusal, pulled.advanced, pulled.good?.revision]).toEqual([null, true, commit]);
    expect(new Set(enforced?.outcomes.map(({ step, status }) => `${step.verb} ${status}`))).toContain('delete done');
    expect(enforced?.remaining.steps).toEqual([]);
  }

  test.each(ANSWERS)('%s: it is taken as a whole later', async (_, spoil, reason) => {
    await expectSurvived(on(isFetch, spoil), reason);
  });

  const EMPTY = Buffer.from(
    '0008NAK\n0025\x01PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e0000',
    'latin1',
  );
  test.each([
    ['empty', EMPTY, 'Corrupt'],
    ['not there', Buffer.from('0008NAK\n0000'), 'Corrupt'],
  ])('%s: it is taken as a whole later', async (_, body, reason) => {
    await expectSurvived(
      on(isFetch, reply => ({ ...reply, body })),
      reason,
    );
  });

  test('without some of its objects: it is taken as a whole later', async () => {
    await expectSurvived(async (asked, real) => (isFetch(asked.url) ? { ...(await real()), body: await commitAlone() } : real()), 'Corrupt');
  });

  /** An answer with the newest commit, and nothing that it is made of. */
  async function commitAlone(): Promise<Buffer> {
    const argv = [`--git-dir=${node.bare.path}`, 'pack-objects', '--quiet', '--stdout'];
    const { stdout } = await run('git', argv, { stdin: `${await node.bare.tip('main')}\n`, asBuffer: true, okCodes: [0] });
    const length = (stdout.length + 5).toString(16).padStart(4, '0');
    return Buffer.concat([Buffer.from(`0008NAK\n${length}\x01`), stdout, Buffer.from('0000')]);
  }

  test('cut anywhere: nothing is touched, and it is taken as a whole later', async () => {
    const commit = await node.grow(revision());
    for (let part = 0; part < 20; part++) {
      node.proxy.spoil(on(isFetch, reply => ({ ...reply, cutAt: Math.floor((reply.body.length * part) / 20), end: 'close' })));
      await expectHeld('Truncated');
    }
    node.proxy.spoil(on(isFetch, reply => ({ ...reply, cutAt: reply.body.length - 1, end: 'close' })));
    await expectHeld('Truncated');
    node.proxy.spoil();
    const { pulled, enforced } = await node.pass();
    expect([pulled.refusal, pulled.good?.revision, enforced?.remaining.steps]).toEqual([null, commit, []]);
  });
});

describe('a listing that is whole and wrong', () => {
  test('in its HEAD, which names no branch: the pass does not care', async () => {
    await node.bare.git('symbolic-ref', 'HEAD', 'refs/heads/nowhere');
    expect(told(await node.pass())).toEqual({ refusal: null, steps: 0, published: 'silent' });
    await node.bare.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  });

  test('in its branch, which names a commit that is not there: nothing is touched', async () => {
    const tip = (await node.bare.tip('main')) ?? '';
    node.proxy.spoil(on(isListing, reply => ({ ...reply, body: Buffer.from(reply.body.toString('latin1').replaceAll(tip, 'f'.repeat(40)), 'latin1') })));
    await expectHeld('NoBranch');
  });

  test('without the branch, without any branch: nothing is touched', async () => {
    const tip = (await node.bare.tip('main')) ?? '';
    await node.bare.git('update-ref', '-d', 'refs/heads/main');
    await expectHeld('BranchMissing');
    const status = (await node.bare.tip('netloom-status')) ?? '';
    await node.bare.git('update-ref', '-d', 'refs/heads/netloom-status');
    await expectHeld('BranchMissing');
    await node.bare.git('update-ref', 'refs/heads/main', tip);
    await node.bare.git('update-ref', 'refs/heads/netloom-status', status);
    expect((await node.pass()).pulled.refusal).toBeNull();
  });
});

describe('a push that is met by', () => {
  let turn = 0;
  const vxids = async (): Promise<readonly string[]> => {
    const text = await node.bare.git('grep', '-h', '^vxid:', 'netloom-status', '--', 'allocations/networks');
    return text.split('\n').sort();
  };

  // The server had it in some of these, and not in others: nobody can tell.
  test.each([...ANSWERS.filter(([, , reason]) => reason !== 'Redirected')])('%s costs no allocation and makes none twice', async (_, spoil, reason) => {
    turn += 1;
    const name = `push-${turn}`;
    const before = await vxids();
    await node.grow({
      [`${name}.yaml`]: [document('Network', name, '{}'), document('Interface', name, `{ network: ${name}, node: n1, attach: { tap: {} } }`)].join('---\n'),
    });
    node.proxy.spoil(on(isPush, spoil));
    const { asked } = node.proxy;
    const from = asked.length;
    const first = await node.pass(deadlineFor(reason));
    // Who does not answer is waited for once.
    if (reason === 'Timeout') expect(asked.slice(from).filter(({ url }) => isPush(url))).toHaveLength(1);
    // An allocation that may not have been published is not used: nothing is made, and nothing goes.
    expect(first.enforced?.outcomes.filter(({ step }) => step.verb === 'delete')).toEqual([]);
    expect(first.settled?.problem ?? first.published).not.toBeNull();
    node.proxy.spoil();
    const next = await node.pass();
    expect([next.pulled.refusal, next.settled?.problem, next.enforced?.remaining.steps]).toEqual([null, null, []]);
    const after = await vxids();
    expect(after).toEqual(expect.arrayContaining([...before]));
    expect([after.length, new Set(after).size]).toEqual([before.length + 1, before.length + 1]);
  });
});
