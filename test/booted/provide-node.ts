/** Node for a booted machine, of a package: packages that depend on it can be installed there. */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/tree.ts';
import type { Machine } from './machine.ts';

/** Where the Node that is there is of no package, or of an old one: a package of that version, which is the Node that is there. */
export async function provideNode(machine: Machine): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly engines: { readonly node: string } };
  const { stdout } = await machine.run('dpkg', '--status', 'nodejs');
  const [, version = '0'] = /^Status: install ok installed$[\s\S]*^Version: (\S+)$/m.exec(stdout) ?? [];
  if ((await machine.run('dpkg', '--compare-versions', version, 'ge', manifest.engines.node.slice(2))).exitCode === 0) return;
  const stage = join(machine.shared, 'nodejs');
  for (const folder of ['DEBIAN', 'usr/bin']) mkdirSync(join(stage, folder), { recursive: true });
  const { versions, execPath } = process;
  const fields = [
    'Package: nodejs',
    `Version: ${versions.node}`,
    'Architecture: all',
    'Maintainer: nobody <nobody@localhost>',
    'Description: the Node that is there',
  ];
  writeFileSync(join(stage, 'DEBIAN/control'), fields.map(field => `${field}\n`).join(''));
  if (execPath === '/usr/bin/node') copyFileSync(execPath, join(stage, 'usr/bin/node'));
  else symlinkSync(execPath, join(stage, 'usr/bin/node'));
  await machine.ask('dpkg-deb', '--root-owner-group', '-Znone', '--build', '/srv/nodejs', '/srv/nodejs.deb');
  await machine.ask('dpkg', '-i', '/srv/nodejs.deb');
}
