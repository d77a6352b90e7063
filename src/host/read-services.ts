/** Reads what networks' services are: their files below the runtime folder, and their processes. */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRow, ServiceRow } from '../kinds/rows.ts';
import { errnoOf } from './errors.ts';
import { attentionOf, netnsInode, type ServiceProcess, serviceProcesses } from './processes.ts';

/** Where the files of networks' services lie: a folder for each network, by its uuid. */
export function networksFolder(runtimeFolder: string): string {
  return join(runtimeFolder, 'networks');
}

/** Where what is noted about services lies. */
export function servicesFolder(runtimeFolder: string): string {
  return join(runtimeFolder, 'services');
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

/** Every service, by id: those that run, and those of which only a note is left. `names`: of the namespaces below /run/netns. */
export async function readServices(runtimeFolder: string, names: readonly string[]): Promise<readonly ServiceRow[]> {
  const folder = servicesFolder(runtimeFolder);
  const processes = grouped(serviceProcesses(folder));
  const noted = namesIn(folder).flatMap(name => /^([^.]+)\.([^.]+)/.exec(name)?.slice(1, 3).join('/') ?? []);
  const ids = [...new Set([...processes.keys(), ...noted])].sort();
  if (ids.length === 0) return [];
  const netnses = new Map(names.map(name => [netnsInode(`/run/netns/${name}`), name]));
  netnses.set(netnsInode('/proc/self/ns/net'), '');
  return Promise.all(
    ids.map(async id => {
      const found = processes.get(id) ?? [];
      // Two of one name are none: they are told apart by nobody.
      if (found.length !== 1 || found[0] === undefined) return { id, netns: '?', conf: '', loaded: '', answers: false, folder };
      const [one] = found;
      const netns = netnses.get(netnsInode(`/proc/${one.pid}/ns/net`)) ?? '?';
      return { id, netns, conf: one.conf, loaded: notedSince(one) ?? one.loaded, answers: await answers(one), folder };
    }),
  );
}

function grouped(processes: readonly ServiceProcess[]): ReadonlyMap<string, readonly ServiceProcess[]> {
  const found = new Map<string, ServiceProcess[]>();
  for (const one of processes) found.set(one.id, [...(found.get(one.id) ?? []), one]);
  return found;
}

const PATIENCE = { everyMs: 50, tries: 40 } as const;

/**
 * Guests ask it all the time, and the kernel tells whether it listens: it holds its ports, runs, and reads what lies in its
 * sockets. One that leaves a question there for two seconds does not answer, whatever its process looks like.
 */
async function answers(service: ServiceProcess): Promise<boolean> {
  for (let tries = 0; tries < PATIENCE.tries; tries++) {
    const attention = attentionOf(service);
    if (attention !== 'waiting') return attention === 'ready';
    await sleep(PATIENCE.everyMs);
  }
  return false;
}

/** `<folder>/<uuid>.dnsmasq`: the note of a service; other files about it begin with its name and a dot. */
export function notePath({ folder, id }: { readonly folder: string; readonly id: string }): string {
  return join(folder, id.replaceAll('/', '.'));
}

// `<pid> <hash>`: a note is about one process.
function notedSince(service: ServiceProcess): string | null {
  const content = contentOf(notePath(service));
  const [, pid, loaded] = /^(\d+) (\S+)\n?$/.exec(content?.toString('utf8') ?? '') ?? [];
  return loaded !== undefined && Number(pid) === service.pid ? loaded : null;
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
