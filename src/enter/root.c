#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "report.h"

enum { OPEN_PATH = O_PATH | O_CLOEXEC, OPEN_DIRECTORY = O_PATH | O_CLOEXEC | O_DIRECTORY };

static void prepare_directory(const char *path, mode_t mode, uid_t uid, gid_t gid) {
  if (mkdir(path, 0700) < 0 && errno != EEXIST) fail("store-upper", path);
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0) fail("store-upper", path);
  close(fd);
}

/* The builder sees upper as its store directory: writable through the group, not its own to chmod. */
void prepare_store_upper(const struct spec *spec) {
  gid_t gid = outside_id(&spec->gid_map, spec->gid);
  prepare_directory(spec->upper, 01775, (uid_t)-1, gid);
  prepare_directory(spec->work, 0700, outside_id(&spec->uid_map, spec->uid), gid);
}

static int open_or_fail(const char *word, const char *path, int flags) {
  int fd = open(path, flags);
  if (fd < 0) fail(word, path);
  return fd;
}

static void open_place(struct place *place) {
  int flags = place->build_dir ? OPEN_DIRECTORY | O_NOFOLLOW : OPEN_PATH;
  place->fd = open(place->source, flags);
  if (place->fd < 0 && place->optional && errno == ENOENT) return;
  if (place->fd < 0) fail(place->build_dir ? "build-dir" : "bind", place->source);
}

void open_outside(struct spec *spec, struct outside *outside) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail("private", "/");
  outside->root = open_or_fail("root", "/", OPEN_DIRECTORY);
  outside->dev = spec->dev ? open_or_fail("dev", "/dev", OPEN_DIRECTORY) : -1;
  outside->store = open_or_fail("store", spec->store_source, OPEN_DIRECTORY);
  outside->upper = open_or_fail("store-upper", spec->upper, OPEN_DIRECTORY | O_NOFOLLOW);
  outside->work = open_or_fail("store-upper", spec->work, OPEN_DIRECTORY | O_NOFOLLOW);
  for (size_t i = 0; i < spec->places.count; i++) open_place(&spec->places.at[i]);
}

void attach(const char *word, int mount, int dir, const char *path) {
  unsigned flags = path[0] == '\0' ? MOVE_TO_EMPTY_PATH : 0;
  if (mount < 0 || move_mount_to(mount, dir, path, flags) < 0) fail(word, path);
  close(mount);
}

/*
 * The new root is mounted on top of the old one, and pivot_root(".", ".") swaps the two: from then on an
 * absolute path starts in the new root, and the old one lies on top of it, within reach of `outside`'s
 * descriptors only, until leave_old_root.
 */
static void enter_new_root(void) {
  int fs = (int)syscall(NR_FSOPEN, "tmpfs", FS_CLOEXEC);
  if (fs < 0 || syscall(NR_FSCONFIG, fs, FS_SET_STRING, "mode", "0755", 0) < 0 ||
      syscall(NR_FSCONFIG, fs, FS_CREATE, NULL, NULL, 0) < 0)
    fail("tmpfs", "/");
  int root = (int)syscall(NR_FSMOUNT, fs, FS_CLOEXEC, ATTR_NO_SUID | ATTR_NO_DEV);
  close(fs);
  if (root < 0 || move_mount_to(root, AT_FDCWD, "/", 0) < 0) fail("tmpfs", "/");
  if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0) fail("pivot", "/");
  close(root);
}

static void leave_old_root(const struct outside *outside) {
  if (fchdir(outside->root) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
    fail("pivot", "/");
  if (add_mount_attributes(AT_FDCWD, "/", 0, ATTR_READ_ONLY) < 0) fail("read-only", "/");
}

static bool is_below(const char *path, const char *parent) {
  size_t length = strlen(parent);
  return strncmp(path, parent, length) == 0 && path[length] == '/';
}

/* The directory from outside in which `path` lies, if any. */
static const struct place *place_around(const struct spec *spec, const char *path) {
  const struct place *nearest = NULL;
  for (size_t i = 0; i < spec->places.count; i++) {
    const struct place *place = &spec->places.at[i];
    if (place->fd < 0 || !is_below(path, place->target)) continue;
    if (nearest == NULL || is_below(place->target, nearest->target)) nearest = place;
  }
  return nearest;
}

/* A directory of the machine's must not get new entries; the root's own and the build's may. */
static bool may_create(const struct spec *spec, const char *path) {
  const struct place *place = place_around(spec, path);
  return !is_below(path, spec->store) && (place == NULL || place->build_dir);
}

static void check_create(const struct spec *spec, const char *word, const char *path) {
  if (!may_create(spec, path)) refuse(word, path, EXDEV, "it would be made in a directory outside");
}

/*
 * Walks to the directory that holds `path`, component by component and never through a symlink, making
 * what is missing. Returns its descriptor; `*name` is the last component.
 */
static int open_parent(const struct spec *spec, const char *word, const char *path,
                       const char **name) {
  int dir = open_or_fail(word, "/", OPEN_DIRECTORY);
  for (const char *part = path + 1;;) {
    size_t length = strcspn(part, "/");
    if (part[length] == '\0') {
      *name = part;
      return dir;
    }
    char component[NAME_MAX + 1];
    memcpy(component, part, length);
    component[length] = '\0';
    int next = openat(dir, component, OPEN_DIRECTORY | O_NOFOLLOW);
    if (next < 0 && errno == ENOENT) {
      check_create(spec, word, path);
      if (mkdirat(dir, component, 0755) < 0) fail(word, path);
      next = openat(dir, component, OPEN_DIRECTORY | O_NOFOLLOW);
    }
    if (next < 0) fail(word, path);
    close(dir);
    dir = next;
    part += length + 1;
  }
}

/* A descriptor of `path`, which is made when it is missing. */
static int open_target(const struct spec *spec, const char *word, const char *path,
                       bool directory) {
  const char *name;
  int dir = open_parent(spec, word, path, &name);
  int target = openat(dir, name, OPEN_PATH | O_NOFOLLOW);
  if (target < 0 && errno == ENOENT) {
    check_create(spec, word, path);
    int made = directory ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0);
    if (made < 0) fail(word, path);
    target = openat(dir, name, OPEN_PATH | O_NOFOLLOW);
  }
  if (target < 0) fail(word, path);
  close(dir);
  return target;
}

