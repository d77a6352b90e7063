/** What netloom writes and removes lies where its own things are, whatever a path or a key says. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryOthers } from '../../src/host/carry-others.ts';
import { sysctlPath } from '../../src/host/namespace.ts';

/** The folder above. */
const UP = '.'.repeat(2);

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-confined-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a setting lies below /proc/sys/net, whatever its key says', () => {
  expect(sysctlPath('net/ipv4/conf/eth0.1/forwarding')).toBe('/proc/sys/net/ipv4/conf/eth0.1/forwarding');
  const climbing = [`net/${UP}/kernel/panic`, `net/ipv4/${UP}/${UP}/kernel/panic`];
  for (const key of ['kernel/panic', 'net', 'net//x', '/net/x', 'net/a b', ...climbing]) expect(() => sysctlPath(key), key).toThrow(/^bug: /);
});

test('a file lies in the folder of a network, whatever its path says', async () => {
  const inside = join(dir, 'networks', 'uuid');
  mkdirSync(inside, { recursive: true });
  const paths = ['outside', 'networks/uuid', `networks/uuid/${UP}/${UP}/outside`, 'networks/uuid/sub/file', 'networks//uuid/hosts'].map(
    path => `${dir}/${path}`,
  );
  for (const path of [...paths, 'networks/uuid/hosts']) {
    await expect(carryOthers([{ op: 'file-write', path, text: 'x' }]), path).rejects.toThrow(/^bug: /);
    await expect(carryOthers([{ op: 'file-del', path }]), path).rejects.toThrow(/^bug: /);
  }
  expect([readdirSync(dir), readdirSync(inside)]).toEqual([['networks'], []]);
  expect(await carryOthers([{ op: 'file-write', path: join(inside, 'hosts'), text: 'x' }])).toEqual({ done: [0] });
  writeFileSync(join(inside, 'other'), '');
  expect(await carryOthers([{ op: 'file-del', path: join(inside, 'hosts') }])).toEqual({ done: [0] });
  expect([existsSync(join(inside, 'hosts')), readdirSync(inside)]).toEqual([false, ['other']]);
});
