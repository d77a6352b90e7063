/** Images of small file systems (ISO 9660 with Rock Ridge and Joliet), through xorriso. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './exec.ts';
import { writeAtomic } from './files.ts';

/**
 * Writes an image with these files (text by relative path) and this volume label (at most 16 of A-Z a-z 0-9 - _); what was at
 * `path` (absolute) is replaced in one act. Throws HostError, `missing-program` among them, which names the package.
 */
export async function writeIso(path: string, label: string, files: ReadonlyMap<string, string>, mode = 0o644): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'netloom-iso-'));
  try {
    const root = join(folder, 'root');
    for (const [name, text] of files) {
      const at = join(root, name);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, text);
    }
    const made = join(folder, 'image');
    await run('xorriso', ['-as', 'mkisofs', '-quiet', '-output', made, '-volid', label, '-joliet', '-rock', root], { okCodes: [0] });
    await writeAtomic(path, await readFile(made), mode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
