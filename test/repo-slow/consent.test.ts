import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import { loadAsked, saveApproval } from '../../src/pass/control.ts';
import { loadGood, restoreKept, saveKeptLedger } from '../../src/pass/kept.ts';
import { keepEnforced, lastEnforced } from '../../src/pass/last-enforced.ts';
import { type Pulled, pull } from '../../src/pass/pull.ts';
import { openRemote } from '../../src/pass/remote.ts';
import { type NodeReport, statusFile } from '../../src/report/node-report.ts';
import { ledgerOf } from '../compile/world.ts';
import { type Doc, doc, guests, node, revision, textOf } from '../consent/world.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';

const CLUSTER = doc('Cluster test');
const BASE = [node('n1'), node('n2'), doc('Network red/lan', 'cidr: 10.0.0.0/16'), doc('Network red/other')];
const FULL = [CLUSTER, ...BASE, ...guests(30)];
const BY_ADA = { by: 'ada', since: '2026-11-21T10:00:00Z' };

let bare: Bare;
let stateDir: string;

beforeEach(async () => {
  bare = await makeBare();
  stateDir = join(bare.root, 'state');
  await main(FULL);
  expect(await look()).toMatchObject({ advanced: true, refusal: null });
});
afterEach(() => bare.remove());

async function main(docs: readonly Doc[], file = 'all.yaml'): Promise<string> {
  return bare.grow('main', { [file]: docs.map(textOf).join('---\n') });
}

/** One look of node n1. */
async function look({ path = '', keep = true }: { readonly path?: string; readonly keep?: boolean } = {}): Promise<Pulled> {
  const remote = await openRemote({ repo: { url: bare.path, branch: 'main', path }, status: { url: '', branch: 'status' } }, join(bare.root, 'clone'));
  return pull({ remote, stateDir, good: await loadGood(stateDir), node: 'n1', keep });
}

const guestsIn = ({ catalog }: Pulled): number | undefined => catalog?.interfaces.size;
const reason = ({ refusal }: Pulled): string | undefined => refusal?.reason;
const hashIn = ({ refusal }: Pulled): string => /netloom approve ([0-9a-f]{16})/.exec(refusal?.message ?? '')?.[1] ?? '';

describe('many definitions are not deleted without a word', () => {
  test('the last good revision stays in force, and what would go is named with its places, until it is put back', async () => {
    await main([CLUSTER, ...BASE, ...guests(19)]);
    const first = await look();
    expect([reason(first), guestsIn(first), first.advanced]).toEqual(['NeedsApproval', 30, false]);
    expect(first.refusal?.message).toContain('11 of 35 definitions would be deleted (11 Interface): more than 10');
    expect(first.refusal?.diagnostics).toHaveLength(11);
    expect(first.refusal?.diagnostics[0]).toMatchObject({ code: 'needs-approval', at: { file: 'all.yaml', line: expect.any(Number) } });
    expect(await loadAsked(stateDir)).toMatchObject({ hash: hashIn(first) });
    await main(FULL);
    expect(await look()).toMatchObject({ refusal: null, advanced: true });
    expect(await loadAsked(stateDir)).toBeNull();
  });

  test('neither split over commits of which none does much', async () => {
    for (const left of [24, 18, 12, 6]) await main([CLUSTER, ...BASE, ...guests(left)]);
    expect(await look().then(seen => [reason(seen), guestsIn(seen)])).toEqual(['NeedsApproval', 30]);
  });

  test('nor by another folder of the same commit, nor by a folder that is renamed away', async () => {
    await main([CLUSTER, ...BASE], 'elsewhere/all.yaml');
    await look().then(seen => expect(reason(seen)).toBe('InvalidDefinitions')); // both folders define the same
    expect(reason(await look({ path: 'elsewhere' }))).toBe('NeedsApproval');
    expect(reason(await look({ path: 'nowhere' }))).toBe('NoDefinitions');
    await bare.grow('main', { 'elsewhere/all.yaml': null, 'all.yaml': null, 'old/all.yml.bak': 'x', 'new.yaml': [CLUSTER, ...BASE].map(textOf).join('---\n') });
    expect(reason(await look())).toBe('NeedsApproval');
  });

  test('nor by guards that come along, nor by another tenant', async () => {
    await main([doc('Cluster test', 'guards: { maxDeletions: 1000, maxDeletedPercent: 100 }'), ...BASE, ...guests(2)]);
    expect(reason(await look())).toBe('NeedsApproval');
    await main([CLUSTER, ...BASE, doc('Network blue/lan'), ...guests(30).map(each => ({ ...each, of: each.of.replace('red/', 'blue/') }))]);
    expect(reason(await look())).toBe('NeedsApproval');
  });

  test('a branch that is put back to what is enforced asks for nothing any more', async () => {
    const good = await bare.tip('main');
    await main([CLUSTER, ...BASE]);
    expect(reason(await look())).toBe('NeedsApproval');
    await bare.git('update-ref', 'refs/heads/main', String(good));
    expect(await look()).toMatchObject({ refusal: null, advanced: false });
    expect(await loadAsked(stateDir)).toBeNull();
  });

  test('a plan sees the same, and keeps nothing', async () => {
    await main([CLUSTER, ...BASE]);
    expect(reason(await look({ keep: false }))).toBe('NeedsApproval');
    expect(await loadAsked(stateDir)).toBeNull();
  });
});

