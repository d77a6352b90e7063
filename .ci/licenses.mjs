/** What the licenses of bundled packages ask for: their texts go wherever the bundle goes. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RULE = '-'.repeat(78);

/** One text of all packages that these files are of; paths from the root of the checkout. */
export function licensesOf(paths) {
  const folders = paths.flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const entries = [...new Set(folders)].map(readPackage).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `netloom has these packages in its bundle.\n\n${entries.map(({ text }) => text).join(`\n${RULE}\n\n`)}`;
}

function readPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(ROOT, folder)).find(each => /^licen[cs]e/i.test(each));
  // Some have the name of their license alone.
  const words =
    file === undefined ? `By ${typeof author === 'string' ? author : (author?.name ?? 'its authors')}.\n` : readFileSync(join(ROOT, folder, file), 'utf8');
  return { name: `${name} ${version}`, text: `${name} ${version} (${license})\n\n${words.replaceAll('\r', '').trim()}\n` };
}
