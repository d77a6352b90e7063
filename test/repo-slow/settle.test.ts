import { createHash } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import { type KeptLedger, loadKeptLedger } from '../../src/pass/kept.ts';
import { openRemote, type Remote, readTips } from '../../src/pass/remote.ts';
import { type Settled, settle } from '../../src/pass/settle.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { catalogOf, ledgerOf } from '../report/world.ts';

const STATUS = 'netloom-status';
const RED = 'allocations/networks/default/red.yaml';
const red = catalogOf({ 'default/red': { cidr: '10.0.0.0/24' } }, { 'default/a': { network: 'red', node: 'n1' } });
const both = catalogOf({ 'default/red': { cidr: '10.0.0.0/24' }, 'default/blue': {} }, { 'default/a': { network: 'red', node: 'n1' } });
const published = ledgerOf(red);

let bare: Bare;
let remote: Remote;

beforeEach(async () => {
  bare = await makeBare();
  await bare.grow('main', { 'x.yaml': 'x: 1\n' });
  const side = { url: bare.path, branch: 'main', path: '' };
  remote = await openRemote({ repo: side, status: { url: '', branch: STATUS } }, join(bare.root, 'clone'));
});
afterEach(() => bare.remove());

async function publish(ledger: Ledger, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await bare.grow(STATUS, { ...Object.fromEntries(ledgerFiles(ledger)), ...more });
}

/** A pass on a node that keeps `kept`; without it the node lost its state directory. */
async function settled(catalog = red, kept: KeptLedger | null = null): Promise<Settled> {
  return settle({ remote, tip: (await readTips(remote)).status, kept, catalog, node: 'n1', stateDir: join(bare.root, 'state') });
}

