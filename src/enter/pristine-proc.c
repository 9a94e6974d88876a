#include "pristine-proc.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>

int mount_pristine_proc(void) {
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return errno;
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (mount("proc", "/proc", "proc", flags, NULL) == 0) return 0;
  /* In a user namespace a new one is refused like a builder's. The old one without what covers it may do. */
  return mount("/proc", "/proc", NULL, MS_BIND, NULL) < 0 ? errno : 0;
}
