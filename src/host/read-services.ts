/** Reads what networks' services are: their files below the runtime folder, and their processes. */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRow, ServiceRow } from '../kinds/rows.ts';
import { errnoOf } from './errors.ts';
import { datagramsRead, netnsInode, type ServiceProcess, serviceProcesses, servicesFolder, unreadOf } from './processes.ts';
import type { Reader } from './reader.ts';
import { keepsLeases, loadedSince, type Marks, marksOf, NO_MARKS, type ServiceId } from './service-notes.ts';

/** Where the files of networks' services lie: a folder for each network, by its uuid. */
export function networksFolder(runtimeFolder: string): string {
  return join(runtimeFolder, 'networks');
}

/** Every regular file of every network, by path. */
export function readFiles(runtimeFolder: string): readonly FileRow[] {
  const root = networksFolder(runtimeFolder);
  return namesIn(root).flatMap(network =>
    namesIn(join(root, network)).flatMap(name => {
      const path = join(root, network, name);
      const content = contentOf(path);
      return content === null ? [] : [{ path, hash: hash('sha256', content) }];
    }),
  );
}

/**
 * Every service, by id: those that run, and those of which only notes are left. Those that run are asked.
 *
 * @param names   of the namespaces below /run/netns
 * @param reader  how they are asked
 */
export async function readServices(runtimeFolder: string, names: readonly string[], reader: Pick<Reader, 'ask'>): Promise<readonly ServiceRow[]> {
  const folder = servicesFolder(runtimeFolder);
  const processes = grouped(serviceProcesses(folder));
  const noted = namesIn(folder).flatMap(name => /^([^.]+)\.([^.]+)/.exec(name)?.slice(1, 3).join('/') ?? []);
  const ids = [...new Set([...processes.keys(), ...noted])].sort();
  if (ids.length === 0) return [];
  const netnses = new Map(names.map(name => [netnsInode(`/run/netns/${name}`), name]));
  netnses.set(netnsInode('/proc/self/ns/net'), '');
  const all = ids.map(id => judged({ id, folder }, processes.get(id) ?? [], netnses));
  for (const one of all) if (isNamed(one.netns)) for (const link of one.marks.links) reader.ask({ netns: one.netns, link, ports: one.marks.ports });
  return Promise.all(
    all.map(async ({ pid, id, netns, marks, loaded }) => {
      const answers = pid !== null && (await isReading(pid, marks.ports));
      return { id, netns, conf: marks.conf, loaded, answers, folder };
    }),
  );
}

interface Judged {
  /** null: it is none, or more than one, and those are told apart by nobody. */
  readonly pid: number | null;
  readonly id: string;
  readonly netns: string;
  readonly marks: Marks;
  readonly loaded: string;
}

function judged(service: ServiceId, processes: readonly ServiceProcess[], netnses: ReadonlyMap<number, string>): Judged {
  const [one, ...others] = processes;
  if (one === undefined || others.length > 0) return { pid: null, id: service.id, netns: '?', marks: NO_MARKS, loaded: '' };
  const marks = marksOf(service);
  // Which namespace it is in only those may see who may trace it; it never goes to another one.
  const netns = netnses.get(netnsInode(`/proc/${one.pid}/ns/net`) || marks.netns) ?? '?';
  return { pid: one.pid, id: service.id, netns, marks, loaded: keepsLeases(marks) ? (loadedSince(one) ?? marks.loaded) : '' };
}

function isNamed(netns: string): boolean {
  return netns !== '' && netns !== '?';
}

function grouped(processes: readonly ServiceProcess[]): ReadonlyMap<string, readonly ServiceProcess[]> {
  const found = new Map<string, ServiceProcess[]>();
  for (const one of processes) found.set(one.id, [...(found.get(one.id) ?? []), one]);
  return found;
}

/** Two seconds, of which the first looks take little. */
const LOOKS = { firstMs: 1, mostMs: 50, count: 45 } as const;

/**
 * A living one reads what it was just asked. One that leaves questions lie for two seconds, and reads nothing meanwhile, does
 * not answer, whatever its process looks like.
 */
async function isReading(pid: number, ports: readonly number[]): Promise<boolean> {
  let before = Number.POSITIVE_INFINITY;
  for (let look = 0, waitMs: number = LOOKS.firstMs; look < LOOKS.count; look++, waitMs = Math.min(2 * waitMs, LOOKS.mostMs)) {
    const unread = unreadOf(pid, ports);
    if (unread === null || unread === 0) return unread === 0;
    // Guests may ask quicker than it reads.
    const read = datagramsRead(pid);
    if (read > before) return true;
    before = read;
    await sleep(waitMs);
  }
  return false;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return [];
    throw error;
  }
}

function contentOf(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENXIO'].includes(errnoOf(error))) return null;
    throw error;
  }
}
