/**
 * Where tests run that delete every link and namespace they find: a private lab, told by its namespaces. Whoever makes one says
 * which namespaces it stood in (`.ci/private-lab.mjs`); where nobody says, those of process 1 are the machine's.
 */
import { readFileSync, readlinkSync, statSync } from 'node:fs';

/** What a lab must have for itself: `net` and `mnt` as in /proc/PID/ns, and the device of the file system on /run/netns. */
export interface Namespaces {
  readonly net: string;
  readonly mnt: string;
  readonly names: string;
}

/** Of a process. */
export function namespacesOf(pid: number | 'self'): Namespaces {
  return {
    net: readlinkSync(`/proc/${pid}/ns/net`),
    mnt: readlinkSync(`/proc/${pid}/ns/mnt`),
    names: String(statSync(`/proc/${pid}/root/run/netns`, { throwIfNoEntry: false })?.dev ?? 'none'),
  };
}

/** What the variable that makes a lab known holds. */
export const OUTSIDE = 'NETLOOM_TEST_OUTSIDE';

/** Reads it; null when it is not set. Throws when it is something else. */
export function outsideOf(text: string | undefined): Namespaces | null {
  if (text === undefined) return null;
  const [net, mnt, names, ...more] = text.split(' ');
  if (!/^net:\[\d+]$/.test(net ?? '') || !/^mnt:\[\d+]$/.test(mnt ?? '') || !/^(\d+|none)$/.test(names ?? '') || more.length > 0) {
    throw new Error(`${OUTSIDE}=${text} does not name namespaces`);
  }
  return { net: net as string, mnt: mnt as string, names: names as string };
}

/** What `own` shares with those outside, so that emptying it would reach them; '' for nothing. */
function sharedWith(own: Namespaces, outside: Namespaces): string {
  const shared = [
    ...(own.net === outside.net ? ['the network namespace'] : []),
    ...(own.mnt === outside.mnt ? ['the mount namespace'] : []),
    ...(own.names === outside.names || own.names === 'none' ? ['the file system on /run/netns'] : []),
  ];
  return shared.join(' and ');
}

/** Throws unless the caller is in a private lab: these tests delete every link and namespace they find. */
export function insistOnLab(): void {
  const shared = sharedWith(namespacesOf('self'), outsideOf(process.env[OUTSIDE]) ?? namespacesOf(1));
  const isOwn = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some(line => / \/ \/run\/netns .* - tmpfs /.test(line));
  if (shared === '' && isOwn) return;
  const why = shared === '' ? 'no tmpfs is on /run/netns' : `${shared} would be the machine's own`;
  throw new Error(`kernel tests run in a private lab only, and here ${why}: npm test, or node .ci/private-lab.mjs FILE`);
}
