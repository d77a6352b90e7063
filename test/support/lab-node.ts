/**
 * Nodes for kernel tests: network and mount namespaces of this test alone, on one underlay. Only the wires are there; what
 * netloom makes on them is the test's business.
 */
import { randomUUID } from 'node:crypto';
import { findProgram, type RunOptions, type RunResult, run } from '../../src/host/exec.ts';
import { entering, killAll, markOf, processesOf, startHolder } from '../../src/lab/holder.ts';
import { topologyOf } from '../../src/lab/topology.ts';
import { makeNode, makeSwitch } from '../../src/lab/wire.ts';

export interface TestNode {
  readonly name: string;
  /** Of the process that holds its namespaces: `nsenter --target=PID --net --mount`. */
  readonly pid: number;
  /** Of the underlay, on `eth0`; '' for a node without one. */
  readonly address: string;
  /** Arguments of nsenter that lead into it, or into a network namespace of it. */
  into(netns?: string): readonly string[];
  /** Runs a command in it; exit codes do not throw. */
  run(argv: readonly string[], options?: RunOptions & { readonly asBuffer?: false }): Promise<RunResult>;
  /** Runs a command that must end with 0; what it printed. `ip -j link` is split at blanks. */
  ok(command: string | readonly string[], stdin?: string): Promise<string>;
  /** Lines for `ip -batch`, in a network namespace of it or in its own. */
  ip(lines: readonly string[], netns?: string): Promise<void>;
  /** Output of `ip -j …`, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: rows of iproute2; a test says what it expects of them.
  json(command: string, netns?: string): Promise<any>;
  /** Makes a network namespace of a guest, loopback up. */
  netns(name: string): Promise<void>;
}

export interface TestNodes {
  readonly nodes: readonly TestNode[];
  /** The switch between them; what passes there is the underlay. Its bridge is `underlay`, its ports p0, p1, …. */
  readonly hub: TestNode;
  /** Ends every process in them, and with these the namespaces. */
  end(): Promise<void>;
}

/** One node without underlay. */
export async function privateNode(name = 'n1'): Promise<TestNode & { end(): Promise<void> }> {
  const mark = `test-${randomUUID()}`;
  const pid = await startHolder(mark, `node/${name}`);
  return { ...nodeOf(name, pid, '', mark), end: () => killAll(processesOf(mark)) };
}

/** Nodes at 192.0.2.11, .12, … (or from `fd00::11` on) that reach each other through a switch, on eth0. */
export async function privateNodes(names: readonly string[], options: { readonly mtu?: number; readonly family?: 4 | 6 } = {}): Promise<TestNodes> {
  const address = (index: number): string => (options.family === 6 ? `fd00::${index + 11}` : `192.0.2.${index + 11}`);
  const cast = { nodes: names.map((name, index) => ({ name, address: address(index) })), underlayMtu: options.mtu ?? 1500, guests: [] };
  const dir = `test-${randomUUID()}`;
  const end = (): Promise<void> => killAll(processesOf(dir));
  try {
    const lab = { ...topologyOf(cast), dir };
    const hub = await makeSwitch(lab);
    const nodes: TestNode[] = [];
    for (const [index, node] of lab.nodes.entries()) nodes.push(nodeOf(node.name, await makeNode(lab, node, hub, `p${index}`), node.address, dir));
    return { nodes, hub: nodeOf('hub', hub, lab.server, dir), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A node that is there already: one of a lab. `mark` is the lab's folder. */
export function nodeOf(name: string, pid: number, address: string, mark: string): TestNode {
  const into = (netns?: string): readonly string[] => [...entering(pid), ...(netns ? [findProgram('ip'), 'netns', 'exec', netns] : [])];
  const ok = async (command: string | readonly string[], stdin?: string): Promise<string> => {
    const argv = typeof command === 'string' ? command.split(' ') : command;
    const { stdout } = await run('nsenter', [...into(), findProgram('env'), ...argv], {
      okCodes: [0],
      env: markOf(mark),
      ...(stdin === undefined ? {} : { stdin }),
    });
    return stdout;
  };
  const inNetns = (netns: string | undefined): string => (netns ? `-n ${netns} ` : '');
  return {
    name,
    pid,
    address,
    into,
    ok,
    run: (argv, options = {}) => run('nsenter', [...into(), findProgram('env'), ...argv], { ...options, env: { ...markOf(mark), ...options.env } }),
    ip: async (lines, netns) => {
      await ok(`ip ${inNetns(netns)}-batch -`, `${lines.join('\n')}\n`);
    },
    json: async (command, netns) => JSON.parse((await ok(`ip ${inNetns(netns)}-j -d ${command}`)) || '[]'),
    netns: async guest => {
      await ok(`ip netns add ${guest}`);
      await ok(`ip -n ${guest} link set dev lo up`);
    },
  };
}
