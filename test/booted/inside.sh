#!/bin/sh
# The first process of a machine's own namespaces, which becomes systemd: an overlay of / whose writes stay on its disk.
# $1 the disk, with the folders upper, work and root; $2 a folder that stays as it is, to read; $3 one to share with the machine, as /srv;
# $4 its name. Says `cards` when its namespaces are there, and goes on when it is told to: then they hold its cards.
set -eu
base=$1 checkout=$2 shared=$3 name=$4
mount --make-rprivate /
echo cards
read -r _
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
cd "$base/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir -p ".$checkout" srv old
for folder in run tmp var/tmp dev; do mount -t tmpfs tmpfs "$folder"; done
mkdir -p ".$checkout"
mount --bind -o ro "$checkout" ".$checkout"
mount --bind "$shared" srv
mkdir dev/net dev/pts dev/shm
for device in null zero full random urandom tty net/tun; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
# Each boot is one of its own.
cat /proc/sys/kernel/random/uuid > run/boot-id
mount --bind run/boot-id proc/sys/kernel/random/boot_id
if mkdir "$base/installed" 2> /dev/null; then
  # What the machine below has to start is none of this one's business, nor are its devices and kernel.
  rm -rf var/log/journal etc/systemd/system/*.wants etc/systemd/system/*.requires etc/netloom var/lib/netloom
  rm -f var/lib/dbus/machine-id
  tr -d - < /proc/sys/kernel/random/uuid > etc/machine-id
  echo "$name" > etc/hostname
  for unit in dnsmasq getty.target networking systemd-logind systemd-modules-load systemd-networkd systemd-resolved systemd-sysctl systemd-timesyncd \
    systemd-udev-trigger systemd-udevd systemd-udevd-control.socket systemd-udevd-kernel.socket sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-fs-fuse-connections.mount dev-hugepages.mount; do
    case $unit in *.*) ;; *) unit=$unit.service ;; esac
    ln -sf /dev/null "etc/systemd/system/$unit"
  done
fi
pivot_root . old
umount -l old
rmdir old
mount --make-rshared /
exec env -i container=netloom-test PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb /lib/systemd/systemd --unit=multi-user.target --show-status=0
