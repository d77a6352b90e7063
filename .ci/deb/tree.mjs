/** The files of the package: where each is in the end, and where it comes from. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIB = 'usr/lib/netloom';
const DOC = 'usr/share/doc/netloom';

/** What lintian may find, and why it is right. */
const OVERRIDES = `# A regular expression of isomorphic-git ends at U+FFFF, which is valid UTF-8, and no character.
netloom: national-encoding [${LIB}/dist/chunks/*]
# What prerm stopped is started again, enabled or not, which deb-systemd-invoke does not do.
netloom: maintainer-script-calls-systemctl [postinst:*]
# It describes the repository that people copy.
netloom: package-contains-documentation-outside-usr-share-doc [${LIB}/example-repo/README.md]
`;

/** Where each shell finds completions of packages. */
const COMPLETIONS = [
  ['bash', 'usr/share/bash-completion/completions'],
  ['zsh', 'usr/share/zsh/vendor-completions'],
  ['fish', 'usr/share/fish/vendor_completions.d'],
];

/** What of koffi runs: its JavaScript, and the machine code for this machine and Debian's libc. */
const koffiFiles = arch => [
  ...['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'].map(path => `koffi/${path}`),
  ...['package.json', 'index.js', `linux_${arch}/koffi.node`].map(path => `@koromix/koffi-linux-${arch}/${path}`),
];

/**
 * Entries by path below the root: `{bytes, mode}` of files, `{link}` of symbolic links, `{}` of folders that are there although empty.
 *
 * @param root    the checkout, built
 * @param papers  `changelog` and `copyright`, their texts
 */
export function packageTree(root, manifest, papers) {
  const tree = new Map();
  const put = (path, bytes, mode = 0o644) => tree.set(path, { bytes: Buffer.from(bytes), mode });
  const copy = (from, to) => {
    for (const path of filesOf(join(root, from))) put(join(to, path), readFileSync(join(root, from, path)), modeOf(join(root, from, path)));
  };
  copy('dist', `${LIB}/dist`);
  for (const path of tree.keys()) if (/\/dist\/(man|completions)\//.test(path) || path.endsWith('.txt')) tree.delete(path);
  for (const folder of ['schemas', 'example-repo']) copy(folder, `${LIB}/${folder}`);
  for (const path of koffiFiles(process.arch)) put(`${LIB}/node_modules/${path}`, readFileSync(koffiPath(root, path)));
  const { name, version, type, license } = manifest;
  put(`${LIB}/package.json`, `${JSON.stringify({ name, version, type, license }, null, 2)}\n`);
  const program = `${LIB}/dist/netloom.js`;
  // Debian's own Node, whatever is first on somebody's PATH.
  put(program, tree.get(program).bytes.toString().replace(/^#!.*/, '#!/usr/bin/node'), 0o755);
  tree.set('usr/bin/netloom', { link: '../lib/netloom/dist/netloom.js' });
  tree.set('etc/netloom', {});
  for (const path of filesOf(join(root, 'systemd'))) if (!path.includes('/')) put(`usr/lib/systemd/system/${path}`, readFileSync(join(root, 'systemd', path)));
  for (const page of filesOf(join(root, 'dist/man'))) put(`usr/share/man/man${page.at(-1)}/${page}.gz`, zipped(readFileSync(join(root, 'dist/man', page))));
  for (const [shell, folder] of COMPLETIONS) copy(`dist/completions/${shell}`, folder);
  put('usr/share/lintian/overrides/netloom', OVERRIDES);
  putDocuments({ root, put, copy, tree, papers });
  return tree;
}

function putDocuments({ root, put, copy, tree, papers }) {
  copy('docs', `${DOC}/docs`);
  copy('systemd/examples', `${DOC}/systemd/examples`);
  for (const page of ['README.md', 'DESIGN.md', 'CHANGELOG.md']) put(`${DOC}/${page}`, readFileSync(join(root, page)));
  put(`${DOC}/THIRD-PARTY-LICENSES.txt`, readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt')));
  put(`${DOC}/changelog.gz`, zipped(papers.changelog));
  put(`${DOC}/copyright`, papers.copyright);
  // The program has its own, which may not depend on documents being there.
  for (const folder of ['example-repo', 'schemas']) tree.set(`${DOC}/${folder}`, { link: `../../../lib/netloom/${folder}` });
}

const koffiPath = (root, path) => {
  const found = join(root, 'node_modules', path);
  if (!existsSync(found)) throw new Error(`deb: ${found} is not there: npm ci installs koffi with machine code for this machine`);
  return found;
};

/** Paths of all files below a folder, sorted. */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

// Whatever a umask made of it.
const modeOf = path => (statSync(path).mode & 0o100 ? 0o755 : 0o644);

// Without a time in it, as `gzip -9n`.
const zipped = bytes => gzipSync(bytes, { level: 9 });
