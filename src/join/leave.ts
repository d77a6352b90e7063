/** What a node that leaves takes away: its whole kernel state by a plan, then what it keeps, then its configuration; and the proof that nothing is left. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readTextIfThere, remove } from '../host/files.ts';
import { type MarksFound, marksInKernel, passersNow } from '../host/marks-now.ts';
import { serviceProcesses, servicesFolder } from '../host/processes.ts';
import { dropInPaths, isRunBySystemd, unitsNow } from '../host/systemd.ts';
import { type Enforced, enforce, overruling, type Prepared, prepareNothing } from '../pass/enforce.ts';
import { disarm, loadJournal } from '../pass/journal.ts';
import { JOINED, joinedPaths } from './configuration.ts';

/** Where a node has its things. */
export interface Place {
  /** null where it has no configuration any more. */
  readonly node: string | null;
  readonly configPath: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Where its passes leave numbers for Prometheus; null where they do not. */
  readonly textfile: string | null;
}

/** What would go, and what of others stands in the way of it. Writes nothing. */
export async function prepareLeaving(runtimeDir: string, force: boolean): Promise<Prepared> {
  const prepared = await prepareNothing([], runtimeDir);
  const inTheWay = new Set(prepared.plan.held.filter(({ why }) => why === 'in-use').map(({ on }) => on));
  return force && inTheWay.size > 0 ? overruling(prepared, inTheWay) : prepared;
}

/** Takes it away. A change that waits for a person's word is settled by this one. Under the node's lock. */
export async function removeKernelState({ stateDir, runtimeDir }: Place, force: boolean): Promise<Enforced> {
  const journal = await loadJournal(stateDir);
  if (journal !== null) await disarm(stateDir, journal);
  // Made anew under the lock: what was shown may have changed since.
  return enforce(await prepareLeaving(runtimeDir, force), { before: async () => undefined });
}

/** What a node keeps: its state, the files of this boot, and the numbers that would be taken for today's. `keep`: services that go on read the second. */
export async function removeState(place: Place, keep: boolean): Promise<readonly string[]> {
  const paths = statePaths(place, keep).filter(path => existsSync(path));
  for (const path of paths) await remove(path);
  return paths;
}

function statePaths({ stateDir, runtimeDir, textfile }: Place, keep: boolean): readonly string[] {
  return [stateDir, ...(keep ? [] : [runtimeDir]), ...(textfile === null ? [] : [textfile])];
}

/** What join wrote beside the configuration, and the configuration itself last: until then leaving can be done again. */
export async function removeConfiguration(place: Place): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const { configPath } = place;
  const isOurs = (text: string | null): boolean => text?.split('\n').slice(0, 3).includes(JOINED) === true;
  const dropIns = await thoseOurs(isOurs, dropInPathsHere(place));
  const text = await readTextIfThere(configPath);
  if (text !== null && !isOurs(text)) {
    for (const path of dropIns) await remove(path);
    return { removed: dropIns, kept: [configPath] };
  }
  const removed = [...dropIns, ...joinedPaths(configPath, place.node), configPath].filter(path => existsSync(path));
  for (const path of removed) await remove(path);
  for (const folder of [...dropIns.map(dirname), join(dirname(configPath), 'nodes')]) if (isEmpty(folder)) await remove(folder);
  return { removed, kept: [] };
}

function dropInPathsHere({ runtimeDir }: Place): readonly string[] {
  return isRunBySystemd(runtimeDir) ? dropInPaths() : [];
}

async function thoseOurs(isOurs: (text: string | null) => boolean, paths: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(paths.map(readTextIfThere));
  return paths.filter((_, index) => isOurs(texts[index] ?? null));
}

function isEmpty(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length === 0;
}

/** Everything by which something of netloom could be known on this machine, asked anew. `kept`: files that leave does not remove. */
export async function proof(place: Place, keep: boolean, kept: readonly string[]): Promise<readonly MarksFound[]> {
  const { configPath, node, runtimeDir } = place;
  const files = [...statePaths(place, keep), ...dropInPathsHere(place), ...joinedPaths(configPath, node), configPath];
  const services = serviceProcesses(servicesFolder(runtimeDir)).map(({ pid, id }) => `${pid} ${id}`);
  const units = isRunBySystemd(runtimeDir) ? await unitsNow() : [];
  return [
    ...(keep ? [] : await marksInKernel()),
    { what: 'processes', found: [...passersNow(), ...(keep ? [] : services)] },
    { what: 'units of systemd', found: keep ? units.filter(unit => !unit.startsWith('netloom-dnsmasq@')) : units },
    { what: 'files', found: files.filter(path => existsSync(path) && !kept.includes(path)) },
  ];
}

/** A line each; true where all of it is gone. */
export function proofText(all: readonly MarksFound[]): { readonly text: string; readonly isClean: boolean } {
  const width = Math.max(...all.map(({ what }) => what.length));
  const text = all.map(({ what, found }) => `${what.padEnd(width)}  ${found.length === 0 ? 'none' : found.join(', ')}`).join('\n');
  return { text, isClean: all.every(({ found }) => found.length === 0) };
}
