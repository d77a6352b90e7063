/** When the sources were last changed, for what is built of them: the same sources give the same bytes at any time. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** SOURCE_DATE_EPOCH (reproducible-builds.org), else the date of the newest commit, else that of package.json. */
export function sourceDate() {
  const { SOURCE_DATE_EPOCH: said } = process.env;
  if (said !== undefined && /^\d{1,11}$/.test(said)) return new Date(Number(said) * 1000);
  const { status, stdout } = spawnSync('git', ['-C', ROOT, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  if (status === 0 && /^\d+\n$/.test(stdout)) return new Date(Number(stdout) * 1000);
  return new Date(Math.floor(statSync(join(ROOT, 'package.json')).mtimeMs / 1000) * 1000);
}
