/*
 * Kernel interfaces that C libraries do not wrap yet. Numbers and layouts are those of the kernel's
 * uapi headers, which musl's compiler wrapper hides; the names are ours so that no header collides.
 */
#ifndef TENON_KERNEL_H
#define TENON_KERNEL_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These numbers are the same on every architecture. */
enum {
  NR_PIDFD_SEND_SIGNAL = 424,
  NR_OPEN_TREE = 428,
  NR_MOVE_MOUNT = 429,
  NR_FSOPEN = 430,
  NR_FSCONFIG = 431,
  NR_FSMOUNT = 432,
  NR_CLOSE_RANGE = 436,
  NR_MOUNT_SETATTR = 442,
  NR_LANDLOCK_CREATE_RULESET = 444,
  NR_LANDLOCK_RESTRICT_SELF = 446,
};

enum {
  TREE_CLONE = 1,
  TREE_CLOEXEC = O_CLOEXEC,
  TREE_EMPTY_PATH = 0x1000, /* AT_EMPTY_PATH */
  TREE_RECURSIVE = 0x8000,  /* AT_RECURSIVE */
  MOVE_FROM_EMPTY_PATH = 0x04,
  MOVE_TO_EMPTY_PATH = 0x40,
  FS_CLOEXEC = 1,
  FS_SET_STRING = 1,
  FS_CREATE = 6,
  ATTR_READ_ONLY = 0x01,
  ATTR_NO_SUID = 0x02,
  ATTR_NO_DEV = 0x04,
  CLOSE_RANGE_ON_EXEC = 4,
  NEW_CGROUP = 0x02000000, /* CLONE_NEWCGROUP */
  PIDFD = 0x00001000,      /* CLONE_PIDFD */
};

struct mount_attributes {
  uint64_t set, clear, propagation, userns;
};

struct landlock_ruleset {
  uint64_t access_fs, access_net, scoped;
};
enum { LANDLOCK_SCOPE_ABSTRACT = 1 };

static inline int open_tree_at(int dir, const char *path, unsigned flags) {
  return (int)syscall(NR_OPEN_TREE, dir, path, flags);
}

static inline int move_mount_to(int mount, int dir, const char *path, unsigned flags) {
  return (int)syscall(NR_MOVE_MOUNT, mount, "", dir, path, MOVE_FROM_EMPTY_PATH | flags);
}

static inline int add_mount_attributes(int dir, const char *path, unsigned flags, uint64_t set) {
  struct mount_attributes attributes = {set, 0, 0, 0};
  return (int)syscall(NR_MOUNT_SETATTR, dir, path, flags, &attributes, sizeof attributes);
}

#endif
