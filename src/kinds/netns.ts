/** Named network namespaces. Ours are told by their name (`marks.ts`); a guest's own is foreign, tied to but never made. */
import type { Kind, Observed } from './kind.ts';
import { isOurNamespace } from './marks.ts';
import { netnsRef } from './refs.ts';
import type { Rows } from './rows.ts';

export interface NetnsSpec {
  /** File name below /run/netns. */
  readonly name: string;
}

export const netns: Kind<NetnsSpec> = {
  name: 'netns',
  title: 'namespace',
  fields: { name: 'key' },
  ref: s => netnsRef(s.name),
  ties: () => [],
  claims: () => [],
  parse: rows => rows.namespaces.map(name => observe(rows, name)),
  create: s => [{ op: 'netns-add', name: s.name }],
  update: () => [],
  remove: s => [{ op: 'netns-del', name: s.name }],
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: {} },
};

function observe({ unread }: Rows, name: string): Observed<NetnsSpec> {
  const why = unread?.[name];
  return {
    kind: 'netns',
    ref: netnsRef(name),
    spec: { name },
    owner: isOurNamespace(name) ? 'ours' : 'foreign',
    ...(why === undefined ? {} : { unread: why }),
  };
}
