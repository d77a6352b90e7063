import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import { loadKeptLedger } from '../../src/pass/kept.ts';
import { openRemote, type Remote, readTips } from '../../src/pass/remote.ts';
import type { Settled } from '../../src/pass/settle.ts';
import { takenKeys, takeOver } from '../../src/pass/take-over.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { catalogOf, ledgerOf } from '../report/world.ts';

const STATUS = 'netloom-status';
const RED = 'allocations/networks/default/red.yaml';
const NETS = { 'default/red': { cidr: '10.0.0.0/24' }, 'default/blue': { cidr: '10.0.1.0/24' } };
const GUESTS = { 'default/a': { network: 'red', node: 'n1' } };
const POOLS = { edge: { cidr: '192.0.2.0/24', device: 'eth1' } };
const FLOATING = { 'default/web': { interface: 'a' } };

const before = catalogOf(NETS, GUESTS, { gateways: ['n1'], pools: POOLS, floating: FLOATING });
const cordoned = catalogOf(NETS, GUESTS, { gateways: ['n1', 'n2'], cordoned: ['n1'], pools: POOLS, floating: FLOATING });
const moving = ledgerOf(cordoned, ledgerOf(before));

type Enforced = Parameters<typeof takenKeys>[0]['enforced'];

/** A pass that left steps for these definitions, and troubles. */
function enforced(left: readonly string[] = [], troubles: Readonly<Record<string, boolean>> = {}): Enforced {
  const steps = left.map(definition => ({ from: [{ definition }] }));
  const told = Object.entries(troubles).map(([definition, fatal]) => ({ definition, reason: 'Because', message: 'because', fatal }));
  return { compiled: { resources: [], troubles: told }, remaining: { steps, held: [] } } as unknown as Enforced;
}

function settledAt(tip: string | null, ledger: Ledger): Settled {
  return { ledger, tip, changes: [], pending: [], notes: [], problem: null, at: '2026-11-21T10:00:00.000Z', isKnown: true } as unknown as Settled;
}

function gatewayOf(ledger: Ledger | undefined, key = 'default/red'): unknown {
  return ledger?.networks[key]?.gateway;
}

test('a cordoned gateway node hands over what it carries', () => {
  expect(gatewayOf(moving)).toMatchObject({ node: 'n2', former: 'n1' });
});

describe('a router has moved', () => {
  const keys = (found: Enforced, node = 'n2'): readonly string[] => takenKeys({ settled: settledAt(null, moving), catalog: cordoned, enforced: found, node });

  test('when the new node has nothing left to do for it', () => {
    expect(keys(enforced())).toEqual(['default/blue', 'default/red']);
    expect(keys(enforced(['Interface default/a', 'Node n2']))).toEqual(['default/blue', 'default/red']);
    expect(keys(enforced([], { 'Network default/red': false }))).toEqual(['default/blue', 'default/red']);
  });

  test('not while something of the network, of an address that leads into it or of a pool is not done', () => {
    expect(keys(enforced(['Network default/red']))).toEqual(['default/blue']);
    expect(keys(enforced(['FloatingIP default/web']))).toEqual(['default/blue']);
    expect(keys(enforced([], { 'Network default/blue': true }))).toEqual(['default/red']);
    expect(keys(enforced([], { 'AddressPool edge': true }))).toEqual([]);
  });

  test('on no other node', () => {
    expect(keys(enforced(), 'n1')).toEqual([]);
  });
});

describe('what is published then', () => {
  let bare: Bare;
  let remote: Remote;

  beforeEach(async () => {
    bare = await makeBare();
    await bare.grow('main', { 'x.yaml': 'x: 1\n' });
    const side = { url: bare.path, branch: 'main', path: '' };
    remote = await openRemote({ repo: side, status: { url: '', branch: STATUS } }, join(bare.root, 'clone'));
    await bare.grow(STATUS, Object.fromEntries(ledgerFiles(moving)));
  });
  afterEach(() => bare.remove());

  async function taken(found: Enforced, settled: Settled): Promise<Settled> {
    await remote.status.sync(remote.statusBranch, settled.tip ?? '');
    return takeOver({ remote, settled, catalog: cordoned, enforced: found, node: 'n2', stateDir: join(bare.root, 'state') });
  }

  test('is the ledger without the former node, which the node keeps', async () => {
    const settled = settledAt((await readTips(remote)).status, moving);
    const over = await taken(enforced(['Network default/blue']), settled);
    expect(gatewayOf(over.ledger)).toEqual({ node: 'n2', since: expect.any(String) });
    expect(gatewayOf(over.ledger, 'default/blue')).toMatchObject({ former: 'n1' });
    expect(over.changes).toMatchObject([{ definition: 'Network default/red', change: 'change', message: 'former gateway node n1 -> none' }]);
    expect(over.tip).toBe((await readTips(remote)).status);
    expect(`${await bare.show(STATUS, RED)}\n`).toBe(ledgerFiles(over.ledger).get(RED));
    expect(await loadKeptLedger(join(bare.root, 'state'))).toEqual({ tip: over.tip, ledger: over.ledger });
  });

  test('comes on top of what others published meanwhile', async () => {
    const settled = settledAt((await readTips(remote)).status, moving);
    await bare.grow(STATUS, { ...Object.fromEntries(ledgerFiles(moving)), 'nodes/n1.yaml': 'apiVersion: netloom.dev/v1\nkind: NodeStatus\nnode: n1\n' });
    const over = await taken(enforced(), settled);
    expect(gatewayOf(over.ledger)).toEqual({ node: 'n2', since: expect.any(String) });
    expect(await bare.show(STATUS, 'nodes/n1.yaml')).toContain('node: n1');
    expect(await bare.show(STATUS, RED)).not.toContain('former');
  });

  test('is nothing when nothing moves here, and nothing is lost when the remote does not answer', async () => {
    const settled = settledAt((await readTips(remote)).status, moving);
    expect(await taken(enforced(['AddressPool edge']), settled)).toBe(settled);
    await bare.remove();
    expect(await takeOver({ remote, settled, catalog: cordoned, enforced: enforced(), node: 'n2', stateDir: '/nowhere' })).toBe(settled);
  });
});
