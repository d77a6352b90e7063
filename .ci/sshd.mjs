/**
 * A server of ssh for the tests, taken out of its Debian package and kept below node_modules. Nothing of it is installed: the
 * package would start a service on port 22. Who has sshd keeps it.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, run, unpackedPackages } from './machine.mjs';

/** Whole or not there: what the packages hold, by their paths. */
const SSHD_FOLDER = join(CACHE, 'netloom-sshd');

/** The server, and the one library of it that a Debian without it may lack. */
const PACKAGES = ['openssh-server', 'libwrap0'];

/** Gets what is missing. A machine where that cannot be done is told so, and runs all other tests. `find` gives the path of a program. */
export function getSshd(find, say) {
  if (find('sshd') !== undefined || existsSync(SSHD_FOLDER)) return;
  let temp;
  try {
    mkdirSync(CACHE, { recursive: true });
    if (!find('apt-get')) throw new Error('there is no apt-get; install sshd');
    if (process.getuid?.() !== 0) throw new Error('run this as root once');
    say(`sshd (${PACKAGES.join(', ')})`);
    run(CACHE, 'apt-get', 'update', '-qq');
    temp = mkdtempSync(join(CACHE, 'netloom-sshd-'));
    const tree = unpackedPackages(temp, PACKAGES);
    // Another setup may have been faster.
    rmSync(SSHD_FOLDER, { recursive: true, force: true });
    renameSync(tree, SSHD_FOLDER);
  } catch (error) {
    say(`no server of ssh: ${error.message}`);
  } finally {
    if (temp !== undefined) rmSync(temp, { recursive: true, force: true });
  }
}
