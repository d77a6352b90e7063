/** How a netloom that was just started, with no memory, tells its own things from everything else in the kernel: by marks, and by where they are. */
export const OURS = {
  /** Link group of every link of ours, given in the act that makes it. */
  group: 97,
  /** Link group of links of ours that are about to be deleted: self-explaining after a crash. */
  doomed: 98,
  /** rtnetlink protocol of routes, rules and neighbours of ours. */
  proto: 97,
  /** Start of a network uuid's last group ("nlm"): a namespace with such a name is ours. */
  uuidTag: '6e6c6d',
  /** Taps are born under this prefix, because `tuntap add` cannot set a group; then named and grouped in one act. */
  staging: 'nl-',
  /** Name of every nft table of ours, one per family. */
  table: 'netloom',
  /** First four bytes ("prob") of a datagram to the VXLAN port that only asks whether it arrives: VXLAN without the I flag is none (RFC 7348, section 5). */
  probe: 0x70726f62,
} as const;

/** True for a link group that is ours, as `ip -N` prints it: that of what lives, and that of what is about to go. */
export function isOurGroup(group: string | undefined): boolean {
  return group === String(OURS.group) || group === String(OURS.doomed);
}

/**
 * True where our marks count: in the node's own namespace ('') and in those that netloom made. Elsewhere whoever is root may
 * use the same marks, such as a second netloom that runs inside a guest: there only the ends of our own veths are ours.
 */
export function isHome(netns: string): boolean {
  return netns === '' || isOurNamespace(netns);
}

/** True for the names of network namespaces that netloom made: version 8 uuids with our tag. */
export function isOurNamespace(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-6e6c6d[0-9a-f]{6}$/.test(name);
}
