import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '../house/tree.ts';

const dir = mkdtempSync(join(tmpdir(), 'netloom-dns-'));
const HOOK = join(ROOT, 'docs', 'dns-hook');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What the example of a hook says to nsupdate; null where it says nothing. */
function told(event: object): string | null {
  // As it is on a node: no package.json above it.
  const [tool, said, hook] = [join(dir, 'nsupdate'), join(dir, 'said'), join(dir, '10-dns')];
  copyFileSync(HOOK, hook);
  rmSync(said, { force: true });
  writeFileSync(tool, `#!/bin/sh\n[ "$*" = "-k /etc/netloom/dns.key" ] && cat >'${said}'\n`, { mode: 0o755 });
  const { status, stderr } = spawnSync(process.execPath, [hook], { input: JSON.stringify(event), env: { PATH: `${dir}:/usr/bin:/bin` }, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return statSync(said, { throwIfNoEntry: false }) === undefined ? null : readFileSync(said, 'utf8');
}

test('the example of a hook keeps a record of each guest, and says nothing of the rest', () => {
  const web = { kind: 'Interface', namespace: 'acme', name: 'web', hostname: 'www', addresses: ['10.0.0.5'] };
  const head = 'server 192.0.2.53\nupdate delete www.acme.guests.example.org. A\n';
  expect(told({ ...web, event: 'created' })).toBe(`${head}update add www.acme.guests.example.org. 300 A 10.0.0.5\nsend\n`);
  expect(told({ ...web, event: 'deleted' })).toBe(`${head}send\n`);
  expect(told({ ...web, event: 'changed', before: { hostname: 'old' } })).toContain('update delete old.acme.guests.example.org. A\n');
  for (const other of [{ event: 'allocated' }, { event: 'changed', reason: 'Moved' }, { event: 'created', kind: 'Network', hostname: undefined }])
    expect(told({ ...web, ...other })).toBeNull();
  expect(statSync(HOOK).mode & 0o111).toBe(0o111);
});
