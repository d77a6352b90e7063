/** Kernel settings below /proc/sys/net. Read only when asked for by name; set when wanted, never unset. */
import type { Kind, Tie } from './kind.ts';
import { linkRef, sysctlRef, tiesToNetns } from './refs.ts';

export interface SysctlSpec {
  readonly netns: string;
  /** Slash form, since names of links may have dots: `net/ipv6/conf/br-vxlan-2/disable_ipv6`. */
  readonly key: string;
  readonly value: string;
}

export const sysctl: Kind<SysctlSpec> = {
  name: 'sysctl',
  title: 'sysctl',
  fields: { netns: 'key', key: 'key', value: 'live' },
  ref: s => sysctlRef(s.netns, s.key),
  ties,
  claims: () => [],
  keys: s => [{ netns: s.netns, sysctl: s.key }],
  isAlways: true,
  parse: rows =>
    Object.entries(rows.sysctls).map(([key, value]) => {
      const spec = { netns: rows.netns, key, value };
      return { kind: 'sysctl', ref: sysctl.ref(spec), spec, owner: 'common' };
    }),
  create: s => [{ op: 'sysctl-set', ...s }],
  update: s => [{ op: 'sysctl-set', ...s }],
  remove: () => [],
  impact: { make: 'no-traffic', delete: 'no-traffic', fields: { value: 'new-flows' } },
};

// A link's own settings begin anew when it is made anew. The link is read from the key, so that observed ones are tied too.
function ties(s: SysctlSpec): readonly Tie[] {
  const link = /^net\/(?:ipv[46]\/(?:conf|neigh)|mpls\/conf)\/([^/]+)\//.exec(s.key)?.[1];
  if (link === undefined || link === 'all' || link === 'default') return tiesToNetns(s.netns);
  return [{ to: linkRef(s.netns, link), when: 'goes' }];
}
