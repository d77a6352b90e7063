/** A folder for what is thrown away: below the runtime folder, which is in memory and root's alone. */
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder, remove } from '../host/files.ts';

/** Does something with such a folder, and removes it; a runtime folder that was made for it goes too. What a killed one left goes before. */
export async function withScratch<T>(runtimeDir: string, act: (folder: string) => Promise<T>): Promise<T> {
  const wasThere = existsSync(runtimeDir);
  await ensureFolder(runtimeDir);
  for (const name of readdirSync(runtimeDir)) if (name.startsWith(PREFIX)) await remove(join(runtimeDir, name));
  const folder = mkdtempSync(join(runtimeDir, PREFIX));
  try {
    return await act(folder);
  } finally {
    await remove(folder);
    if (!wasThere && readdirSync(runtimeDir).length === 0) rmdirSync(runtimeDir);
  }
}

const PREFIX = 'joining-';
