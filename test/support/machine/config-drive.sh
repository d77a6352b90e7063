#!/bin/sh
# Sets up eth0 by what the config drive says of the card with its MAC, and the resolver. Ends with 1 when it says nothing.
set -e
# The label of an ISO 9660 file system: 32 bytes at the sixteenth sector's byte 40.
[ "$(dd if=/dev/vda bs=1 skip=32808 count=32 2> /dev/null | tr -d ' ')" = config-2 ]
mount -t iso9660 -o ro /dev/vda /mnt
awk -f /flat.awk < /mnt/openstack/latest/network_data.json > /tmp/said
umount /mnt
said() { sed -n "s/^$1=//p" /tmp/said; }
# The number of the entry of a list that has this value: `where links ethernet_mac_address 02:…`.
where() { sed -n "s/^$1\.\([0-9]*\)\.$2=$3\$/\1/p" /tmp/said; }
link=$(where links ethernet_mac_address "$(cat /sys/class/net/eth0/address)")
ip link set dev eth0 mtu "$(said "links.$link.mtu")" up
network=$(where networks link "$(said "links.$link.id")")
ip addr add "$(said "networks.$network.ip_address")/$(said "networks.$network.netmask")" dev eth0
for route in $(sed -n "s/^networks\.$network\.routes\.\([0-9]*\)\.gateway=.*/\1/p" /tmp/said); do
  at=networks.$network.routes.$route
  ip route add "$(said "$at.network")/$(said "$at.netmask")" via "$(said "$at.gateway")" dev eth0
done
sed -n 's/^services\.[0-9]*\.address=/nameserver /p' /tmp/said > /etc/resolv.conf
