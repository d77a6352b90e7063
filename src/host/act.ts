/** One act that no batch of `ip`, `bridge` or `nft` can carry: on a file, a service, or flows that are under way. */
import { chmodSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { Op } from '../kinds/op.ts';
import { codeOfText, errnoOf, HostError } from './errors.ts';
import { run } from './exec.ts';
import { writeAtomic } from './files.ts';
import { heldLocks } from './lock.ts';
import { entering } from './namespace.ts';
import { reloadService, startService, stopService } from './services.ts';

/** Does it. Throws HostError, and what the file system says. */
export function act(op: Op): Promise<void> {
  switch (op.op) {
    case 'flows-end':
      return endFlows(op.netns, op.ip);
    case 'file-write':
      return writeFile(op.path, op.text);
    case 'file-del':
      return deleteFile(op.path);
    case 'service-start':
      return startService(op);
    case 'service-reload':
      return reloadService(op);
    case 'service-stop':
      return stopService(op);
    default:
      throw new Error(`bug: ${op.op} is carried by a batch`);
  }
}

// conntrack takes one condition at a time, and ends with 1 where it found nothing.
async function endFlows(netns: string, ip: string): Promise<void> {
  for (const way of ['-d', '-q']) {
    const { exitCode, signal, stderr } = await run(...entering(netns, 'conntrack', ['-D', way, ip]), { timeoutMs: 20_000, keepOpen: heldLocks() });
    if (exitCode === 0 || /\b0 flow entries have been deleted/.test(stderr)) continue;
    const code = signal === null ? codeOfText(stderr) : 'killed';
    // The namespace is gone, and its flows with it.
    if (code === 'no-namespace') return;
    throw new HostError(code, `conntrack -D ${way} ${ip}: ${stderr.trim().split('\n')[0]}`, { command: 'conntrack', netns });
  }
}

/** Only what lies in the folder of a network is ours to write and to remove. */
function checked(path: string): string {
  if (isAbsolute(path) && normalize(path) === path && /\/networks\/[^/]+\/[^/]+$/.test(path)) return path;
  throw new Error(`bug: no file of a network's service: ${JSON.stringify(path)}`);
}

async function writeFile(path: string, text: string): Promise<void> {
  const folder = dirname(checked(path));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  // The service runs as a user of its own and reads its files again while it runs.
  for (const [each, mode] of [
    [dirname(dirname(folder)), 0o711],
    [dirname(folder), 0o755],
    [folder, 0o755],
  ] as const) {
    const now = statSync(each).mode & 0o777;
    if ((now & mode) !== mode) chmodSync(each, now | mode);
  }
  await writeAtomic(path, text, 0o644);
  // Whatever umask we run with.
  chmodSync(path, 0o644);
}

async function deleteFile(path: string): Promise<void> {
  rmSync(checked(path), { force: true });
  try {
    rmdirSync(dirname(path));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error))) throw error;
  }
}
