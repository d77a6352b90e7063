/** A guest's cards, in each format, letter by letter. */
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configDrive, noCloudDrive } from '../../src/report/config-drive.ts';
import { firecracker, libvirt, qemu } from '../../src/report/hypervisor-formats.ts';
import { ifupdown, netplan, networkConfig, networkData, networkd } from '../../src/report/instance-formats.ts';
import { dataOf, doc, entryOf, known } from './instances.ts';

describe('inside the guest', () => {
  test('network_data.json of OpenStack: links of all cards, networks of those with an address, the default route on the first only', () => {
    expect(networkData(dataOf('acme/web-1'))).toEqual({
      links: [
        { ethernet_mac_address: '02:00:00:00:00:0b', id: 'eth0', name: 'eth0', mtu: 1450, type: 'vif', vif_id: '00000000-0000-8000-8000-6e6c6d00000b' },
        { ethernet_mac_address: '02:00:00:00:00:0a', id: 'eth1', name: 'eth1', mtu: 8950, type: 'vif', vif_id: '00000000-0000-8000-8000-6e6c6d00000a' },
        { ethernet_mac_address: '02:00:00:00:00:0c', id: 'eth2', name: 'eth2', mtu: 1450, type: 'vif', vif_id: '00000000-0000-8000-8000-6e6c6d00000c' },
      ],
      networks: [
        {
          id: 'front-uuid-0',
          link: 'eth0',
          type: 'ipv4',
          network_id: 'front-uuid',
          ip_address: '10.1.0.10',
          netmask: '255.255.255.0',
          routes: [
            { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.1.0.1' },
            { network: '10.9.0.0', netmask: '255.255.0.0', gateway: '10.1.0.7' },
          ],
        },
        { id: 'back-uuid-1', link: 'eth1', type: 'ipv4', network_id: 'back-uuid', ip_address: '10.2.3.4', netmask: '255.255.0.0', routes: [] },
      ],
      services: [
        { type: 'dns', address: '10.1.0.1', search: 'acme.netloom' },
        { type: 'dns', address: '192.0.2.53' },
      ],
    });
  });

  test('netplan, which is network-config of cloud-init with a key around it', () => {
    expect(netplan(dataOf('acme/web-1'))).toBe(`network:
  version: 2
  ethernets:
    eth0:
      match:
        macaddress: 02:00:00:00:00:0b
      set-name: eth0
      mtu: 1450
      addresses:
        - 10.1.0.10/24
      routes:
        - to: 0.0.0.0/0
          via: 10.1.0.1
        - to: 10.9.0.0/16
          via: 10.1.0.7
      nameservers:
        addresses:
          - 10.1.0.1
        search:
          - acme.netloom
    eth1:
      match:
        macaddress: 02:00:00:00:00:0a
      set-name: eth1
      mtu: 8950
      addresses:
        - 10.2.3.4/16
      nameservers:
        addresses:
          - 192.0.2.53
    eth2:
      match:
        macaddress: 02:00:00:00:00:0c
      set-name: eth2
      mtu: 1450
      optional: true
`);
    expect(parse(netplan(dataOf('acme/web-1')))).toEqual({ network: networkConfig(dataOf('acme/web-1')) });
  });

  test('a MAC of digits alone stays text for readers of YAML 1.1, to whom it would be a number in base 60', () => {
    const network = doc('Network', 'n', { cidr: '10.1.0.0/24' });
    const data = dataOf(
      'x',
      known([network, doc('Interface', 'x', { network: 'n' })], [entryOf('default/n', 1, { 'default/x': { mac: '52:54:00:12:34:56', address: '10.1.0.9' } })]),
    );
    expect(netplan(data)).toContain('macaddress: "52:54:00:12:34:56"\n');
  });

  test('files for systemd-networkd', () => {
    expect(networkd(dataOf('acme/web-1'))).toBe(`# /etc/systemd/network/10-netloom-eth0.network
[Match]
MACAddress=02:00:00:00:00:0b

[Link]
MTUBytes=1450

[Network]
Address=10.1.0.10/24
Gateway=10.1.0.1
DNS=10.1.0.1
Domains=acme.netloom

[Route]
Destination=10.9.0.0/16
Gateway=10.1.0.7

# /etc/systemd/network/10-netloom-eth1.network
[Match]
MACAddress=02:00:00:00:00:0a

[Link]
MTUBytes=8950

[Network]
Address=10.2.3.4/16
DNS=192.0.2.53

# /etc/systemd/network/10-netloom-eth2.network
[Match]
MACAddress=02:00:00:00:00:0c

[Link]
MTUBytes=1450
RequiredForOnline=no

[Network]
LinkLocalAddressing=no
`);
  });

  test('a file for ifupdown', () => {
    expect(ifupdown(dataOf('acme/web-1'))).toBe(`# 02:00:00:00:00:0b
auto eth0
iface eth0 inet static
    address 10.1.0.10/24
    mtu 1450
    gateway 10.1.0.1
    up ip route replace 10.9.0.0/16 via 10.1.0.7 dev eth0
    dns-nameservers 10.1.0.1
    dns-search acme.netloom

# 02:00:00:00:00:0a
auto eth1
iface eth1 inet static
    address 10.2.3.4/16
    mtu 8950
    dns-nameservers 192.0.2.53

# 02:00:00:00:00:0c
auto eth2
iface eth2 inet manual
    mtu 1450
`);
  });
});

describe('outside of the guest', () => {
  test('a tap that netloom made is opened by libvirt, which must not make it', () => {
    const first = libvirt(dataOf('acme/web-1')).toString().split('</interface>\n')[0];
    expect(first).toBe(`<interface type='ethernet'>
  <mac address='02:00:00:00:00:0b'/>
  <target dev='tap-front' managed='no'/>
  <model type='virtio'/>
  <mtu size='1450'/>
`);
  });

  test('a bridge is given a port by libvirt, of the name that the definition says', () => {
    const guest = (name: string, order: number, bridge: object): string => doc('Interface', name, { network: 'n', instance: 'vm', order, attach: { bridge } });
    const data = known(
      [doc('Network', 'n', { mtu: 1450 }), guest('x', 0, { port: 'vm-x' }), guest('y', 1, {})],
      [entryOf('default/n', 0xabc, { 'default/x': { mac: '02:00:00:00:00:0a' }, 'default/y': { mac: '02:00:00:00:00:0b' } })],
    );
    expect(libvirt(dataOf('vm', data))).toBe(`<interface type='bridge'>
  <mac address='02:00:00:00:00:0a'/>
  <source bridge='br-vxlan-abc'/>
  <target dev='vm-x'/>
  <model type='virtio'/>
  <mtu size='1450'/>
</interface>
<interface type='bridge'>
  <mac address='02:00:00:00:00:0b'/>
  <source bridge='br-vxlan-abc'/>
  <model type='virtio'/>
  <mtu size='1450'/>
</interface>
`);
    expect(qemu(dataOf('vm', data))).toEqual({
      missing: 'Interface default/x is attached by bridge: this format is for tap',
      hint: 'write attach: {tap: {}}',
      again: false,
    });
    expect(firecracker(dataOf('vm', data))).toHaveProperty('missing');
  });

  test('Firecracker', () => {
    expect(JSON.parse(firecracker(dataOf('acme/web-1')).toString())).toEqual({
      'network-interfaces': [
        { iface_id: 'eth0', guest_mac: '02:00:00:00:00:0b', host_dev_name: 'tap-front' },
        { iface_id: 'eth1', guest_mac: '02:00:00:00:00:0a', host_dev_name: 'tap-back' },
        { iface_id: 'eth2', guest_mac: '02:00:00:00:00:0c', host_dev_name: 'tap-span' },
      ],
    });
  });

  test('QEMU, which is told of queues, and tells the mtu where the card can', () => {
    expect(qemu(dataOf('acme/web-1')).toString().split('\n')).toEqual([
      '-netdev tap,id=eth0,ifname=tap-front,script=no,downscript=no,queues=2 -device virtio-net-pci,netdev=eth0,mac=02:00:00:00:00:0b,host_mtu=1450,mq=on,vectors=6',
      '-netdev tap,id=eth1,ifname=tap-back,script=no,downscript=no -device e1000,netdev=eth1,mac=02:00:00:00:00:0a',
      '-netdev tap,id=eth2,ifname=tap-span,script=no,downscript=no -device virtio-net-pci,netdev=eth2,mac=02:00:00:00:00:0c,host_mtu=1450',
      '',
    ]);
  });

  test('in a network namespace no hypervisor opens anything', () => {
    const attach = { netns: { name: 'x' } };
    const docs = [doc('Network', 'n', {}), doc('Interface', 'x', { network: 'n', attach })];
    const data = dataOf('x', known(docs, [entryOf('default/n', 1, { 'default/x': { mac: '02:00:00:00:00:0a' } })]));
    for (const format of [libvirt, firecracker, qemu]) expect(format(data)).toHaveProperty('missing');
  });
});

describe('the files of a drive', () => {
  const data = dataOf('acme/web-1');

  test('OpenStack: the same in both versions, with user data where there is some', () => {
    const { label, files } = configDrive(data);
    expect(label).toBe('config-2');
    expect([...files.keys()].sort()).toEqual(
      ['2017-02-22', 'latest'].flatMap(version => [`openstack/${version}/meta_data.json`, `openstack/${version}/network_data.json`]),
    );
    const meta = JSON.parse(files.get('openstack/latest/meta_data.json') ?? '');
    expect(meta).toEqual({ uuid: data.uuid, name: 'web-1', hostname: 'www', launch_index: 0 });
    expect(JSON.parse(files.get('openstack/2017-02-22/network_data.json') ?? '')).toEqual(networkData(data));
    expect(configDrive(data, '#!/bin/sh\n').files.get('openstack/latest/user_data')).toBe('#!/bin/sh\n');
  });

  test('NoCloud: network-config without a key around it, and a user-data in any case', () => {
    const { label, files } = noCloudDrive(data);
    expect([label, ...files.keys()]).toEqual(['cidata', 'meta-data', 'network-config', 'user-data']);
    expect(parse(files.get('meta-data') ?? '')).toEqual({ 'instance-id': data.uuid, 'local-hostname': 'www' });
    expect(parse(files.get('network-config') ?? '')).toEqual(networkConfig(data));
    expect(files.get('user-data')).toBe('#cloud-config\n{}\n');
    expect(noCloudDrive(data, '#cloud-config\nusers: []\n').files.get('user-data')).toBe('#cloud-config\nusers: []\n');
  });
});
