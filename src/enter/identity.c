#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"

static int write_proc(pid_t child, const char *name, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)child, name);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
  close(fd);
  return error;
}

static int write_map(pid_t child, const char *name, const struct id_map *map) {
  char text[MAPS_MAX * 36 + 1];
  char *end = text;
  *end = '\0';
  for (size_t i = 0; i < map->count; i++)
    end += sprintf(end, "%u %u %u\n", map->at[i].inside, map->at[i].outside, map->at[i].length);
  return write_proc(child, name, text);
}

int write_id_maps(const struct spec *spec, pid_t child) {
  int error = write_proc(child, "setgroups", "deny");
  if (error == 0) error = write_map(child, "uid_map", &spec->uid_map);
  if (error == 0) error = write_map(child, "gid_map", &spec->gid_map);
  return error;
}

void drop_groups(void) {
  if (geteuid() == 0 && syscall(SYS_setgroups, 0, NULL) < 0) fail("group", "-");
}

/* linux/capability.h, version 3: two words per set. */
struct capability_header {
  uint32_t version;
  int pid;
};
struct capability_sets {
  uint32_t effective, permitted, inheritable;
};

static void raise_capabilities(void) {
  struct capability_header header = {0x20080522, 0};
  struct capability_sets sets[2];
  if (syscall(SYS_capget, &header, sets) < 0) fail("capabilities", "-");
  for (int i = 0; i < 2; i++) sets[i].effective = sets[i].permitted;
  if (syscall(SYS_capset, &header, sets) < 0) fail("capabilities", "-");
}

/* The raw calls: the C library's would first look for threads to take along. */
void become(const struct spec *spec) {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) fail("capabilities", "-");
  if (spec->group_count > 0 && syscall(SYS_setgroups, spec->group_count, spec->groups) < 0)
    fail("group", "-");
  if (spec->has_gid && syscall(SYS_setresgid, spec->gid, spec->gid, spec->gid) < 0)
    fail("gid", "-");
  if (spec->has_uid && syscall(SYS_setresuid, spec->uid, spec->uid, spec->uid) < 0)
    fail("uid", "-");
  raise_capabilities();
}
