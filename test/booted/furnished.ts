/** A node of the cluster `harbour` on a booted machine: definitions, netloom with its units and drop-ins, and what stands for others' services. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../house/tree.ts';
import { document } from '../kernel/support/remote-node.ts';
import { NODE_TOKEN } from './definitions-server.ts';
import { install } from './installed.ts';
import type { Machine } from './machine.ts';

const BRIDGE = 'br-vxlan-77';
/** A gateway node with a network, and a guest in the namespace `web`. */
export const DEFINITIONS = {
  'cluster.yaml': document('Cluster', 'harbour', '{}'),
  'n1.yaml': document('Node', 'n1', '{ underlay: { address: 10.2.1.11, device: eth0 }, gateway: true, egress: [{ pool: quay, device: eth1 }] }'),
  'quay.yaml': document('AddressPool', 'quay', '{ cidr: 198.51.100.0/24 }'),
  'shop.yaml': document('Network', 'shop', '{ vxid: 0x77, cidr: 192.168.7.0/24, pool: quay }'),
  'web.yaml': document('Interface', 'web', '{ network: shop, node: n1, attach: { netns: { name: web } } }'),
};

/** Taps on n1, in a file of definitions. */
export const taps = (prefix: string, count: number): string =>
  Array.from({ length: count }, (_, nth) =>
    document('Interface', `${prefix}-${nth}`, `{ network: shop, node: n1, address: none, attach: { tap: { ifname: t-${prefix}-${nth} } } }`),
  ).join('---\n');

/** node.yaml, with the credential of the example drop-in. */
export const config = (url: string, branch = 'main'): string => `node: n1
repo: { url: "${url}", branch: ${branch}, auth: { credential: git-token } }
status: { auth: { credential: git-token } }
metrics: { textfile: /var/lib/prometheus/node-exporter/netloom.prom }
`;

// What libvirt starts at boot stands on its bridge, or fails.
const GUESTS = `[Unit]
After=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link show up dev ${BRIDGE}
[Install]
WantedBy=multi-user.target
`;

// What made a container's namespace before.
const CONTAINERS = `[Unit]
Before=netloom.service netloom-watch.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip netns add web
[Install]
WantedBy=multi-user.target
`;

/** netloom is installed there and configured; nothing of it is enabled or started. */
export async function furnish(machine: Machine, url: string): Promise<void> {
  await install(machine);
  machine.write('/etc/netloom/git-token', `${NODE_TOKEN}\n`, 0o600);
  machine.write('/etc/netloom/node.yaml', config(url));
  for (const unit of ['netloom', 'netloom-watch'])
    machine.write(`/etc/systemd/system/${unit}.service.d/git-token.conf`, readFileSync(join(ROOT, 'systemd/examples/git-token.conf'), 'utf8'));
  for (const unit of ['libvirtd', 'virtqemud', 'libvirt-guests']) machine.write(`/etc/systemd/system/${unit}.service`, GUESTS);
  machine.write('/etc/systemd/system/containers.service', CONTAINERS);
  // As Debian's package of the exporter leaves them.
  await machine.ask('bash', '-ec', 'mkdir -p /var/lib/prometheus/node-exporter; chown nobody: /var/lib/prometheus');
  await machine.ask('bash', '-ec', 'systemctl enable -q libvirtd virtqemud libvirt-guests containers; systemctl start containers');
}
