/** A guest's cards in the words of what starts it: libvirt, Firecracker, QEMU. */
import type { InstanceData, Missing, Nic } from './instance-data.ts';

/** Queues of a tap that is made for several; QEMU needs to be told, and opens no such tap with one. */
const QUEUES = 2;

/** `<interface>` elements for a domain of libvirt: it puts a port into the bridge itself, or opens the tap that netloom made. */
export function libvirt({ nics }: InstanceData): string | Missing {
  return eachOf(nics, nic => {
    if (nic.attach.bridge !== undefined) return interfaceElement('bridge', nic, `<source bridge='${nic.bridge}'/>`, nic.device === null ? [] : [nic.device]);
    if (nic.attach.tap === undefined || nic.device === null) return unopened(nic, 'tap or bridge');
    return `<interface type='ethernet'>\n  <mac address='${nic.mac}'/>\n  <target dev='${nic.device}' managed='no'/>\n${tail(nic)}</interface>\n`;
  });
}

function interfaceElement(type: string, nic: Nic, source: string, devices: readonly string[]): string {
  const target = devices.map(device => `  <target dev='${device}'/>\n`).join('');
  return `<interface type='${type}'>\n  <mac address='${nic.mac}'/>\n  ${source}\n${target}${tail(nic)}</interface>\n`;
}

function tail({ model, mtu }: Nic): string {
  return `  <model type='${model}'/>\n  <mtu size='${mtu}'/>\n`;
}

/** `network-interfaces` of Firecracker's configuration file. The guest gets its mtu by DHCP or from the config drive. */
export function firecracker({ nics }: InstanceData): string | Missing {
  const found: object[] = [];
  for (const nic of nics) {
    if (nic.attach.tap === undefined || nic.device === null) return unopened(nic, 'tap');
    found.push({ iface_id: nic.name, guest_mac: nic.mac, host_dev_name: nic.device });
  }
  return `${JSON.stringify({ 'network-interfaces': found }, null, 2)}\n`;
}

/** Arguments of QEMU, a line a card. */
export function qemu({ nics }: InstanceData): string | Missing {
  return eachOf(nics, nic => {
    const { tap } = nic.attach;
    if (tap === undefined || nic.device === null) return unopened(nic, 'tap');
    const queues = tap.multiQueue ? `,queues=${QUEUES}` : '';
    const isVirtio = nic.model === 'virtio';
    // Only virtio can tell the guest an mtu, or use queues (two vectors each, and two more).
    const more = isVirtio ? `,host_mtu=${nic.mtu}${tap.multiQueue ? `,mq=on,vectors=${2 * QUEUES + 2}` : ''}` : '';
    const device = isVirtio ? 'virtio-net-pci' : nic.model;
    return `-netdev tap,id=${nic.name},ifname=${nic.device},script=no,downscript=no${queues} -device ${device},netdev=${nic.name},mac=${nic.mac}${more}\n`;
  });
}

function eachOf(nics: readonly Nic[], text: (nic: Nic) => string | Missing): string | Missing {
  const found: string[] = [];
  for (const nic of nics) {
    const one = text(nic);
    if (typeof one !== 'string') return one;
    found.push(one);
  }
  return found.join('');
}

function unopened({ key, attach }: Nic, wanted: string): Missing {
  const how = Object.keys(attach)[0] ?? 'nothing';
  return { missing: `Interface ${key} is attached by ${how}: this format is for ${wanted}`, hint: `write attach: {${wanted.split(' ')[0]}: {}}`, again: false };
}
