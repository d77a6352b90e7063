/** A checkout of its own for what packs it: the files that are or would be committed, with this one's npm packages. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { committed, ROOT } from '../house/tree.ts';

/** When everything that is built there was last changed, as the tests say it. */
const EPOCH = 1_790_000_000;

/** Makes one, of another version where one is named; the caller removes it. */
export function copyCheckout(version?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'netloom-checkout-'));
  for (const path of committed()) if (!path.startsWith('test/')) cpSync(join(ROOT, path), join(dir, path));
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  if (version === undefined) return dir;
  const manifest = join(dir, 'package.json');
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), version }, null, 2));
  return dir;
}

/** Runs a program there; rejects when it does not end with 0. */
export function runThere(cwd: string, program: string, ...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: cwd, SOURCE_DATE_EPOCH: String(EPOCH), MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
  return promisify(execFile)(program, args, { cwd, env, timeout: 120_000 });
}

/** Makes the Debian package of what is or would be committed, of another version where one is named, in a folder; its path. */
export async function makeDeb(folder: string, version?: string): Promise<string> {
  const checkout = copyCheckout(version);
  try {
    return (await runThere(checkout, process.execPath, '.ci/deb.mjs', '--out', folder)).stdout.trim();
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
}
