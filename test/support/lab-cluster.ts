/**
 * A lab for proofs by packets: nodes n1, n2, … with a git server, and guests of which a test says only what it needs to know.
 * vxids, MACs and addresses that probes name are pinned; everything is made by the program itself, in passes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { holderOf, labRun } from '../../src/lab/enter.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { type Uplink, uplinksOf } from '../../src/lab/outside.ts';
import { labUp } from '../../src/lab/up.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { nodeOf, type TestNode } from './lab-node.ts';
import type { Place } from './lab-node-probe.ts';

/** A network of a tenant; its devices are `vxlan-<vxid>` and `br-vxlan-<vxid>`, in hexadecimal. */
export interface TestNetwork {
  readonly tenant: string;
  readonly name: string;
  readonly vxid: number;
  readonly cidr?: string;
  readonly mtu?: number;
  readonly learning?: boolean;
  /** More lines of YAML for the spec, such as `dns: true`. */
  readonly more?: string;
}

/** A guest. Its name is that of the Interface, and of the namespace that the guest has. */
export interface TestGuest {
  readonly name: string;
  /** `tenant/network`. */
  readonly on: string;
  readonly node: string;
  readonly address?: string;
  /** YAML of `attach`; a namespace named like the guest when left out. */
  readonly attach?: string;
  /** More lines of YAML for the spec, such as `spoofProtection: false`. */
  readonly more?: string;
}

export interface ClusterOptions {
  /** Of the underlay; 1600 by default. */
  readonly mtu?: number;
  readonly networks: readonly TestNetwork[];
  readonly guests: readonly TestGuest[];
  /** Nodes that are gateway nodes. */
  readonly gateways?: readonly string[];
  /** More lines of YAML for the spec of a node, such as `cordon: true`, by its name. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** Further documents, as `definition` makes them. */
  readonly more?: readonly string[];
}

export interface Cluster {
  readonly lab: Lab;
  readonly nodes: readonly TestNode[];
  node(name: string): TestNode;
  /** eth0 of a guest in a namespace, with its address. */
  guest(name: string): Place;
  /** A new revision, which no node has heard of yet. */
  push(options: ClusterOptions): Promise<void>;
  /** A pass on one node, which must end with 0. */
  passOn(node: string): Promise<void>;
  /** A new revision when `options` are given, and a pass on every node at once. */
  pass(options?: ClusterOptions): Promise<void>;
  end(): Promise<void>;
}

const NODES = ['n1', 'n2', 'n3'].map((name, index) => ({ name, address: `198.51.100.${index + 1}` }));

/** MAC of a guest, made of its name: always the same, and never what somebody else has. */
export function macOf(guest: string): string {
  const bytes = Buffer.concat([Buffer.from(guest), Buffer.alloc(4)]).subarray(0, 4);
  return `02:aa:${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(':')}`;
}

/** Three nodes at 198.51.100.1 to .3, up and after their first pass. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const base = mkdtempSync(join(tmpdir(), 'netloom-packets-'));
  const folder = join(base, 'definitions');
  const end = async (): Promise<void> => {
    await labDown(join(base, 'lab'));
    rmSync(base, { recursive: true, force: true });
  };
  try {
    writeDefinitions(folder, options);
    const guests = options.guests.filter(guest => guest.attach === undefined).map(guest => ({ node: guest.node, netns: guest.name }));
    const cast = { nodes: NODES, underlayMtu: options.mtu ?? 1600, guests, uplinks: await uplinksIn(folder, base) };
    const lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast }, home: ROOT });
    const cluster = clusterIn(lab, folder, options, end);
    await cluster.pass();
    return cluster;
  } catch (error) {
    await end();
    throw error;
  }
}

function clusterIn(lab: Lab, folder: string, { guests }: ClusterOptions, end: () => Promise<void>): Cluster {
  const nodes = lab.nodes.map(node => nodeOf(node.name, holderOf(lab, node.name), node.address, lab.dir));
  const node = (name: string): TestNode => named(nodes, name);
  return {
    lab,
    nodes,
    node,
    guest: name => {
      const { node: home, address } = named(guests, name);
      return { node: node(home), netns: name, ifname: 'eth0', ...(address === undefined ? {} : { address }) };
    },
    push: async changed => {
      writeDefinitions(folder, changed);
      await pushFolder(lab.dir, folder);
    },
    passOn: name => passOn(lab, name),
    pass: async changed => {
      if (changed !== undefined) writeDefinitions(folder, changed);
      await pushFolder(lab.dir, folder);
      await Promise.all(nodes.map(each => passOn(lab, each.name)));
    },
    end,
  };
}

async function passOn(lab: Lab, node: string): Promise<void> {
  const { exitCode, stdout, stderr } = await labRun(lab, node, ['netloom', 'reconcile'], { timeoutMs: 60_000 });
  expect([node, exitCode, exitCode === 0 ? '' : stdout + stderr]).toEqual([node, 0, '']);
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find(each => each.name === name);
  if (found === undefined) throw new Error(`nothing here is named ${name}`);
  return found;
}

async function uplinksIn(folder: string, base: string): Promise<readonly Uplink[]> {
  const { catalog, diagnostics } = await loadFolder(folder, join(base, 'cache'));
  if (catalog === null) throw new Error(diagnostics.map(({ message, hint }) => `${message} (${hint ?? ''})`).join('\n'));
  return uplinksOf(catalog);
}

function writeDefinitions(folder: string, { networks, guests, mtu = 1600, gateways = [], nodes = {}, more = [] }: ClusterOptions): void {
  const tenants = [...new Set(networks.map(network => network.tenant))];
  const parts = [
    // What is deleted here is meant.
    definition('Cluster', 'name: test', `underlay: { mtu: ${mtu} }`, 'guards: { maxDeletions: 1000, maxDeletedPercent: 100 }'),
    ...NODES.map(({ name, address }) =>
      definition('Node', `name: ${name}`, `underlay: { address: ${address} }`, `gateway: ${gateways.includes(name)}`, nodes[name] ?? ''),
    ),
    ...tenants.map(tenant => definition('Namespace', `name: ${tenant}`)),
    ...networks.map(networkText),
    ...guests.map(guestText),
    ...more,
  ];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'all.yaml'), parts.join('---\n'));
}

function networkText({ tenant, name, vxid, cidr, mtu, learning, more }: TestNetwork): string {
  const spec = { vxid, cidr, mtu, mesh: learning === undefined ? undefined : { learning } };
  return definition('Network', `name: ${name}, namespace: ${tenant}`, ...Object.entries(spec).map(([key, value]) => said(key, value)), more ?? '');
}

function guestText(guest: TestGuest): string {
  const [tenant, network] = guest.on.split('/');
  const spec = { network, node: guest.node, mac: macOf(guest.name), address: guest.address };
  const lines = Object.entries(spec).map(([key, value]) => said(key, value));
  const attach = guest.attach ?? `{ netns: { name: ${guest.name} } }`;
  return definition('Interface', `name: ${guest.name}, namespace: ${tenant}`, ...lines, `attach: ${attach}`, guest.more ?? '');
}

// JSON is YAML, and quotes what has to be quoted.
function said(key: string, value: unknown): string {
  return value === undefined ? '' : `${key}: ${JSON.stringify(value)}`;
}

/** One document: `definition('FloatingIP', 'name: web, namespace: red', 'interface: a')`. */
export function definition(kind: string, metadata: string, ...spec: readonly string[]): string {
  const lines = spec.filter(line => line !== '').map(line => `  ${line}\n`);
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec:${lines.length === 0 ? ' {}' : ''}\n${lines.join('')}`;
}
