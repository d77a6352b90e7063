/** Where no definitions say what lived, the kernel does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Observed } from '../../src/kinds/kind.ts';
import { linkRef, portRef } from '../../src/kinds/refs.ts';
import type { Step } from '../../src/kinds/step.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import { nearMac } from '../../src/model/names.ts';
import { loadAsked, saveApproval } from '../../src/pass/control.ts';
import { saveGood, saveKeptLedger } from '../../src/pass/kept.ts';
import { heldByKernel } from '../../src/pass/kernel-consent.ts';
import { keepEnforced } from '../../src/pass/last-enforced.ts';
import { ledgerOf } from '../compile/world.ts';
import { doc, guests, node, revision } from '../consent/world.ts';

const BASE = [doc('Cluster test'), node('n1'), doc('Network red/lan', 'vxid: 16')];
const FULL = revision(...BASE, ...guests(12));
const FEW = revision(...BASE);
const LEDGER = ledgerOf(FULL);
const MACS = Object.values(LEDGER.networks['red/lan']?.interfaces ?? {}).map(({ mac }) => nearMac(mac));

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'netloom-kernel-'));
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const link = (kind: string, name: string, mac = '02:00:00:00:00:01', owner: Observed['owner'] = 'ours'): readonly Observed[] => [
  { kind, ref: linkRef('', name), owner, spec: { netns: '', name, mac, mtu: 1500, group: 97, up: true, alias: `netloom:Interface red/${name}` } },
  { kind: 'port', ref: portRef('', name), owner, spec: { netns: '', link: name, bridge: 'br-vxlan-10' } },
];
const taps = MACS.flatMap((mac, i) => link('tap', `tp${i + 1}`, mac));
const KERNEL = [...link('vxlan', 'vxlan-10'), ...taps];

/** A plan that deletes these links. */
const deleting = (...names: readonly string[]) => ({
  observed: KERNEL,
  plan: { steps: names.map(name => ({ verb: 'delete', ref: linkRef('', name) }) as Step), swept: [], bystanders: [], held: [] },
});
const ALL = MACS.map((_, i) => `tp${i + 1}`);
const args = (ledger: Ledger, revision = 'a'.repeat(40)) => ({ config: { stateDir }, catalog: FEW, ledger, revision });

test('many links that nobody knows are not deleted without a word, and one word is good for once', async () => {
  const plan = deleting(...ALL);
  const asked = await heldByKernel(plan, args(EMPTY_LEDGER));
  expect(asked?.why).toContain('12 of 13 links of networks would be deleted from this kernel (0 of them networks)');
  expect(asked?.deletions[0]).toBe('Interface red/tp1 is deleted (tp1)');
  expect(await loadAsked(stateDir)).toEqual(asked);
  expect(await heldByKernel(deleting(...ALL.slice(1)), args(EMPTY_LEDGER))).toMatchObject({ hash: expect.not.stringMatching(asked?.hash ?? '') });
  await saveApproval(stateDir, { hash: asked?.hash ?? '', by: 'ada', since: '2026-11-21T10:00:00Z' });
  expect(await heldByKernel(plan, args(EMPTY_LEDGER))).toBeNull();
  expect(await loadAsked(stateDir)).toBeNull();
  await keepEnforced(stateDir);
  await saveGood(stateDir, { revision: 'b'.repeat(40), path: '', files: [] });
  await keepEnforced(stateDir);
  rmSync(join(stateDir, 'enforced'), { recursive: true });
  expect(await heldByKernel(plan, args(EMPTY_LEDGER))).toMatchObject({ hash: asked?.hash });
});

test('a few, and what stays, need no word', async () => {
  expect(await heldByKernel(deleting(...ALL.slice(0, 2)), args(EMPTY_LEDGER))).toBeNull();
  expect(
    await heldByKernel(
      { ...deleting(...ALL), observed: [...link('vxlan', 'vxlan-10'), ...MACS.flatMap((mac, i) => link('tap', `tp${i + 1}`, mac, 'foreign'))] },
      args(EMPTY_LEDGER),
    ),
  ).toBeNull();
  const back = deleting(...ALL);
  const made = ALL.map(name => ({ verb: 'make', ref: linkRef('', name) }) as Step);
  expect(await heldByKernel({ ...back, plan: { ...back.plan, steps: [...back.plan.steps, ...made] } }, args(EMPTY_LEDGER))).toBeNull();
});

test('what the ledger knows, or was enforced here before, others have judged', async () => {
  expect(await heldByKernel(deleting(...ALL), args(LEDGER))).toBeNull();
  await saveGood(stateDir, { revision: 'b'.repeat(40), path: '', files: [] });
  await saveKeptLedger(stateDir, { tip: null, ledger: EMPTY_LEDGER });
  await keepEnforced(stateDir);
  expect(await heldByKernel(deleting(...ALL), args(EMPTY_LEDGER))).toBeNull();
});

test('a folder of definitions knows nothing of what lived: the kernel always counts, and the word stands beside the command', async () => {
  const plan = deleting(...ALL);
  await saveGood(stateDir, { revision: 'b'.repeat(40), path: '', files: [] });
  await keepEnforced(stateDir);
  const asked = await heldByKernel(plan, args(LEDGER, ''));
  expect(asked).not.toBeNull();
  expect(await loadAsked(stateDir)).toBeNull();
  expect(await heldByKernel(plan, { ...args(LEDGER, ''), approve: '0123456789abcdef' })).not.toBeNull();
  // One that was given for a pass by the repository is none for a folder.
  await saveApproval(stateDir, { hash: asked?.hash ?? '', by: 'ada', since: '2026-11-21T10:00:00Z' });
  expect(await heldByKernel(plan, args(LEDGER, ''))).not.toBeNull();
  expect(await heldByKernel(plan, { ...args(LEDGER, ''), approve: asked?.hash })).toBeNull();
});

test('the last network is asked for, and what goes along with another thing counts too', async () => {
  const without = { ...args(EMPTY_LEDGER), catalog: { ...FEW, networks: new Map() } };
  const { plan, observed } = deleting();
  const swept = [{ kind: 'vxlan', title: 'vxlan interface', ref: linkRef('', 'vxlan-10'), by: linkRef('', 'eth0') }];
  expect(await heldByKernel({ observed, plan: { ...plan, swept } }, without)).toMatchObject({ why: expect.stringContaining('the last Network') });
});