describe('an approval', () => {
  test('on the node lets exactly those deletions go, once', async () => {
    await main([CLUSTER, ...BASE, ...guests(15)]);
    const hash = hashIn(await look());
    await saveApproval(stateDir, { hash, ...BY_ADA });
    await main([CLUSTER, ...BASE, ...guests(14)]);
    expect(reason(await look())).toBe('NeedsApproval');
    await main([CLUSTER, ...BASE, ...guests(15), doc('Network red/new')]);
    expect(await look({ keep: false })).toMatchObject({ refusal: null });
    const done = await look();
    expect(done).toMatchObject({ refusal: null, advanced: true, approved: { hash, by: 'ada' } });
    expect(guestsIn(done)).toBe(15);
    await main(FULL);
    await look();
    await main([CLUSTER, ...BASE, ...guests(15)]);
    const again = await look();
    expect([reason(again), hashIn(again)]).toEqual(['NeedsApproval', hash]);
  });

  test('in the definitions does so on every node, once', async () => {
    await main([CLUSTER, ...BASE, ...guests(15)]);
    const hash = hashIn(await look());
    const approved = doc('Cluster test', '', `annotations: { netloom.dev/approve: "${hash}" }`);
    await main([approved, ...BASE, ...guests(14)]);
    expect(reason(await look())).toBe('NeedsApproval');
    await main([approved, ...BASE, ...guests(15)]);
    expect(await look()).toMatchObject({ refusal: null, approved: { hash, by: null } });
    await main([approved, ...BASE, ...guests(30)]);
    await look();
    await main([approved, ...BASE, ...guests(15)]);
    expect(reason(await look())).toBe('NeedsApproval');
  });
});

describe('what was enforced is what counts', () => {
  /** As a pass notes it when its kernel is as wanted. */
  const enforced = async (): Promise<void> => {
    await saveKeptLedger(stateDir, { tip: null, ledger: ledgerOf(revision(...FULL)) });
    await keepEnforced(stateDir);
  };

  test('an approval holds for the same deletions until they are enforced, also when the first try was taken back, and no longer', async () => {
    await enforced();
    const before = await lastEnforced(stateDir);
    await main([CLUSTER, ...BASE, ...guests(15)]);
    await saveApproval(stateDir, { hash: hashIn(await look()), ...BY_ADA });
    expect(await look()).toMatchObject({ refusal: null, advanced: true });
    await restoreKept(stateDir, before.good, before.ledger);
    await main([CLUSTER, ...BASE, ...guests(14)]);
    expect(reason(await look())).toBe('NeedsApproval');
    await main([CLUSTER, ...BASE, ...guests(15), doc('Network red/mended')]);
    expect(await look()).toMatchObject({ refusal: null, advanced: true, approved: { by: 'ada' } });
    await enforced();
    // A person goes back, and follows the branch again.
    await restoreKept(stateDir, before.good, before.ledger);
    await keepEnforced(stateDir);
    expect(reason(await look())).toBe('NeedsApproval');
  });

  test('revisions that were accepted and never enforced do not make a large deletion of small ones', async () => {
    await enforced();
    for (const left of [24, 19]) {
      await main([CLUSTER, ...BASE, ...guests(left)]);
      const seen = await look();
      expect([reason(seen), guestsIn(seen)]).toEqual(left === 24 ? [undefined, 24] : ['NeedsApproval', 24]);
    }
  });
});

