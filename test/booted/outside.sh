#!/bin/sh
# A cgroup and namespaces for a machine, and then the machine: $1 as in inside.sh, $2 a name that nobody else has.
# With `gone` for $1: takes the cgroup away.
set -eu
base=$1 name=$2
cgroups=$(mktemp -d)
mount -t cgroup2 cgroup2 "$cgroups"
own=$cgroups$(sed -n 's/^0:://p' /proc/self/cgroup)/$name
if [ "$base" = gone ]; then
  find "$own" -depth -type d -exec rmdir {} \;
  umount "$cgroups"
  exec rmdir "$cgroups"
fi
mkdir "$own"
echo $$ > "$own/cgroup.procs"
umount "$cgroups"
rmdir "$cgroups"
shift 2
exec unshare --fork --pid --mount --uts --ipc --net --cgroup --kill-child sh "$(dirname "$0")/inside.sh" "$base" "$@"
