/** Notes about services, beside them on disk: of a process of another user nobody may read what it was started with. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ServiceRun } from '../kinds/op.ts';
import { noteOf, serviceMarks } from '../kinds/render-service.ts';
import { errnoOf } from './errors.ts';
import { writeAtomic } from './files.ts';
import { netnsInode, type ServiceProcess } from './processes.ts';

export type ServiceId = Pick<ServiceRun, 'id' | 'folder'>;

/** What a service was started with. */
export interface Marks extends Pick<ServiceRun, 'conf' | 'loaded' | 'ports' | 'links'> {
  /** Inode; 0: unknown. */
  readonly netns: number;
  /** `<inode> <path>`; '': it has none. */
  readonly leases: string;
}

/** Of one that nothing is noted of. */
export const NO_MARKS: Marks = { conf: '', loaded: '', ports: [], links: [], netns: 0, leases: '' };

export function marksOf(service: ServiceId): Marks {
  const lines = textOf(`${noteOf(service)}.marks`).split('\n');
  const said = new Map(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const list = (key: string): readonly string[] => (said.get(key) ?? '').split(',').filter(Boolean);
  const { conf = '', loaded = '', netns = '0', leases = '' } = Object.fromEntries(said);
  return { conf, loaded, ports: list('ports').map(Number), links: list('links'), netns: Number(netns), leases };
}

/** To be written when nothing runs under its name, all that it reads is there, and it is started next. */
export async function writeMarks(service: ServiceRun): Promise<void> {
  const leases = service.leases === undefined ? '' : `leases=${leasesMark(service.leases.path)}\n`;
  await writeAtomic(`${noteOf(service)}.marks`, `${serviceMarks(service)}netns=${netnsInode(`/run/netns/${service.netns}`)}\n${leases}`);
}

/** False when the file of its leases was removed or replaced: it goes on writing to one without a name. */
export function keepsLeases({ leases }: Marks): boolean {
  return leases === '' || leasesMark(leases.slice(leases.indexOf(' ') + 1)) === leases;
}

/** What a process read again, as noted: `<pid> <hash>`. null: nothing is noted, or that was another process. */
export function loadedSince(service: ServiceProcess): string | null {
  const [, pid, loaded] = /^(\d+) (\S+)\n?$/.exec(textOf(noteOf(service))) ?? [];
  return loaded !== undefined && Number(pid) === service.pid ? loaded : null;
}

/** Notes what a process read again. */
export async function noteLoaded(service: ServiceRun, pid: number): Promise<void> {
  await writeAtomic(noteOf(service), `${pid} ${service.loaded}\n`);
}

/** Removes all that is noted about a service. */
export function forget(service: ServiceId): void {
  const note = noteOf(service);
  rmSync(note, { force: true });
  if (!existsSync(dirname(note))) return;
  for (const name of readdirSync(dirname(note))) if (name.startsWith(`${basename(note)}.`)) rmSync(join(dirname(note), name), { force: true });
}

function leasesMark(path: string): string {
  return `${statSync(path, { throwIfNoEntry: false })?.ino ?? 0} ${path}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return '';
    throw error;
  }
}
