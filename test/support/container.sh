#!/bin/sh
# container DIR COMMAND...: runs a command like a container manager does: with DIR as its root by pivot_root, with
# processes and a /run of its own, and with no init. DIR is left as it was, but for empty mount points.
set -eu
if [ "$1" = inside ]; then
  cd "$2"
  shift 2
  mount --rbind . .
  cd "$PWD"
  mkdir -p old proc dev sys run tmp src/tenon
  mount -t proc proc proc
  mount --rbind /dev dev
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  mount --rbind /src/tenon src/tenon
  pivot_root . old
  umount -l /old
  exec env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
fi
exec unshare -mpf --propagation private --kill-child sh "$0" inside "$@"
