/** What `netloom watch` does when its loop says so: looks at the remote, passes, and plans branches. */
import type { NodeConfig } from '../model/node-config.ts';
import { MOMENT_MS } from '../pass/first-of-boot.ts';
import { loadGood } from '../pass/kept.ts';
import { openForBranches, type PlannedBranches, planBranches } from '../pass/plan-branches.ts';
import type { Remote } from '../pass/remote.ts';
import { type PassResult, reconcile } from '../reconcile.ts';
import type { Oid } from '../repo/repo.ts';
import type { Work } from '../watch/loop.ts';
import { explain } from './exit.ts';
import type { KeptConfig } from './kept-config.ts';
import { logger } from './log.ts';
import { tellPass } from './reconcile-command.ts';
import type { Frame } from './serve-watch.ts';
import type { HooksBeside } from './tell-hooks.ts';

export interface RemoteWorkArgs {
  readonly kept: KeptConfig;
  /** Beginning of the names of branches that are planned; null: none are. */
  readonly prefix: string | null;
  readonly frame: Frame;
  readonly hooks: HooksBeside;
}

export function remoteWork({ kept, prefix, frame, hooks }: RemoteWorkArgs): Work {
  const planned: PlannedBranches = new Map();
  let listed: ReadonlyMap<string, Oid> = new Map();
  // Until it was heard for the first time too: what is in force is enforced soon after a boot.
  let isHeard = false;
  const side = opener(kept, frame.stop);
  return {
    look: async () => {
      isHeard = false;
      const { remote } = await side();
      // One listing tells of the main branch and of those to be planned.
      listed = await remote.definitions.branches([remote.branch, ...(prefix === null ? [] : [prefix])]);
      isHeard = true;
      return listed.get(remote.branch) ?? '';
    },
    pass: async why => {
      const config = kept.now();
      logger(config.node).debug({ why }, 'a pass begins');
      // A remote that did not answer last time is not waited for long while something here is to be put right; a node that has nothing has to wait.
      const isPatient = isHeard || (await loadGood(config.stateDir)) === null;
      const result = await reconcile(config, { command: 'netloom watch', ...(isPatient ? {} : { deadlineMs: MOMENT_MS }) });
      tellPass(config, result);
      hooks.start();
      frame.passed(result.enforced?.compiled.resources ?? null);
      frame.alive.status(statusOf(config, result));
      isHeard = result.pulled.refusal?.condition !== 'FetchFailed';
      return isHeard ? (result.pulled.tips?.main ?? '') : null;
    },
    also: async () => {
      if (prefix === null) return;
      const { config, remote } = await side();
      for (const line of await planBranches(config, remote, { prefix, listed }, planned)) logger(config.node).info(line);
    },
    failed: (error: unknown) => logger(kept.now().node).warn(explain(error).text),
  };
}

// One line for `systemctl status`.
function statusOf({ node }: NodeConfig, { pulled, enforced, suspended }: PassResult): string {
  const revision = pulled.good?.revision.slice(0, 10) ?? 'no revision';
  const left = enforced === null ? 'nothing is enforced' : `${enforced.remaining.steps.length} steps to do`;
  return `${node} follows ${revision}, ${left}${suspended === null ? '' : ', suspended'}${pulled.refusal === null ? '' : `, ${pulled.refusal.reason}`}`;
}

// Opened anew when the configuration, a secret or a key changed.
function opener(kept: KeptConfig, stop: AbortSignal): () => Promise<{ readonly config: NodeConfig; readonly remote: Remote }> {
  let open: { readonly stamp: string; readonly config: NodeConfig; readonly remote: Remote } | null = null;
  return async () => {
    const config = kept.now();
    const stamp = kept.stamp();
    if (open?.stamp !== stamp) open = { stamp, config, remote: await openForBranches(config, stop) };
    return open;
  };
}
