/** netloom on a booted machine as docs/operations.md says to install it without a package: this checkout's build, and the shipped units. */
import { join } from 'node:path';
import { ROOT } from '../house/tree.ts';
import type { Machine } from './machine.ts';

/** Puts program and units there, or puts them there anew, as an upgrade does; it starts nothing. */
export async function install(machine: Machine): Promise<void> {
  const { exitCode, stderr } = await machine.shell(`
    mkdir -p /usr/lib/netloom/node_modules/@koromix /etc/netloom
    cp -r ${['dist', 'schemas', 'package.json'].map(name => join(ROOT, name)).join(' ')} /usr/lib/netloom/
    cp -r ${ROOT}/node_modules/koffi /usr/lib/netloom/node_modules/
    cp -r ${ROOT}/node_modules/@koromix/koffi-linux-* /usr/lib/netloom/node_modules/@koromix/
    ln -sf /usr/lib/netloom/dist/netloom.js /usr/bin/netloom
    cp ${ROOT}/systemd/*.service ${ROOT}/systemd/*.timer /etc/systemd/system/
    systemctl daemon-reload`);
  if (exitCode !== 0) throw new Error(`netloom could not be put on ${machine.name}: ${stderr}`);
}