describe('a protected definition', () => {
  const shielded = doc('Network red/other', '', 'annotations: { netloom.dev/protect: "true" }');
  const others = [CLUSTER, ...BASE.filter(each => each.of !== 'Network red/other')];
  beforeEach(async () => {
    await main([...others, shielded]);
    await saveApproval(stateDir, { hash: hashIn(await look()), ...BY_ADA });
    expect(await look()).toMatchObject({ refusal: null });
  });

  test('is refused its deletion, whoever approves', async () => {
    await main(others);
    const { refusal } = await look();
    expect(refusal).toMatchObject({ condition: 'Stalled', reason: 'ProtectedObject', diagnostics: [{ code: 'protected-object', at: { file: 'all.yaml' } }] });
    expect(refusal?.message).toContain('Network red/other (all.yaml:');
  });

  test('is refused it although the annotation goes in the same commit', async () => {
    await main([...others, doc('Network red/other')]);
    await bare.git('update-ref', 'refs/heads/main', `${await bare.tip('main')}~1`);
    await main(others);
    expect(reason(await look())).toBe('ProtectedObject');
  });

  test('is deleted by a later commit than the one that takes the annotation off, also where both are seen at once', async () => {
    await main([...others, doc('Network red/other')]);
    await main(others);
    expect(await look()).toMatchObject({ refusal: null, advanced: true });
  });

  test('does not count as unprotected by what a merged branch did on its own', async () => {
    const base = (await bare.tip('main')) ?? '';
    await bare.git('update-ref', 'refs/heads/side', base);
    for (const docs of [[...others, doc('Network red/other')], others]) await bare.grow('side', { 'all.yaml': docs.map(textOf).join('---\n') });
    const tree = await bare.git('rev-parse', 'side^{tree}');
    const merge = await bare.git('-c', 'user.name=x', '-c', 'user.email=x@y', 'commit-tree', tree, '-p', base, '-p', 'side', '-m', 'merge');
    await bare.git('update-ref', 'refs/heads/main', merge);
    expect(reason(await look())).toBe('ProtectedObject');
  });
});

describe('a node that has lost its state directory', () => {
  const report = (applied: string): NodeReport => ({
    node: 'n1',
    version: '1',
    mode: 'enforce',
    heard: `${new Date().toISOString().slice(0, 19)}Z`,
    revision: { observed: applied, attempted: applied, accepted: '', applied },
    conditions: [],
    networks: {},
    interfaces: {},
    pools: {},
    floatingIPs: {},
    routedIPs: {},
    inventory: {},
    drift: [],
  });
  const published = (applied: string): Promise<string> =>
    bare.grow('status', { ...Object.fromEntries(ledgerFiles(ledgerOf(revision(...FULL)))), 'nodes/n1.yaml': statusFile(report(applied)) });

  test('asks all the same, by the same hash: the status branch tells what lived', async () => {
    await published((await bare.tip('main')) ?? '');
    await main([CLUSTER, ...BASE, ...guests(15)]);
    const before = await look();
    await rm(stateDir, { recursive: true });
    await rm(join(bare.root, 'clone'), { recursive: true });
    const lost = await look();
    expect([reason(before), reason(lost), lost.catalog]).toEqual(['NeedsApproval', 'NeedsApproval', null]);
    expect(hashIn(lost)).toBe(hashIn(before));
    await saveApproval(stateDir, { hash: hashIn(lost), ...BY_ADA });
    expect(await look()).toMatchObject({ refusal: null, advanced: true });
  });

  test('asks although it never said which revision it enforced', async () => {
    await published('');
    await rm(stateDir, { recursive: true });
    await main([CLUSTER, ...BASE, ...guests(15)]);
    expect(reason(await look())).toBe('NeedsApproval');
  });

  test('enforces nothing while the status branch cannot be read', async () => {
    await bare.grow('status', { 'people.txt': 'ours' });
    await rm(stateDir, { recursive: true });
    await main([CLUSTER, ...BASE]);
    const { refusal, catalog } = await look();
    expect([refusal?.condition, catalog]).toEqual(['FetchFailed', null]);
  });
});
