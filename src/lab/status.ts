/** What of a lab is there now. */
import { existsSync } from 'node:fs';
import { holdersOf, processesOf } from './holder.ts';
import { configOf, findLab, type Lab, repositoryOf } from './lab.ts';
import { OUTSIDE } from './outside.ts';
import type { LabNode } from './topology.ts';

export interface LabStatus {
  readonly dir: string;
  /** partly: it was killed while it was made or removed; `netloom lab down` clears it. */
  readonly state: 'up' | 'partly' | 'down';
  /** Of the underlay; '' when not known any more. */
  readonly underlay: string;
  readonly git: { readonly url: string; readonly path: string };
  readonly nodes: readonly (LabNode & { readonly up: boolean; readonly pid: number | null; readonly config: string })[];
  /** All of the lab, holders and git server included. */
  readonly processes: number;
}

/** Looks at processes and folder of a lab; never throws for one that is not there. */
export function labStatus(dir: string): LabStatus {
  const lab = findLab(dir);
  const holders = holdersOf(dir);
  const processes = processesOf(dir).length;
  if (lab === undefined) {
    const state = processes > 0 || existsSync(dir) ? 'partly' : 'down';
    return { dir, state, underlay: '', git: { url: '', path: repositoryOf(dir) }, nodes: [], processes };
  }
  const nodes = lab.nodes.map(node => {
    const pid = holders.get(`node/${node.name}`) ?? null;
    return { ...node, up: pid !== null, pid, config: configOf(dir, node.name) };
  });
  return { dir, state: whole(lab, holders) ? 'up' : 'partly', underlay: lab.underlay, git: { url: lab.url, path: repositoryOf(dir) }, nodes, processes };
}

function whole(lab: Lab, holders: ReadonlyMap<string, number>): boolean {
  const outside = lab.uplinks.length > 0 ? [OUTSIDE.name] : [];
  return ['switch', ...outside, ...lab.nodes.map(node => `node/${node.name}`)].every(role => holders.has(role));
}
