/** A node that passes run on in this very process: the private lab's kernel, a real git server, and a proxy before it that spoils answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type GitServer, serveGit } from '../../../src/lab/git-server.ts';
import type { NodeConfig } from '../../../src/model/node-config.ts';
import { type PassResult, reconcile } from '../../../src/reconcile.ts';
import type { Oid } from '../../../src/repo/repo.ts';
import { type FaultServer, faultServer } from '../../repo/support/fault-server.ts';
import { type Bare, makeBare } from '../../repo/support/remote.ts';
import { RUNTIME_DIR, UNDERLAY } from './definitions.ts';
import { freshNode } from './node.ts';

/** What a remote that says nothing gets for an answer; one that is to answer, on a busy machine, gets `PATIENCE_MS`. */
export const DEADLINE_MS = 600;
export const PATIENCE_MS = 30_000;

export interface RemoteNode {
  readonly bare: Bare;
  readonly server: GitServer;
  readonly proxy: FaultServer;
  readonly config: NodeConfig;
  /** One pass, however it ends. */
  pass(deadlineMs?: number): Promise<PassResult>;
  /** Commits to main. */
  grow(files: Readonly<Record<string, string | null>>): Promise<Oid>;
  end(): Promise<void>;
}

/** One document in flow style; a name with a slash is in a tenant. */
export function document(kind: string, name: string, spec: string): string {
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

/** A cluster of this one node, a network with two guests, and whatever `files` add. */
export async function remoteNode(files: Readonly<Record<string, string>> = {}): Promise<RemoteNode> {
  await freshNode();
  const bare = await makeBare();
  await bare.grow('main', {
    'cluster.yaml': document('Cluster', 'test', '{ underlay: { mtu: 1600 } }'),
    'n1.yaml': document('Node', 'n1', `{ underlay: { address: ${UNDERLAY} } }`),
    'lan.yaml': document('Network', 'lan', '{ cidr: 10.0.0.0/24 }'),
    'web.yaml': document('Interface', 'web', '{ network: lan, node: n1, attach: { netns: { name: g1 } } }'),
    'vm.yaml': document('Interface', 'vm', '{ network: lan, node: n1, attach: { tap: {} } }'),
    ...files,
  });
  const server = await serveGit({ root: bare.root });
  const proxy = await faultServer(server.url);
  const stateDir = mkdtempSync(join(bare.root, 'state-'));
  const config: NodeConfig = {
    node: 'n1',
    mode: 'enforce',
    repo: { url: `${proxy.url}/repo.git`, branch: 'main', path: '' },
    status: { url: '', branch: 'netloom-status', pushesPerMinute: 100_000, archiveAfter: 50_000 },
    probes: [],
    confirmTimeout: '60s',
    hooks: { dir: join(bare.root, 'hooks.d'), timeout: '30s' },
    metrics: {},
    stateDir,
    runtimeDir: RUNTIME_DIR,
  };
  return {
    bare,
    server,
    proxy,
    config,
    pass: (deadlineMs = PATIENCE_MS) => reconcile(config, { command: 'test', deadlineMs }),
    grow: files => bare.grow('main', files),
    end: async () => {
      await proxy.close();
      await server.close();
      await bare.remove();
      rmSync(join(RUNTIME_DIR, 'lock'), { force: true });
    },
  };
}
