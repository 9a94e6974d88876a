#!/bin/sh
# Runs a command as root on a copy of this host: its files below an overlay, a process tree and a network of its own.
#
#   host-copy.sh run DIR CHECKOUT CHANGES PREPARE COMMAND...   the checkout is at /src/tenon, read-only; PREPARE is
#       evaluated in the copy first; CHANGES gets a line for each path that the command, and not PREPARE, changed
#   host-copy.sh enter DIR PREPARE COMMAND...                  the part inside the namespaces
#   host-copy.sh list DIR                                      what differs from this host
#
# /run and the folders for temporary files start empty and do not count; /nix starts empty and counts.
set -eu
umask 022

run() {
  dir=$1 checkout=$2 changes=$3 prepare=$4
  shift 4
  mount -t tmpfs -o mode=755 copy "$dir"
  mkdir "$dir/upper" "$dir/work" "$dir/root" "$dir/nothing" "$dir/nix"
  mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" copy "$dir/root"
  mkdir -p "$dir/root/src/tenon" "$dir/root/mnt" "$dir/root/nix"
  mount -t overlay -o "ro,lowerdir=$checkout:$dir/nothing" checkout "$dir/root/src/tenon"
  status=0
  setpriv --pdeathsig KILL unshare -fpmun --kill-child=KILL --propagation private \
    sh "$0" enter "$dir" "$prepare" "$@" || status=$?
  list "$dir" >"$dir/after"
  diff "$dir/before" "$dir/after" | grep '^[<>]' >"$changes" || true
  return "$status"
}

enter() {
  dir=$1 prepare=$2
  shift 2
  cd "$dir/root"
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount --rbind /dev dev
  for folder in run tmp var/tmp; do mount -t tmpfs tmpfs "$folder"; done
  chmod 1777 tmp var/tmp
  mount --bind "$dir/nix" nix
  mkdir run/copy
  mount --bind "$dir" run/copy
  pivot_root . mnt
  # What the copy's own shell has to expand.
  # shellcheck disable=SC2016
  exec chroot . /bin/sh -c '
    set -eu
    umount -l /mnt
    ip link set lo up
    eval "$0"
    cd /
    sh /src/tenon/test/support/host-copy.sh list /run/copy >/run/copy/before
    umount /run/copy
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root SHELL=/bin/sh \
      LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"' "$prepare" "$@"
}

list() {
  cd "$1"
  {
    find upper nix -mindepth 1 -printf '%p %y %m %U:%G %l\n'
    find upper nix -type f -exec sha256sum {} +
  } | sort
}

"$@"
