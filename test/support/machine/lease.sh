#!/bin/sh
# What udhcpc calls: sets what the lease says, and nothing of its own.
case $1 in
deconfig) ip link set dev "$interface" up ;;
bound | renew)
  [ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
  ip addr replace "$ip/$mask" dev "$interface"
  [ -z "$router" ] || ip route replace default via "${router%% *}" dev "$interface"
  [ -z "$hostname" ] || hostname "$hostname"
  : > /etc/resolv.conf
  [ -z "$domain" ] || echo "search $domain" >> /etc/resolv.conf
  for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
  ;;
esac