/** The remote gives everything and takes nothing, as it does with a token that may only read. */
async function refusePushes(): Promise<void> {
  const hook = join(bare.path, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\nexit 1\n', { flag: 'w' });
  await chmod(hook, 0o755);
}

describe('a node without a copy of the ledger', () => {
  test('changes nothing while nobody tells it what is allocated: what it does not know is not gone', async () => {
    const down = await settle({ remote, tip: undefined, kept: null, catalog: red, node: 'n1', stateDir: join(bare.root, 'state') });
    expect(down).toMatchObject({ isKnown: false, problem: expect.stringContaining('nothing is changed') });
  });

  test('uses what others have allocated, also when it may not push what is new', async () => {
    await publish(published);
    await refusePushes();
    const { isKnown, ledger, problem } = await settled(both);
    expect(problem).toContain('refuses the push');
    expect(isKnown).toBe(true);
    expect(ledger).toEqual(published);
  });

  test('knows nothing where there is no branch and it may not make one', async () => {
    await refusePushes();
    expect(await settled()).toMatchObject({ isKnown: false, ledger: EMPTY_LEDGER });
  });

  test('gives nothing out anew, now or later, for what it cannot read', async () => {
    await publish(published, { [RED]: 'garbage\n' });
    for (let pass = 0; pass < 2; pass++) {
      const { isKnown, pending, ledger } = await settled(red, await loadKeptLedger(join(bare.root, 'state')));
      expect(isKnown).toBe(false);
      expect(pending).toContainEqual(expect.objectContaining({ definition: 'Network default/red', reason: 'LedgerUnreadable' }));
      expect(ledger.networks).toEqual({});
      expect(await bare.show(STATUS, RED)).toBe('garbage');
    }
  });
});

test('who loses the race for the branch decides anew, by what the other one gave out', async () => {
  await publish(EMPTY_LEDGER, { 'README.md': 'x' });
  // Another node was first, and gave the first address to b.
  const b = catalogOf({ 'default/red': { cidr: '10.0.0.0/24' } }, { 'default/b': { network: 'red', node: 'n1' } });
  const theirs = ledgerOf(b);
  const other = await bare.grow('theirs', Object.fromEntries(ledgerFiles(theirs)));
  const hook = join(bare.path, 'hooks', 'update');
  await writeFile(hook, `#!/bin/sh\nrm "$0"\ngit update-ref refs/heads/${STATUS} ${other}\n`, { mode: 0o755 });
  const all = catalogOf(
    { 'default/red': { cidr: '10.0.0.0/24' } },
    { 'default/a': { network: 'red', node: 'n1' }, 'default/b': { network: 'red', node: 'n1' } },
  );
  const { ledger, tip } = await settled(all);
  const addresses = Object.fromEntries(Object.entries(ledger.networks['default/red']?.interfaces ?? {}).map(([key, { address }]) => [key, address]));
  expect(addresses).toEqual({ 'default/a': '10.0.0.3', 'default/b': '10.0.0.2' });
  expect(tip).toBe(await bare.tip(STATUS));
  expect(await bare.git('rev-parse', `${tip}^`)).toBe(other);
});

describe('a node with a copy of the ledger', () => {
  test('says again what the branch cannot tell any more', async () => {
    await publish(published, { [RED]: 'garbage\n' });
    expect(await settled(red, { tip: null, ledger: published })).toMatchObject({ isKnown: true, ledger: published, problem: null });
    expect(`${await bare.show(STATUS, RED)}\n`).toBe(ledgerFiles(published).get(RED));
  });

  test('looks again in the next pass while a part of another node is garbage', async () => {
    await publish(published, { 'allocations/networks/default/blue.yaml': 'garbage\n' });
    for (let pass = 0; pass < 2; pass++) {
      const kept = (await loadKeptLedger(join(bare.root, 'state'))) ?? { tip: null, ledger: published };
      const { isKnown, pending, ledger } = await settled(both, kept);
      expect(isKnown).toBe(true);
      expect(pending).toMatchObject([{ definition: 'Network default/blue', reason: 'LedgerUnreadable' }]);
      expect(ledger.networks['default/red']).toEqual(published.networks['default/red']);
    }
  });
});

/** The text of a file with what it says, and its check, changed with care. */
function edited(text: string | undefined, edit: (body: string) => string): string {
  const body = edit((text ?? '').replace(/^check: .*\n/m, ''));
  return `${body}check: sha256-${createHash('sha256').update(body).digest('hex').slice(0, 32)}\n`;
}

describe('a ledger that a newer netloom wrote', () => {
  /** As one would that has a field more, or another format. */
  const newer = (change: (text: string) => string): string => {
    const text = change((ledgerFiles(published).get(RED) ?? '').replace(/check:.*\n/, ''));
    return `${text}check: sha256-${createHash('sha256').update(text).digest('hex').slice(0, 32)}\n`;
  };

  test.each([
    ['a field more', newer(text => text.replace(/^vxid:/m, 'colour: green\nvxid:'))],
    ['another format', newer(text => text.replace('netloom.dev/v1', 'netloom.dev/v2'))],
  ])('is left as it is, and nothing of it is decided here: %s', async (_, text) => {
    await publish(published);
    const kept = await loadKeptLedger(join(bare.root, 'state'));
    await settled(red, kept);
    await bare.grow(STATUS, { [RED]: text });
    const more = catalogOf(
      { 'default/red': { cidr: '10.0.0.0/24' } },
      { 'default/a': { network: 'red', node: 'n1' }, 'default/b': { network: 'red', node: 'n1' } },
    );
    const before = await bare.tip(STATUS);
    for (const catalog of [red, more, catalogOf({ 'default/red': { cidr: '10.0.0.0/24' } }, {})]) {
      const { ledger, pending, isKnown } = await settled(catalog, await loadKeptLedger(join(bare.root, 'state')));
      expect([isKnown, ledger.networks['default/red']?.vxid]).toEqual([true, published.networks['default/red']?.vxid]);
      expect(pending.map(({ reason }) => reason)).toEqual(catalog === more ? ['LedgerUnreadable'] : []);
      if (catalog === more) expect(pending[0]?.message).toContain('written by a newer netloom: update netloom here');
    }
    expect(await bare.tip(STATUS)).toBe(before);
  });
});

describe('a hand in the ledger', () => {
  const text = ledgerFiles(published).get(RED);
  const vxid = published.networks['default/red']?.vxid ?? 0;
  const renumber = (body: string): string => body.replace(`vxid: ${vxid}`, 'vxid: 4711').replace(/vxidHex: "0x[0-9a-f]+"/, 'vxidHex: "0x1267"');
  const tipOf = async (): Promise<string> => (await bare.tip(STATUS)) ?? '';

  test.each([
    ['whose check does not fit', () => renumber(text ?? '')],
    ['who made the check fit', () => edited(text, renumber)],
    ['who took the check away', () => renumber(text ?? '').replace(/^check: .*\n/m, '')],
    ['who moved a guest', () => edited(text, body => body.replaceAll('10.0.0.2"', '10.0.0.9"'))],
    ['who gave a guest another MAC', () => edited(text, body => body.replace(/"mac": "[^"]+"/, '"mac": "02:00:00:00:00:99"'))],
  ])('%s renumbers nothing that lives: it is said again as it was, on top of what they did', async (_, edit) => {
    await publish(published);
    const kept = { tip: await tipOf(), ledger: published };
    const theirs = await bare.grow(STATUS, { [RED]: edit() });
    const { ledger, changes, isKnown } = await settled(red, kept);
    expect({ ledger, isKnown }).toEqual({ ledger: published, isKnown: true });
    expect(changes).toContainEqual(
      expect.objectContaining({ definition: 'Network default/red', change: 'repair', message: expect.stringMatching(/edited by hand/) }),
    );
    expect(`${await bare.show(STATUS, RED)}\n`).toBe(text);
    expect(await bare.git('rev-parse', `${STATUS}~1`)).toBe(theirs);
  });

  test('a node without a copy reads what the file said before from the branch itself', async () => {
    await publish(published);
    await bare.grow(STATUS, { 'README.md': 'x\n' }, { times: 5 });
    await bare.grow(STATUS, { [RED]: renumber(text ?? '') });
    await bare.grow(STATUS, { [RED]: 'garbage\n' });
    expect(await settled(red)).toMatchObject({ ledger: published, isKnown: true });
    expect(`${await bare.show(STATUS, RED)}\n`).toBe(text);
  });

  test('a node whose copy is old does not lose, or give out again, what others were given since', async () => {
    await publish(published);
    const kept = { tip: await tipOf(), ledger: published };
    const grown = catalogOf(
      { 'default/red': { cidr: '10.0.0.0/24' } },
      { 'default/a': { network: 'red', node: 'n1' }, 'default/b': { network: 'red', node: 'n1' } },
    );
    const newer = ledgerOf(grown, published);
    await publish(newer);
    await bare.grow(STATUS, { [RED]: '<<<<<<< HEAD\n' });
    const more = catalogOf(
      { 'default/red': { cidr: '10.0.0.0/24' } },
      { 'default/a': { network: 'red', node: 'n1' }, 'default/b': { network: 'red', node: 'n1' }, 'default/c': { network: 'red', node: 'n1' } },
    );
    const { ledger } = await settled(more, kept);
    const interfaces = ledger.networks['default/red']?.interfaces ?? {};
    expect(interfaces['default/b']).toEqual(newer.networks['default/red']?.interfaces['default/b']);
    expect(new Set(Object.values(interfaces).map(({ address }) => address)).size).toBe(3);
  });

  test('a number that a newer revision asks for is neither taken nor taken back by a node that does not enforce that one yet', async () => {
    await publish(published);
    const kept = { tip: await tipOf(), ledger: published };
    await bare.grow(STATUS, { [RED]: edited(text, renumber) });
    const tip = await tipOf();
    const stateDir = join(bare.root, 'state');
    const args = { remote, tip, kept, catalog: red, node: 'n1', stateDir, main: 'b'.repeat(40), revision: 'a'.repeat(40) };
    expect(await settle(args)).toMatchObject({ ledger: published, isKnown: true, changes: [] });
    expect(await tipOf()).toBe(tip);
    const pinned = catalogOf({ 'default/red': { cidr: '10.0.0.0/24', vxid: 4711 } }, { 'default/a': { network: 'red', node: 'n1' } });
    const { ledger } = await settle({ ...args, catalog: pinned, revision: 'b'.repeat(40) });
    expect(ledger.networks['default/red']?.vxid).toBe(4711);
  });
});
