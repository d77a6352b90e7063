/** Stands in for libvirt: a guest whose port somebody else than netloom puts into the bridge. */

import { holderOf } from './enter.ts';
import { inside } from './holder.ts';
import type { Lab } from './lab.ts';

export interface Plug {
  readonly node: string;
  /** Must be there. */
  readonly bridge: string;
  /** Name of the port, as the Interface's `attach.bridge.port` has it. */
  readonly port: string;
  /** `netns` is made when it is not there; `address` has a prefix length. */
  readonly guest: { readonly netns: string; readonly ifname?: string; readonly mac: string; readonly address?: string; readonly mtu?: number };
}

/** Plugs a guest into a bridge of a node: a veth whose far end is the guest's NIC, near end with the `fe:` MAC that libvirt gives. Throws HostError. */
export async function labPlug(lab: Lab, plug: Plug): Promise<void> {
  const pid = holderOf(lab, plug.node);
  const { netns, ifname = 'eth0', mac, address, mtu } = plug.guest;
  const names = await inside(pid, ['ip', 'netns', 'list']);
  if (!names.split('\n').some(line => line.split(' ')[0] === netns)) await inside(pid, ['ip', 'netns', 'add', netns]);
  const size = mtu === undefined ? '' : ` mtu ${mtu}`;
  const near = [
    `link add name ${plug.port}${size} address fe:${mac.slice(3)} type veth peer name ${ifname}${size} address ${mac} netns ${netns}`,
    `link set dev ${plug.port} master ${plug.bridge} up`,
  ];
  const far = ['link set dev lo up', `link set dev ${ifname} up`, ...(address === undefined ? [] : [`addr add ${address} dev ${ifname}`])];
  await inside(pid, ['ip', '-batch', '-'], `${near.join('\n')}\n`);
  await inside(pid, ['ip', '-n', netns, '-batch', '-'], `${far.join('\n')}\n`);
}
