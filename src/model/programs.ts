/** Programs of the system that netloom runs. */

/** Without these a node cannot be. */
export const NEEDED_PROGRAMS = ['ip', 'bridge', 'nft', 'setpriv', 'unshare', 'nsenter'] as const;

/** Without one of these a part is missing, and which. */
export const WELCOME_PROGRAMS: Readonly<Record<string, string>> = {
  dnsmasq: 'DHCP and DNS of networks',
  conntrack: 'floating addresses that are given to another guest',
  git: 'repositories by ssh',
  ping: 'the probes of peers and gateways',
};
