import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LinkRow } from '../../src/kinds/rows.ts';
import { saveSuspension } from '../../src/pass/control.ts';
import { checkBefore, checkIdentity } from '../../src/pass/guarded.ts';
import { catalogOf, FACTS } from '../compile/world.ts';

const catalog = catalogOf();

function machineWith(...addresses: readonly string[]): readonly LinkRow[] {
  const addr_info = addresses.map(local => ({ family: 'inet' as const, local, prefixlen: 24 }));
  return [{ ifindex: 2, ifname: 'eth0', flags: ['UP'], mtu: 9000, group: '0', addr_info }];
}

function check(name: string, links: readonly LinkRow[]): void {
  const node = catalog.nodes.get(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  checkIdentity(node, catalog, links);
}

test('a copied configuration does not make another node’s networks here', () => {
  expect(() => check('n1', machineWith('10.9.0.2'))).toThrow(/10\.9\.0\.2, the underlay address of Node n2, but is configured as n1/);
});

test('a node that has its own address may have others too, and one without any address is only degraded', () => {
  expect(() => check('n1', machineWith('10.9.0.1', '10.9.0.2'))).not.toThrow();
  expect(() => check('n1', machineWith('192.0.2.1'))).not.toThrow();
});

describe('before the first change of the kernel', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'netloom-before-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('a state directory that takes no file ends the pass', async () => {
    await expect(checkBefore(FACTS, join(dir, 'state'))).resolves.toBeUndefined();
    writeFileSync(join(dir, 'file'), '');
    await expect(checkBefore(FACTS, join(dir, 'file', 'state'))).rejects.toMatchObject({ name: 'HostError', message: expect.stringContaining('file') });
  });

  test('so does a kernel that lacks something, and a node that somebody suspended', async () => {
    const lacking = { ...FACTS, missing: ['nft'] };
    await expect(checkBefore(lacking, join(dir, 'state'))).rejects.toMatchObject({ code: 'unsupported' });
    await saveSuspension(join(dir, 'state'), { by: 'ada', since: '2026-11-21T10:00:00Z', reason: '' });
    await expect(checkBefore(FACTS, join(dir, 'state'))).rejects.toMatchObject({ code: 'suspended' });
  });
});
