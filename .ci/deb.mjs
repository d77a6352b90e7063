/**
 * Makes netloom_VERSION_ARCHITECTURE.deb in the root of the checkout, or in the folder of `--out`: built anew, by dpkg-deb alone. The
 * same sources give the same bytes, wherever and whenever they are built (SOURCE_DATE_EPOCH).
 */
import { createHash } from 'node:crypto';
import { chmodSync, lutimesSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { architecture, changelog, controlFile, copyright, debianVersion } from './deb/control.mjs';
import { packageTree } from './deb/tree.mjs';
import { run } from './machine.mjs';
import { sourceDate } from './source-date.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCRIPTS = ['postinst', 'prerm', 'postrm'];

/** Makes the package in a folder; its path. */
async function makeDeb(out) {
  const date = sourceDate();
  process.env.SOURCE_DATE_EPOCH = String(date.getTime() / 1000);
  // However many processors there are, the bytes are the same.
  process.env.DPKG_DEB_THREADS_MAX = '1';
  await build();
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const koffi = readFileSync(join(ROOT, 'node_modules/koffi/LICENSE.txt'), 'utf8');
  const tree = packageTree(ROOT, manifest, { changelog: changelog(manifest, date), copyright: copyright(koffi) });
  const temp = mkdtempSync(join(tmpdir(), 'netloom-deb-'));
  try {
    const stage = join(temp, 'stage');
    writeTree(stage, tree);
    writeControl(join(stage, 'DEBIAN'), manifest, tree);
    setTimes(stage, date);
    const path = join(out, `${manifest.name}_${debianVersion(manifest.version)}_${architecture()}.deb`);
    run(ROOT, 'dpkg-deb', '--root-owner-group', '-Zxz', '--build', stage, path);
    return path;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

function writeTree(stage, tree) {
  for (const [path, { bytes, mode, link }] of tree) {
    const at = join(stage, path);
    mkdirSync(bytes === undefined && link === undefined ? at : dirname(at), { recursive: true });
    if (link !== undefined) symlinkSync(link, at);
    else if (bytes !== undefined) writeFileSync(at, bytes, { mode });
    if (mode !== undefined) chmodSync(at, mode);
  }
}

function writeControl(folder, manifest, tree) {
  const files = [...tree].filter(([, { bytes }]) => bytes !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const sizeKb = files.reduce((sum, [, { bytes }]) => sum + Math.ceil(bytes.length / 1024), 0);
  const libraries = librariesOf(files.filter(([path]) => path.endsWith('.node')).map(([, { bytes }]) => bytes));
  mkdirSync(folder);
  writeFileSync(join(folder, 'control'), controlFile({ manifest, sizeKb, libraries }));
  writeFileSync(join(folder, 'md5sums'), files.map(([path, { bytes }]) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`).join(''));
  for (const name of SCRIPTS) {
    writeFileSync(join(folder, name), readFileSync(join(ROOT, '.ci/deb', name)));
    chmodSync(join(folder, name), 0o755);
  }
}

/** Packages of the libraries that machine code asks for, libc with the newest version of its symbols. */
function librariesOf(codes) {
  const text = codes.map(code => code.toString('latin1')).join();
  const newest = [...text.matchAll(/GLIBC_2\.(\d+)/g)].reduce((most, [, minor]) => Math.max(most, Number(minor)), 0);
  const others = [
    ['libstdc++.so.6', 'libstdc++6'],
    ['libgcc_s.so.1', 'libgcc-s1'],
  ].filter(([library]) => text.includes(library));
  return [`libc6 (>= 2.${newest})`, ...others.map(([, name]) => name)];
}

/** Modes of folders and times of all, whatever the umask and the clock are. */
function setTimes(folder, date) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setTimes(path, date);
    else lutimesSync(path, date, date);
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, date, date);
}

const { values } = parseArgs({ options: { out: { type: 'string', default: ROOT } } });
process.stdout.write(`${await makeDeb(resolve(values.out))}\n`);
