/**
 * Makes a lab: a switch, a git server beside it, nodes on it. Every node is a network and mount namespace, so that labs never
 * meet each other or the machine's own network. Nodes cannot reach the machine's loopback; hence the git server runs in the
 * switch's namespace and listens there on an address of the underlay.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HostError } from '../host/errors.ts';
import { findProgram } from '../host/exec.ts';
import { ipFamily } from '../model/ip.ts';
import { createRepository, pushFolder } from './definitions.ts';
import { labDown } from './down.ts';
import { markOf } from './holder.ts';
import { claimFolder, configOf, GIT_PORT, type Lab, nodeDir, saveLab } from './lab.ts';
import { MOST_MADE_UP, madeUp } from './made-up.ts';
import { makeOutside } from './outside.ts';
import { spawnApart } from './spawn.ts';
import { type Cast, type Topology, topologyOf } from './topology.ts';
import { makeNode, makeSwitch } from './wire.ts';

const SERVER = 'lab-git-server.js';
const SERVER_START_MS = 30_000;

export interface LabUpOptions {
  /** The lab's folder (`labDir(name)`); must not be there yet. */
  readonly dir: string;
  /** Definitions from a folder, and what they say (`castOf(catalog)`); or how many nodes to make up. */
  readonly definitions: { readonly folder: string; readonly cast: Cast } | { readonly nodes: number };
  /** Folder with dist/: the program that nodes run. */
  readonly home: string;
  /** Told what is done now: `node n1`. */
  readonly progress?: (what: string) => void;
  /** Aborting it, or SIGINT or SIGTERM meanwhile, takes everything back. */
  readonly signal?: AbortSignal;
}

/** Makes a lab, whole or not at all. Throws HostError. */
export async function labUp(options: LabUpOptions): Promise<Lab> {
  if (process.getuid?.() !== 0) throw new HostError('not-permitted', 'a lab makes network namespaces: run it as root (CAP_SYS_ADMIN, CAP_NET_ADMIN)');
  if (!existsSync(join(options.home, 'dist', SERVER))) throw new HostError('no-entry', `${options.home} has no dist/${SERVER}: build it first (npm run build)`);
  const [topology, folder] = planned(options);
  claimFolder(options.dir);
  const interrupted = interruption(options.signal);
  try {
    const lab = { ...topology, dir: options.dir, url: urlOf(topology.server) };
    await saveLab(lab);
    await build(lab, folder(), options, step => {
      interrupted.check();
      options.progress?.(step);
    });
    interrupted.check();
    return lab;
  } catch (error) {
    await takeBack(options.dir, error);
    throw error;
  } finally {
    interrupted.end();
  }
}

async function takeBack(dir: string, why: unknown): Promise<void> {
  try {
    await labDown(dir);
  } catch (error) {
    const [first, second] = [why, error].map(each => (each instanceof Error ? each.message : String(each)));
    throw new HostError('busy', `${first}; and what was made of the lab could not be taken back (${second}): netloom lab down`, { cause: why });
  }
}

/** The lab's shape, and a function that gives the folder of its definitions once the lab's own folder is there. */
function planned({ definitions, dir }: LabUpOptions): [Topology, () => string] {
  if ('folder' in definitions) return [topologyOf(definitions.cast), () => definitions.folder];
  if (!Number.isInteger(definitions.nodes) || definitions.nodes < 1 || definitions.nodes > MOST_MADE_UP) {
    throw new HostError('invalid', `a lab has 1 to ${MOST_MADE_UP} made-up nodes, not ${definitions.nodes}`);
  }
  const { files, cast } = madeUp(definitions.nodes);
  const write = (): string => {
    const folder = join(dir, 'definitions');
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };
  return [topologyOf(cast), write];
}

async function build(lab: Lab, folder: string, options: LabUpOptions, step: (what: string) => void): Promise<void> {
  step('definitions');
  await createRepository(lab.dir);
  await pushFolder(lab.dir, folder);
  mkdirSync(join(lab.dir, 'bin'));
  symlinkSync(join(options.home, 'dist', 'netloom.js'), join(lab.dir, 'bin', 'netloom'));
  // The mount point of every node's own tmpfs.
  mkdirSync('/run/netns', { recursive: true });
  step('underlay');
  const hub = await makeSwitch(lab);
  step('git server');
  await startGitServer(lab, hub, options.home);
  const holders = new Map<string, number>();
  for (const [index, node] of lab.nodes.entries()) {
    step(`node ${node.name}`);
    holders.set(node.name, await makeNode(lab, node, hub, `p${index}`));
    writeConfiguration(lab, node.name);
  }
  if (lab.uplinks.length === 0) return;
  step('outside');
  await makeOutside(lab.dir, lab.uplinks, holders);
}

function writeConfiguration(lab: Lab, node: string): void {
  mkdirSync(nodeDir(lab.dir, node), { recursive: true });
  writeFileSync(configOf(lab.dir, node), configuration(lab, node));
}

function configuration(lab: Lab, node: string): string {
  const dir = nodeDir(lab.dir, node);
  // JSON is YAML, and quotes what has to be quoted.
  const lines = {
    node,
    repo: { url: lab.url, branch: 'main', path: '' },
    // There is no forge to be spared.
    status: { branch: 'netloom-status', pushesPerMinute: 100_000 },
    stateDir: join(dir, 'state'),
    runtimeDir: join(dir, 'run'),
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

async function startGitServer(lab: Lab, hub: number, home: string): Promise<void> {
  const log = join(lab.dir, 'git.log');
  const program = [process.execPath, join(home, 'dist', SERVER), join(lab.dir, 'repos'), lab.server, String(GIT_PORT)];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...markOf(lab.dir) };
  const pid = await spawnApart(findProgram('nsenter'), [`--target=${hub}`, '--net', '--', ...program], { env, log });
  const deadline = Date.now() + SERVER_START_MS;
  // Its first line is its url, said when it listens.
  for (let said = ''; !said.includes('http://'); said = readFileSync(log, 'utf8')) {
    if (Date.now() > deadline || !isAlive(pid)) throw new HostError('other', `the lab's git server did not start: ${said.trim() || 'it said nothing'}`);
    await sleep(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function urlOf(server: string): string {
  const host = ipFamily(server) === 6 ? `[${server}]` : server;
  return `http://${host}${GIT_PORT === 80 ? '' : `:${GIT_PORT}`}/definitions.git`;
}

/** Ctrl-C in the middle must not leave half a lab: it is noticed at the next step. */
function interruption(signal: AbortSignal | undefined): { check(): void; end(): void } {
  let by: string | undefined;
  const note = (name: string): void => {
    by = name;
  };
  process.on('SIGINT', note);
  process.on('SIGTERM', note);
  return {
    check: () => {
      if (by !== undefined || signal?.aborted) throw new HostError('interrupted', `interrupted${by === undefined ? '' : ` by ${by}`}: the lab was taken back`);
    },
    end: () => {
      process.off('SIGINT', note);
      process.off('SIGTERM', note);
    },
  };
}
