/** What kernel tests of the host share: steps by hand, `ip` by hand, and a way back to an empty namespace. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import type { Ref } from '../../src/kinds/kind.ts';
import type { Op } from '../../src/kinds/op.ts';
import type { Outcome, Step } from '../../src/kinds/step.ts';
import { insistOnLab } from '../support/namespaces.ts';

/** Runs a tool and gives what it prints; throws with its words. */
export function sh(command: string, input?: string): string {
  const [program = '', ...args] = command.split(' ');
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], ...(input === undefined ? {} : { input }) });
}

/** Names of links, sorted; in a namespace by name, or the own one. */
export function links(netns = ''): readonly string[] {
  const rows: readonly { ifname?: string }[] = JSON.parse(sh(`ip ${netns === '' ? '' : `-n ${netns} `}-j link show`));
  return rows.flatMap(({ ifname }) => (ifname === undefined ? [] : [ifname])).sort();
}

/** A step that makes something, with what it needs. */
export function step(name: string, ops: readonly Op[], needs: readonly number[] = []): Step {
  const ref: Ref = `link:/${name}`;
  return { verb: 'make', kind: 'link', title: 'link', ref, ops, from: [], changes: [], replacing: false, impact: 'no-traffic', needs };
}

export const bridge = (name: string, netns = ''): Op => ({ op: 'bridge-add', netns, name, mac: '02:00:00:00:00:01', mtu: 1450, group: 97 });
export const drop = (name: string, netns = ''): Op => ({ op: 'link-del', netns, name });

/** `done`, or the status with its code. */
export function told(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.map(({ status, code }) => (code === undefined ? status : `${status} ${code}`));
}

/** Takes away every link, namespace, rule and table of the private lab that tests run in; refuses to do so anywhere else. */
export function empty(): void {
  insistOnLab();
  for (const name of readdirSync('/run/netns')) sh(`ip netns del ${name}`);
  for (const name of links().filter(each => each !== 'lo')) remove(name);
  for (const type of ['blackhole', 'unreachable', 'prohibit'])
    for (const family of ['-4', '-6']) sh(`ip ${family} route flush table all type ${type} proto boot`);
  for (const { priority } of rules()) sh(`ip rule del pref ${priority}`);
  sh('ip link set dev lo group 0');
  sh('nft flush ruleset');
  rmSync('/run/netns/stale', { force: true });
}

// Those of the kernel itself stay.
function rules(): readonly { readonly priority: number }[] {
  const all: readonly { readonly priority: number }[] = JSON.parse(sh('ip -j rule show'));
  return all.filter(({ priority }) => priority > 0 && priority < 32_766);
}

// The other end of a pair, or an end whose namespace is just going, may be gone between the listing and the act.
function remove(name: string): void {
  try {
    if (links().includes(name)) sh(`ip link del dev ${name}`);
  } catch (error) {
    if (links().includes(name)) throw error;
  }
}
