import type { Place } from './place.ts';

/**
 * Every way in which definitions can be wrong. Stable: users suppress and search by them.
 * Adding one is a feature, renaming one a breaking change.
 */
export type DiagnosticCode =
  // files
  | 'file-too-large'
  | 'repository-too-large'
  | 'not-utf8'
  | 'unreadable'
  | 'symlink'
  | 'submodule'
  | 'lfs-pointer'
  | 'unsafe-path'
  | 'secret'
  // yaml
  | 'yaml-syntax'
  | 'yaml-directive'
  | 'yaml-tag'
  | 'yaml-duplicate-key'
  | 'yaml-forbidden-key'
  | 'yaml-aliases'
  | 'yaml-nesting'
  | 'yaml-merge-conflict'
  // shape
  | 'no-definitions'
  | 'unknown-kind'
  | 'unknown-api-version'
  | 'unknown-field'
  | 'missing-field'
  | 'wrong-type'
  | 'wrong-value'
  | 'site-schema'
  | 'unknown-annotation'
  // catalog
  | 'duplicate-object'
  | 'unknown-reference'
  | 'no-cluster'
  | 'several-clusters'
  | 'duplicate-vxid'
  | 'duplicate-mac'
  | 'duplicate-address'
  | 'duplicate-device'
  | 'duplicate-order'
  | 'too-many-ports'
  | 'duplicate-underlay-address'
  | 'vxid-out-of-range'
  | 'reserved-mac'
  | 'invalid-cidr'
  | 'host-bits-set'
  | 'network-too-small'
  | 'network-overlap'
  | 'address-outside-network'
  | 'address-reserved'
  | 'address-needs-cidr'
  | 'mtu-too-large'
  | 'mtu-too-small'
  | 'underlay-below-1550'
  | 'mixed-underlay-families'
  | 'missing-underlay'
  | 'reserved-device'
  | 'name-collision'
  | 'attachment-needs-address'
  // tenants
  | 'quota-exceeded'
  | 'outside-folder'
  // the gateway
  | 'contradiction'
  | 'without-effect'
  | 'needs-cidr'
  | 'no-gateway-node'
  | 'no-pool'
  | 'ambiguous-pool'
  | 'pool-not-served'
  | 'pool-not-allowed'
  | 'adoption-not-allowed'
  | 'missing-device'
  | 'egress-is-underlay'
  | 'address-outside-pool'
  | 'target-without-address'
  | 'target-without-egress'
  | 'duplicate-target'
  | 'duplicate-entry'
  | 'duplicate-hostname'
  | 'name-outside-domain'
  | 'reserved-option'
  // what a revision deletes
  | 'needs-approval'
  | 'protected-object';

/** One thing wrong with the definitions: a value, collected, never thrown. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  /** One lower-case sentence with names and values, without place and without full stop. */
  readonly message: string;
  readonly at: Place;
  /** What to do about it, imperative. */
  readonly hint?: string;
  /** Other places that belong to it: the first of two duplicates, the other network of an overlap. */
  readonly related?: readonly Place[];
}