static void make_entry(const struct spec *spec, const struct entry *entry) {
  const char *word = entry->directory ? "dir" : "file";
  const char *name;
  int dir = open_parent(spec, word, entry->path, &name);
  if (entry->directory) {
    if (mkdirat(dir, name, entry->mode) < 0) fail(word, entry->path);
  } else {
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry->mode);
    if (fd < 0) fail(word, entry->path);
    for (size_t done = 0; done < entry->length;) {
      ssize_t written = write(fd, entry->content + done, entry->length - done);
      if (written < 0) fail(word, entry->path);
      done += (size_t)written;
    }
    close(fd);
  }
  close(dir);
}

static void bind_place(const struct spec *spec, const struct place *place) {
  const char *word = place->build_dir ? "build-dir" : "bind";
  struct stat status;
  if (fstat(place->fd, &status) < 0) fail(word, place->source);
  unsigned recursive = place->build_dir ? 0 : TREE_RECURSIVE;
  int tree = open_tree_at(place->fd, "", TREE_CLONE | TREE_CLOEXEC | TREE_EMPTY_PATH | recursive);
  if (tree < 0) fail(word, place->source);
  uint64_t attributes = place->build_dir   ? ATTR_NO_SUID | ATTR_NO_DEV
                        : place->read_only ? ATTR_NO_SUID | ATTR_READ_ONLY
                                           : ATTR_NO_SUID;
  if (add_mount_attributes(tree, "", TREE_EMPTY_PATH | recursive, attributes) < 0)
    fail(word, place->source);
  int target = open_target(spec, word, place->target, S_ISDIR(status.st_mode));
  if (move_mount_to(tree, target, "", MOVE_TO_EMPTY_PATH) < 0) fail(word, place->target);
  close(target);
  close(tree);
  close(place->fd);
}

static void bind_places(const struct spec *spec, bool below_store) {
  for (size_t i = 0; i < spec->places.count; i++) {
    const struct place *place = &spec->places.at[i];
    if (place->fd >= 0 && is_below(place->target, spec->store) == below_store)
      bind_place(spec, place);
  }
}

/* Device nodes cannot be made in a user namespace: the machine's are bound. Relative to its /dev. */
static void bind_device(const char *name, bool optional) {
  char target[32];
  snprintf(target, sizeof target, "/dev/%s", name);
  if (optional && access(name, F_OK) < 0) return;
  if (mknod(target, S_IFREG | 0666, 0) < 0 || mount(name, target, NULL, MS_BIND, NULL) < 0)
    fail("dev", target);
}

static void make_devices(const struct spec *spec, const struct outside *outside) {
  static const char *const devices[] = {"full", "null", "random", "tty", "urandom", "zero"};
  static const char *const links[][2] = {
      {"/proc/self/fd", "/dev/fd"},
      {"/proc/self/fd/0", "/dev/stdin"},
      {"/proc/self/fd/1", "/dev/stdout"},
      {"/proc/self/fd/2", "/dev/stderr"},
  };
  if (mkdir("/dev", 0755) < 0 || fchdir(outside->dev) < 0) fail("dev", "/dev");
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) bind_device(devices[i], false);
  if (spec->kvm) bind_device("kvm", true);
  for (size_t i = 0; i < sizeof links / sizeof *links; i++)
    if (symlink(links[i][0], links[i][1]) < 0) fail("dev", links[i][1]);
}

static void mount_kernel_file_system(const char *type, const char *path, unsigned long flags,
                                     const char *options) {
  if (mkdir(path, 0755) < 0 && errno != EEXIST) fail(type, path);
  if (mount(type, path, type, flags | MS_NOSUID | MS_NOEXEC, options) < 0) fail(type, path);
}

static void mount_shm(const char *size) {
  char options[40];
  snprintf(options, sizeof options, "mode=1777,size=%s", size);
  if (mkdir("/dev/shm", 0755) < 0) fail("shm", "/dev/shm");
  if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
    fail("shm", "/dev/shm");
}

static void mount_pts(void) {
  mount_kernel_file_system("devpts", "/dev/pts", 0, "newinstance,mode=0620,ptmxmode=0666");
  if (symlink("/dev/pts/ptmx", "/dev/ptmx") < 0) fail("pts", "/dev/ptmx");
}

void build_root(const struct spec *spec, const struct outside *outside) {
  enter_new_root();
  mount_kernel_file_system("proc", "/proc", MS_NODEV, NULL);
  if (spec->dev) make_devices(spec, outside);
  if (spec->shm_size != NULL) mount_shm(spec->shm_size);
  if (spec->pts) mount_pts();
  for (size_t i = 0; i < spec->entries.count; i++) make_entry(spec, &spec->entries.at[i]);
  bind_places(spec, false);
  close(open_target(spec, "store", spec->store, true));
  build_store_view(spec, outside, place_around(spec, spec->store) != NULL);
  bind_places(spec, true);
  leave_old_root(outside);
}
