/**
 * What the virtual machines of the tests boot: Debian's cloud kernel, the few modules that it needs, and busybox without libraries,
 * taken out of their packages and kept below node_modules. Nothing of it is installed: busybox-static would drive out busybox.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CACHE = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.cache');

/** Whole or not there: `vmlinuz`, `busybox`, and `modules/NN-name.ko`, numbered in the order in which they are to be loaded. */
const MACHINE_FOLDER = join(CACHE, 'netloom-machine');

const KERNEL = 'linux-image-cloud-amd64';
const MODULES = ['virtio_pci', 'virtio_net', 'virtio_blk', 'isofs'];
const QEMU = 'qemu-system-x86_64';
const QEMU_PACKAGE = 'qemu-system-x86';
const MINUTE_MS = 60_000;

/**
 * Gets what is missing for virtual machines: QEMU is installed, the rest is fetched. A machine where that cannot be done is told so, and
 * runs all other tests. `find` gives the path of a program.
 */
export function getMachine(find, say) {
  const hasQemu = find(QEMU) !== undefined;
  if (hasQemu && existsSync(MACHINE_FOLDER)) return;
  try {
    mkdirSync(CACHE, { recursive: true });
    if (process.arch !== 'x64') throw new Error(`they are made for x86-64, this is ${process.arch}`);
    if (!find('apt-get')) throw new Error(`there is no apt-get; install ${QEMU}, and see .ci/machine.mjs for the rest`);
    if (process.getuid?.() !== 0) throw new Error('run this as root once');
    say(`kernel and QEMU for virtual machines (${KERNEL}, ${QEMU_PACKAGE})`);
    run(CACHE, 'apt-get', 'update', '-qq');
    if (!existsSync(MACHINE_FOLDER)) fetchMachine();
    if (!hasQemu) run(CACHE, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', QEMU_PACKAGE);
  } catch (error) {
    say(`no virtual machines: ${error.message}`);
  }
}

/** Fetches the packages with apt-get and takes out what is needed. Throws an Error that says what went wrong. */
function fetchMachine() {
  const temp = mkdtempSync(join(CACHE, 'netloom-machine-'));
  try {
    const tree = unpackedPackages(temp, [kernelPackage(temp), 'busybox-static']);
    const made = join(temp, 'made');
    mkdirSync(join(made, 'modules'), { recursive: true });
    const kernel = readdirSync(join(tree, 'boot')).find(name => name.startsWith('vmlinuz-'));
    if (kernel === undefined) throw new Error(`there is no kernel in the package of ${KERNEL}`);
    copyFileSync(join(tree, 'boot', kernel), join(made, 'vmlinuz'));
    const busybox = filesBelow(tree).find(path => basename(path) === 'busybox' && path.includes('bin'));
    if (busybox === undefined) throw new Error('there is no busybox in the package busybox-static');
    copyFileSync(busybox, join(made, 'busybox'));
    takeModules(tree, join(made, 'modules'), busybox);
    // Another setup may have been faster.
    rmSync(MACHINE_FOLDER, { recursive: true, force: true });
    renameSync(made, MACHINE_FOLDER);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** Downloads packages into a folder and unpacks them below it; the tree's path. Throws an Error that says what went wrong. */
export function unpackedPackages(temp, packages) {
  const tree = join(temp, 'tree');
  run(temp, 'apt-get', 'download', '-qq', ...packages);
  for (const deb of readdirSync(temp).filter(name => name.endsWith('.deb'))) run(temp, 'dpkg-deb', '-x', deb, tree);
  return tree;
}

/** The package that the meta package stands for today. */
function kernelPackage(temp) {
  const found = /Depends: (linux-image-\S+)/.exec(run(temp, 'apt-cache', 'depends', KERNEL));
  if (found === null) throw new Error(`apt knows no package ${KERNEL}`);
  return found[1];
}

/** Copies the modules and what they depend on, which each of them says itself: depmod runs only when the package is installed. */
function takeModules(tree, to, busybox) {
  const files = new Map(filesBelow(tree).flatMap(path => (/\.ko(\.xz)?$/.test(path) ? [[nameOf(path), path]] : [])));
  const taken = new Set();
  const take = name => {
    const path = files.get(name);
    // What is no module is built in.
    if (path === undefined || taken.has(name)) return;
    taken.add(name);
    const bytes = path.endsWith('.xz') ? unpacked(path, busybox) : readFileSync(path);
    const [, needs = ''] = /\0depends=([^\0]*)\0/.exec(bytes.toString('latin1')) ?? [];
    for (const need of needs.split(',').filter(Boolean)) take(need.replaceAll('-', '_'));
    const number = String(readdirSync(to).length).padStart(2, '0');
    writeFileSync(join(to, `${number}-${name}.ko`), bytes);
  };
  for (const name of MODULES) take(name);
  if (taken.size === 0) throw new Error(`there are no modules in the package of ${KERNEL}`);
}

const nameOf = path =>
  basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

function unpacked(path, busybox) {
  const { status, stdout, stderr } = spawnSync(busybox, ['unxz', '-c', path], { maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`unxz ${basename(path)}: ${stderr}`);
  return stdout;
}

/** Runs a program to its end; what it printed. Throws an Error with its words when it fails. */
export function run(cwd, program, ...args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: 5 * MINUTE_MS,
    env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error) throw new Error(`${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}
