/** Programs that set links, addresses, routes and filters of a machine by themselves, as far as they run here. */
import { readdirSync, readFileSync } from 'node:fs';

/** By the name of their process (cut to 15 bytes, as the kernel does). */
const MEDDLERS: ReadonlyMap<string, string> = new Map([
  ['NetworkManager', 'NetworkManager'],
  ['systemd-network', 'systemd-networkd'],
  ['libvirtd', 'libvirt'],
  ['virtnetworkd', 'libvirt'],
  ['virtqemud', 'libvirt'],
  ['dockerd', 'Docker'],
  ['connmand', 'ConnMan'],
  ['dhcpcd', 'dhcpcd'],
  ['ifplugd', 'ifplugd'],
  ['firewalld', 'firewalld'],
  ['kube-proxy', 'kube-proxy'],
  ['ovs-vswitchd', 'Open vSwitch'],
]);

/** Their names, sorted. */
export function meddlersNow(): readonly string[] {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc')) {
    const name = /^\d+$/.test(pid) ? MEDDLERS.get(commOf(pid)) : undefined;
    if (name !== undefined) found.add(name);
  }
  return [...found].sort();
}

// A process may end while we look.
function commOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
