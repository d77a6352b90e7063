/** The initial file system of the lab's virtual machines: busybox, kernel modules and a few scripts, as a cpio archive. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/tree.ts';
import { MACHINE_FOLDER } from './lab-machine.ts';

interface Entry {
  readonly path: string;
  /** Type and permissions, as stat(2) gives them. */
  readonly mode: number;
  readonly bytes?: Buffer;
  /** Of a device node: major and minor number. */
  readonly device?: readonly [number, number];
}

const SCRIPTS = join(ROOT, 'test', 'support', 'machine');
const FOLDER = 0o040755;
const PROGRAM = 0o100755;

/** Bytes for QEMU's `-initrd`. */
export function initrd(): Buffer {
  const file = (path: string, from: string): Entry => ({ path, mode: PROGRAM, bytes: readFileSync(from) });
  const modules = join(MACHINE_FOLDER, 'modules');
  return cpio([
    ...['bin', 'dev', 'etc', 'modules', 'mnt', 'proc', 'sys', 'tmp'].map(path => ({ path, mode: FOLDER })),
    { path: 'dev/console', mode: 0o020600, device: [5, 1] },
    file('bin/busybox', join(MACHINE_FOLDER, 'busybox')),
    file('init', join(SCRIPTS, 'init.sh')),
    ...['lease.sh', 'config-drive.sh', 'flat.awk'].map(name => file(name, join(SCRIPTS, name))),
    ...readdirSync(modules).map(name => file(`modules/${name}`, join(modules, name))),
  ]);
}

/** The `newc` format, as cpio(5) and the kernel's Documentation/driver-api/early-userspace/buffer-format.rst have it. */
function cpio(entries: readonly Entry[]): Buffer {
  const parts = [...entries, { path: 'TRAILER!!!', mode: 0 } satisfies Entry].map((entry: Entry, index) => {
    const { path, mode, bytes = Buffer.alloc(0), device = [0, 0] } = entry;
    const name = Buffer.from(`${path}\0`);
    // inode, mode, uid, gid, links, mtime, size, device of the file system (two), of the node (two), length of the name, checksum.
    const fields = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, ...device, name.length, 0];
    const head = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
    return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(bytes)]);
  });
  return Buffer.concat(parts);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
