/** The last word of a node that leaves, where it can be said. */
import { join } from 'node:path';
import type { NodeConfig } from '../model/node-config.ts';
import { type PublishResult, publish, readPublished } from '../pass/publish.ts';
import { openRemote, readTips } from '../pass/remote.ts';
import { RepoError } from '../repo/repo.ts';
import { keepSince, LEFT } from '../report/condition.ts';
import type { NetEvent } from '../report/events.ts';
import type { NodeReport } from '../report/node-report.ts';

/** What a node says of itself that is none any more: no objects, and why. */
export function leftReport(before: NodeReport, by: string, now: string): NodeReport {
  const { facts: _, plan: __, ...rest } = before;
  const ready = {
    type: 'Ready' as const,
    status: false,
    reason: LEFT,
    message: `netloom leave by ${by}: nothing of it is on that machine any more`,
    since: now,
  };
  const nothing = { networks: {}, interfaces: {}, pools: {}, floatingIPs: {}, routedIPs: {}, inventory: {}, drift: [] };
  return { ...rest, ...nothing, heard: now, revision: { ...rest.revision, applied: '' }, conditions: keepSince(before.conditions, [ready]) };
}

/** Publishes it; a remote that takes nothing is a result. A node that never said anything has no last word either. */
export async function sayLeft(config: NodeConfig, nodes: number, by: string): Promise<PublishResult> {
  try {
    const remote = await openRemote(config, join(config.stateDir, 'clone'), { deadlineMs: 20_000 });
    const tip = (await readTips(remote)).status;
    const before = await readPublished(remote, tip, config.node);
    if (before.report === null) return { result: 'silent', tip };
    const at = new Date().toISOString();
    const fleet = { nodes, pushesPerMinute: config.status.pushesPerMinute };
    const event: NetEvent = {
      at,
      node: config.node,
      object: `Node ${config.node}`,
      type: 'status',
      operation: 'left',
      phase: 'finish',
      durationMs: null,
      message: `netloom leave by ${by}`,
      revision: before.report.revision.accepted,
    };
    const report = leftReport(before.report, by, `${at.slice(0, 19)}Z`);
    return await publish({ remote, tip, node: config.node, fleet, report, events: [event], isUrgent: true }, before);
  } catch (error) {
    if (error instanceof RepoError) return { result: 'failed', message: error.message };
    throw error;
  }
}
