/** Cluster: what all nodes and networks have in common. It has no kernel state of its own. */
import { checkCluster } from './cluster-check.ts';
import type { ClusterDef, ObjectKind } from './object.ts';

export const cluster: ObjectKind<ClusterDef['spec']> = {
  kind: 'Cluster',
  plural: 'clusters',
  scope: 'cluster',
  check: checkCluster,
  asks: () => [],
  compile: () => ({ resources: [], troubles: [] }),
};
