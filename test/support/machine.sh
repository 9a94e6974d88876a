#!/bin/sh
# The part of machine.ts that must run inside the namespaces it makes. Four verbs, one per place:
#
#   hold TEMPLATE DIR CGROUP CHECKOUT   a mount table of its own, with the machine's files on a tmpfs at DIR; takes
#                                       everything down when its standard input ends, so also when its caller is killed
#   boot DIR CGROUP BREAK               entered into that mount table: becomes the parent of the machine's PID 1
#   init DIR BREAK                      becomes PID 1; BREAK is run in the new root just before it is entered
#   enter CGROUP PID COMMAND...         runs a command inside the machine whose PID 1 is PID
#
# The root is a tmpfs of its own and the checkout an overlayfs without an upper layer: a machine can remount what it
# sees, and a bind would hand it the host's own file system for that.
set -eu
umask 022

hold() {
  local template="$1" dir="$2" checkout="$4"
  cgroup=$3
  trap '' INT TERM HUP
  mkdir "$cgroup"
  trap 'take_down "$cgroup"' EXIT
  mount -t tmpfs -o mode=755 machine "$dir"
  mkdir "$dir/root" "$dir/nothing"
  tar -C "$dir/root" --numeric-owner -xf "$template"
  mkdir -p "$dir/root/mnt" "$dir/root/src/tenon"
  mount -t overlay -o "ro,lowerdir=$checkout:$dir/nothing" checkout "$dir/root/src/tenon"
  echo held
  cat >/dev/null
}

take_down() {
  [ -d "$1" ] || return 0
  echo 1 >"$1/cgroup.kill"
  for _ in $(seq 100); do
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ -d "$1" ] || return 0
    sleep 0.05
  done
}

boot() {
  local dir="$1" cgroup="$2" break="$3"
  echo $$ >"$cgroup/cgroup.procs"
  exec setpriv --pdeathsig KILL \
    unshare -fpmuinC --kill-child=KILL --propagation private sh "$0" init "$dir" "$break"
}

init() {
  ip link set lo up
  cd "$1/root"
  mount --rbind . .
  cd "$1/root"
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount -t sysfs -o nosuid,nodev,noexec,ro sysfs sys
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
  mount -t tmpfs -o nosuid,mode=755 tmpfs dev
  mkdir dev/pts dev/shm dev/mqueue
  device null 3
  device zero 5
  device full 7
  device random 8
  device urandom 9
  mknod -m 666 dev/tty c 5 0
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
  mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs dev/shm
  mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs run
  mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs tmp
  eval "$2"
  [ ! -x lib/systemd/systemd ] || lend_decoys
  pivot_root . mnt
  exec chroot . /bin/sh -c "umount -l /mnt
    $take_back_decoys
    exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio \
      env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=systemd-nspawn TERM=linux /sbin/init"
}

# systemd raises two limits of the whole host as the first thing it does. It gets files of these names to write to.
lend_decoys() {
  cat proc/sys/fs/nr_open >run/nr_open
  : >run/file-max
  mount --bind run/nr_open proc/sys/fs/nr_open
  mount --bind run/file-max proc/sys/fs/file-max
}

# Runs in the new root, as a child of init: takes the decoys away as soon as they are used and before a service starts,
# since anything mounted below /proc keeps builds from a /proc of their own.
take_back_decoys='[ ! -e /run/file-max ] || (
  until [ -s /run/file-max ]; do sleep 0.01; done
  sleep 0.02
  umount /proc/sys/fs/file-max /proc/sys/fs/nr_open
  rm /run/file-max /run/nr_open
) &'

device() {
  mknod -m 666 "dev/$1" c 1 "$2"
}

enter() {
  echo $$ >"$1/cgroup.procs"
  local pid="$2"
  shift 2
  exec nsenter -t "$pid" -m -p -u -i -n -C -r -w "$@"
}

"$@"
