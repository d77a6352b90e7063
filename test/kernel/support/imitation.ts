/** Processes that say of themselves what a network's dnsmasq says, as anybody could start one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { SEARCH_CAPABILITY, shellWord, unprivileged } from '../../../src/kinds/render-service.ts';
import { paste } from '../../kinds/kernel-room.ts';

export interface Imitation {
  /** A folder for what it needs. */
  readonly folder: string;
  /** Of the service that it imitates. */
  readonly conf: string;
  /** Name, or number: nobody needs to know it. */
  readonly user: string;
  /** What is executed: one that is called dnsmasq on disk too, or another under its name. */
  readonly isNamed: boolean;
}

/** Lines of a shell that end with the process; it waits until it is killed. */
export function imitation({ folder, conf, user, isNamed }: Imitation): { readonly first: string; readonly command: string } {
  const [named, wait] = [`${folder}/dnsmasq`, `${folder}/wait`];
  const script = `exec -a dnsmasq ${isNamed ? named : '/bin/bash'} -c 'read <>${wait}' x --conf-file=${conf}`;
  const words = ['setpriv', ...unprivileged(user, 'nogroup', [SEARCH_CAPABILITY]), 'bash', '-c', script];
  return { first: `cp -f /bin/bash ${named}; [ -p ${wait} ] || mkfifo -m 666 ${wait}`, command: words.map(shellWord).join(' ') };
}

/** Path of Node.js under another name, also to the kernel; until the end of the test. */
export async function nodeAs(name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'netloom-program-'));
  const path = join(folder, name);
  writeFileSync(path, '', { mode: 0o755 });
  await paste(`mount --bind ${process.execPath} ${path}`);
  onTestFinished(async () => {
    await paste(`umount --lazy ${path}`);
    rmSync(folder, { recursive: true });
  });
  return path;
}
