/** What the chapters of the demo share: running things on nodes for all to see, and insisting on facts. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, run } from '../host/exec.ts';
import { remove } from '../host/files.ts';
import { labRun } from './enter.ts';
import { type Lab, repositoryOf } from './lab.ts';

/** How a demo shows itself. */
export interface Stage {
  /** A chapter begins: one sentence. */
  readonly chapter: (text: string) => void;
  /** A command line as it would be typed, and what it printed. */
  readonly shown: (command: string, output: string) => void;
  /** A fact that was checked. */
  readonly proven: (fact: string) => void;
}

/** A demo under way. */
export interface Play {
  readonly lab: Lab;
  readonly stage: Stage;
  readonly nodes: readonly string[];
  /** Runs netloom on a node, shows it, and insists on the exit code. */
  netloom(node: string, args: readonly string[], options?: { readonly ok?: readonly number[]; readonly lines?: number }): Promise<string>;
  /** Runs anything on a node without showing it. */
  quietly(node: string, argv: readonly string[]): Promise<RunResult>;
}

/** Plays in a lab, for an audience. */
export function playIn(lab: Lab, stage: Stage): Play {
  return {
    lab,
    stage,
    nodes: lab.nodes.map(node => node.name),
    quietly: (node, argv) => labRun(lab, node, argv, { timeoutMs: 120_000 }),
    async netloom(node, args, { ok = [0], lines } = {}) {
      const { stdout, stderr, exitCode } = await labRun(lab, node, ['netloom', ...args], { timeoutMs: 120_000 });
      stage.shown(`netloom lab exec ${node} -- netloom ${args.join(' ')}`, cut(stdout.trimEnd(), lines));
      if (exitCode === null || !ok.includes(exitCode)) throw new Error(`netloom ${args.join(' ')} on ${node} ended with ${exitCode}: ${stderr}`);
      return stdout;
    },
  };
}

/** A pass on every node, all at once. */
export async function everywhere(play: Play): Promise<void> {
  const results = await Promise.all(play.nodes.map(node => play.quietly(node, ['netloom', 'reconcile'])));
  for (const [i, { exitCode, stderr }] of results.entries()) {
    if (exitCode !== 0) throw new Error(`netloom reconcile on ${play.nodes[i]} ended with ${exitCode}: ${stderr}`);
  }
  play.stage.shown(`for node in ${play.nodes.join(' ')}; do netloom lab exec $node -- netloom reconcile & done; wait`, '');
}

/** A guest of the example, as the repository places it. */
export interface Guest {
  readonly node: string;
  readonly netns: string;
  readonly address: string;
  readonly mac: string;
  /** Its near end on the node. */
  readonly device: string;
}

/** Where an interface of the example is now. */
export async function guest(play: Play, key: string): Promise<Guest> {
  const { stdout } = await play.quietly(play.nodes[0] ?? '', ['netloom', 'get', 'interface', key, '-o', 'json']);
  const { spec, status } = JSON.parse(stdout) as { spec: { attach: { netns: { name: string } } }; status: Omit<Guest, 'netns'> };
  const { node, address, mac, device } = status;
  return { node, netns: spec.attach.netns.name, address, mac, device };
}

/** Runs `git` in a clone of the definitions, as a person would. */
export type Git = (...args: readonly string[]) => Promise<unknown>;

/** Gives `work` a clone of the definitions, and takes it away again. */
export async function inClone(play: Play, work: (git: Git, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'netloom-demo-'));
  try {
    await run('git', ['clone', '--quiet', repositoryOf(play.lab.dir), folder], { okCodes: [0] });
    await work((...args) => run('git', ['-C', folder, '-c', 'user.name=demo', '-c', 'user.email=demo@example.org', ...args], { okCodes: [0] }), folder);
  } finally {
    await remove(folder);
  }
}

/** True when a guest gets answers; `words` end with the address. */
export async function pings(play: Play, from: Guest, words: readonly string[]): Promise<boolean> {
  const { exitCode } = await play.quietly(from.node, ['ip', 'netns', 'exec', from.netns, 'ping', '-n', '-q', '-c', '2', '-i', '0.2', '-W', '1', ...words]);
  return exitCode === 0;
}

/** Tells a fact that holds; throws for one that does not. */
export function insist(holds: boolean, { stage }: Play, fact: string): void {
  if (!holds) throw new Error(`not so: ${fact}`);
  stage.proven(fact);
}

function cut(text: string, most: number | undefined): string {
  const lines = text.split('\n');
  return most === undefined || lines.length <= most ? text : [...lines.slice(0, most - 1), `… ${lines.length - most + 1} more lines`].join('\n');
}
