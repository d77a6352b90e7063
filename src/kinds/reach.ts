/** What of the node's own traffic an act can meet: the question whether a plan may cut the way by which the node is managed. */
import type { Op } from './op.ts';

/**
 * In the node's own namespace. link: what passes that link. prefix: what goes to those addresses, and what comes back. bridges:
 * what passes any bridge. all: everything.
 */
export type Reach =
  | { readonly to: 'link'; readonly name: string }
  | { readonly to: 'prefix'; readonly cidr: string }
  | { readonly to: 'bridges' }
  | { readonly to: 'all' };

const NOTHING: readonly Reach[] = [];

/** Everything that an act can meet; nothing for what stays in another namespace. Too much rather than too little. */
export function reachOf(op: Op): readonly Reach[] {
  if ('netns' in op && op.netns !== '') return op.op === 'veth-add' && op.peer.netns === '' ? [link(op.peer.name)] : NOTHING;
  switch (op.op) {
    case 'bridge-add':
    case 'vxlan-add':
    case 'tap-add':
    case 'port-set':
    case 'vxlan-set':
    case 'bridge-set':
    case 'link-del':
      return [link(op.name)];
    case 'veth-add':
      return [link(op.name), ...(op.peer.netns === '' ? [link(op.peer.name)] : [])];
    case 'link-set':
      return [link(op.name), ...[op.set.name, op.set.master].flatMap(name => (name ? [link(name)] : []))];
    case 'addr-add':
    case 'addr-del':
      return [link(op.link), { to: 'prefix', cidr: `${op.ip}/${op.prefix}` }];
    case 'route-add':
    case 'route-del':
      return [{ to: 'prefix', cidr: op.dst }];
    case 'neigh-replace':
    case 'neigh-del':
    case 'proxy-replace':
    case 'proxy-del':
    case 'flows-end':
      return [{ to: 'prefix', cidr: op.ip }];
    case 'flood-append':
    case 'flood-del':
    case 'vtep-replace':
    case 'vtep-del':
    case 'fdb-replace':
    case 'fdb-del':
      return [link(op.link)];
    case 'nft-replace':
    case 'nft-del':
      return [{ to: op.family === 'bridge' ? 'bridges' : 'all' }];
    case 'sysctl-set':
      return [reachOfSetting(op.key)];
    case 'rule-add':
    case 'rule-del':
      return [{ to: 'all' }];
    case 'netns-add':
    case 'netns-del':
    case 'file-write':
    case 'file-del':
    case 'service-start':
    case 'service-reload':
    case 'service-stop':
      return NOTHING;
  }
}

// A link's own settings concern that link; bridge-nf-call-* whatever is bridged; the others (ip_forward) the whole node.
function reachOfSetting(key: string): Reach {
  if (key.startsWith('net/bridge/')) return { to: 'bridges' };
  const name = /^net\/(?:ipv[46]\/(?:conf|neigh)|mpls\/conf)\/([^/]+)\//.exec(key)?.[1];
  return name === undefined || name === 'all' || name === 'default' ? { to: 'all' } : link(name);
}

function link(name: string): Reach {
  return { to: 'link', name };
}
