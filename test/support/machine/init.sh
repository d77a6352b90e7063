#!/bin/busybox sh
# First process of the virtual machine: kernel modules, then whatever the second serial port asks for. A line there is
# `number script`, the script in base64; the answer is `number exitcode output`, the output in base64.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
ip link set dev lo up
exec < /dev/ttyS1 > /dev/ttyS1
stty raw -echo
echo 'up 0'
while read -r number script; do
  echo "$script" | base64 -d > /tmp/script
  sh /tmp/script < /dev/null > /tmp/output 2>&1
  echo "$number $? $(base64 /tmp/output | tr -d '\n')"
done
