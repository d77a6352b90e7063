/**
 * Fields of the kernel that definitions may leave to others (`Cluster.spec.ignoreDrift`), by kind. Only what means nothing to
 * the rest: no mark, no name, nothing that a guest or a filter is made of, since a field that is left alone follows no commit.
 */
const LINK = ['mac', 'mtu', 'up', 'addrgenmode'];

export const IGNORABLE: Readonly<Record<string, readonly string[]>> = {
  bridge: [...LINK, 'stp', 'forwardDelay', 'snooping', 'vlanFiltering', 'ageing', 'netfilter'],
  vxlan: [...LINK, 'learning'],
  veth: LINK,
  far: LINK,
  tap: [...LINK, 'owner', 'multiQueue'],
  port: ['learning', 'flood', 'suppress', 'locked', 'isolated', 'hairpin', 'mcastFlood', 'bcastFlood', 'proxyArp', 'forwarding'],
  sysctl: ['value'],
};
