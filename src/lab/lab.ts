/** A lab on disk: its folder, what is in it, and how to find it again. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { remove, writeAtomic } from '../host/files.ts';
import type { Topology } from './topology.ts';

/** Folders of all labs of this machine. */
const LABS = '/run/netloom-lab';

/** Port of the git server; it has a namespace of its own. */
export const GIT_PORT = 80;

/** A lab as it was planned; whether it runs is asked of the processes. */
export interface Lab extends Topology {
  /** Its folder, absolute: the lab's identity. */
  readonly dir: string;
  /** What nodes pull from. */
  readonly url: string;
}

/** Folder of the lab with this name. Throws HostError `invalid` for a name that is no DNS label. */
export function labDir(name: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new HostError('invalid', `${JSON.stringify(name)} is no name for a lab: lower-case letters, digits and hyphens, 63 at most`);
  }
  return join(LABS, name);
}

/** The bare repository that the lab's git server serves; a plain `git push` to this path works too. */
export function repositoryOf(dir: string): string {
  return join(dir, 'repos', 'definitions.git');
}

/** A node's own folder: node.yaml, state, run. */
export function nodeDir(dir: string, node: string): string {
  return join(dir, 'nodes', node);
}

/** `netloom`'s configuration on a node. */
export function configOf(dir: string, node: string): string {
  return join(nodeDir(dir, node), 'node.yaml');
}

/** Names of labs that have a folder, sorted. */
function labNames(): string[] {
  return existsSync(LABS) ? readdirSync(LABS).sort() : [];
}

/** Takes the folder for a new lab, in one act: of two that try at once, one gets it. Throws HostError `exists`. */
export function claimFolder(dir: string): void {
  mkdirSync(dirname(dir), { recursive: true, mode: 0o755 });
  try {
    mkdirSync(dir, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new HostError('exists', `there is a lab in ${dir} already: end it first (netloom lab down), or give the new one another name (--name)`);
  }
}

/** Writes down what the lab is. */
export async function saveLab(lab: Lab): Promise<void> {
  await writeAtomic(join(lab.dir, 'lab.json'), `${JSON.stringify(lab, null, 2)}\n`);
}

/** The lab in a folder; undefined when there is none, or only the beginning of one. */
export function findLab(dir: string): Lab | undefined {
  const path = join(dir, 'lab.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** The lab in a folder. Throws HostError `no-entry` that names the labs there are. */
export function openLab(dir: string): Lab {
  const lab = findLab(dir);
  if (lab !== undefined) return lab;
  const others = labNames();
  const hint = others.length === 0 ? 'make one: netloom lab up' : `labs there are: ${others.join(', ')}`;
  throw new HostError('no-entry', `there is no lab in ${dir}; ${hint}`);
}

/** Removes a lab's folder, and the folder of all labs when it was the last. Refuses a folder that is none. */
export async function removeFolder(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const entries = readdirSync(dir);
  if (entries.length > 0 && !entries.some(name => name.startsWith('lab.json')))
    throw new HostError('invalid', `${dir} is not the folder of a lab: it has no lab.json`);
  // lab.json goes last: a removal that is cut off can be done again.
  for (const name of entries.filter(entry => !entry.startsWith('lab.json'))) await remove(join(dir, name));
  await remove(dir);
  if (labNames().length === 0) await remove(LABS);
}
