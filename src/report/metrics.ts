/**
 * The numbers of a node as Prometheus knows them; docs/metrics.md lists each. Series are bounded by what there is few of: kinds, states,
 * conditions and pools, never networks, guests or addresses, of which every node would tell all.
 */
import type { Family, Sample } from './exposition.ts';
import { DURATION_BOUNDS, type Numbers, PASS_RESULTS, type Standing } from './pass-numbers.ts';

/** Every metric after a pass. */
export function metricsOf(numbers: Numbers): readonly Family[] {
  return [...passMetrics(numbers), ...workMetrics(numbers), ...waitMetrics(numbers), ...(numbers.standing === null ? [] : standingMetrics(numbers.standing))];
}

/** The version that speaks, also where no pass has been. */
export function buildMetric(version: string): Family {
  return gauge('netloom_build_info', 'The version of netloom; always 1.', [{ labels: { version }, value: 1 }]);
}

function passMetrics({ node, version, passes, lastPassAt, lastSuccessAt, lastDurationS, durations }: Numbers): readonly Family[] {
  const results = PASS_RESULTS.map(result => ({ labels: { result }, value: passes[result] ?? 0 }));
  return [
    buildMetric(version),
    gauge('netloom_node_info', 'The name of this node; always 1.', [{ labels: { node }, value: 1 }]),
    counter('netloom_passes_total', 'Passes by how they ended.', results),
    gauge('netloom_last_pass_timestamp_seconds', 'When the last pass ended, however it did.', [{ value: lastPassAt }]),
    gauge(
      'netloom_last_success_timestamp_seconds',
      'When the last pass ended that followed the branch and left all as it should be.',
      lastSuccessAt === null ? [] : [{ value: lastSuccessAt }],
    ),
    gauge('netloom_last_pass_duration_seconds', 'How long the last pass took.', [{ value: lastDurationS }]),
    { name: 'netloom_pass_duration_seconds', help: 'How long passes took.', type: 'histogram', samples: histogram(durations) },
  ];
}

function workMetrics({ operations, drift, pushes, fetchFailures }: Numbers): readonly Family[] {
  const acts = Object.entries(operations).map(([key, value]): Sample => {
    const [kind = '', result = ''] = key.split(' ');
    return { labels: { kind, result }, value };
  });
  return [
    counter('netloom_operations_total', 'Steps of plans by kind of thing in the kernel, applied and failed.', acts),
    counter('netloom_drift_found_total', 'Operations that were needed because somebody altered the kernel.', [{ value: drift.found }]),
    counter('netloom_drift_repaired_total', 'Those of them that succeeded.', [{ value: drift.repaired }]),
    counter('netloom_pushes_total', 'Pushes of status, by how they ended.', [
      { labels: { result: 'pushed' }, value: pushes.pushed },
      { labels: { result: 'failed' }, value: pushes.failed },
    ]),
    counter('netloom_fetch_failures_total', 'Passes that could not read the branch of definitions.', [{ value: fetchFailures }]),
  ];
}

function waitMetrics({ isSuspended, isHeldBack, waiting }: Numbers): readonly Family[] {
  return [
    gauge('netloom_suspended', '1 while netloom suspend holds this node back.', [{ value: Number(isSuspended) }]),
    gauge('netloom_held_back', '1 while the node does not follow its branch: a change was taken back, or somebody rolled back.', [
      { value: Number(isHeldBack) },
    ]),
    gauge('netloom_deletions_waiting_for_approval', 'Deletions that wait for netloom approve.', [{ value: waiting.deletions }]),
    gauge('netloom_upgrade_changes_waiting_for_approval', 'Changes by the first pass of another version of netloom that wait for netloom approve.', [
      { value: waiting.upgrade },
    ]),
  ];
}

function standingMetrics({ mode, revision, conditions, objects, drift, pendingAllocations, pools, nearlyFullNetworks }: Standing): readonly Family[] {
  const states = Object.entries(objects).flatMap(([kind, counts]) =>
    Object.entries(counts).map(([state, value]): Sample => ({ labels: { kind, state }, value })),
  );
  const rooms = Object.entries(pools).flatMap(([pool, { taken, free }]): Sample[] => [
    { labels: { pool, state: 'used' }, value: taken },
    { labels: { pool, state: 'free' }, value: free },
  ]);
  return [
    gauge('netloom_mode_info', 'Whether this node enforces or observes; always 1.', [{ labels: { mode }, value: 1 }]),
    gauge('netloom_revision_info', 'Commits: the newest that was seen, the one in force, the last that was whole in the kernel; always 1.', [
      { labels: { ...revision }, value: 1 },
    ]),
    gauge(
      'netloom_condition',
      'The conditions of the node: 1 where true. Ready should be 1, the others 0.',
      conditions.map(({ type, status }) => ({ labels: { type }, value: Number(status) })),
    ),
    gauge('netloom_objects', 'Objects that this node carries, by kind and state.', states),
    gauge('netloom_drift', 'Fields that are not as they should be after the last pass.', [{ value: drift }]),
    gauge('netloom_pending_allocations', 'Asks for an address, a vxid or a gateway node that wait.', [{ value: pendingAllocations }]),
    gauge('netloom_pool_addresses', 'Addresses of each pool, as this node knows the ledger.', rooms),
    gauge('netloom_networks_nearly_full', 'Networks whose router is here and whose prefix has less than a tenth left.', [{ value: nearlyFullNetworks }]),
  ];
}

function histogram({ counts, sum }: Numbers['durations']): readonly Sample[] {
  let below = 0;
  const buckets = [...DURATION_BOUNDS.map(String), '+Inf'].map((le, i): Sample => {
    below += counts[i] ?? 0;
    return { suffix: '_bucket', labels: { le }, value: below };
  });
  return [...buckets, { suffix: '_sum', value: sum }, { suffix: '_count', value: below }];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: 'counter', samples };
}
