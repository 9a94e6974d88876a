/*
 * The specification of a root, `tenon-root 1`.
 *
 * Lines of bytes: `word SP field SP field`. Fields percent-encode the bytes up to 0x20, `%` and 0x7f;
 * a field may be empty. `#` starts a comment line. The first line that is not a comment is
 * `tenon-root 1`, the last is `end`: a specification that was cut off is refused. Unknown words, a wrong
 * number of fields, a second value for a word that has one, and paths that are relative or contain
 * `.`, `..` or `//` are refused. README.md lists the words.
 */
#ifndef TENON_SPEC_H
#define TENON_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SPEC_BYTES_MAX = 64 << 20, MAPS_MAX = 8, GROUPS_MAX = 256, LIMITS_MAX = 8 };

enum root { ROOT_NONE, ROOT_SEALED, ROOT_HOST };

struct strings {
  char **at;
  size_t count, room;
};

struct place {
  char *source, *target;
  bool read_only, optional;
  bool build_dir; /* source is a private directory: no symlink on its last component; nosuid, nodev */
  int fd;         /* the source while the root is built; -1 when it is optional and missing */
};
struct places {
  struct place *at;
  size_t count, room;
};

struct entry {
  char *path;
  mode_t mode;
  bool directory;
  char *content;
  size_t length;
};
struct entries {
  struct entry *at;
  size_t count, room;
};

struct id_map {
  struct id_range {
    unsigned inside, outside, length;
  } at[MAPS_MAX];
  size_t count;
};

struct limit {
  int resource;
  unsigned long soft;
};

struct spec {
  enum root root;
  int status_fd;

  unsigned namespaces; /* CLONE_NEW… bits */
  struct id_map uid_map, gid_map;
  bool has_uid, has_gid;
  uid_t uid;
  gid_t gid;
  gid_t groups[GROUPS_MAX];
  size_t group_count;

  char *store, *store_source; /* inside, outside */
  char *upper, *work;
  struct strings inputs; /* paths below `store` */
  struct places places;
  struct entries entries;
  bool dev, kvm, proc, pts, loopback;
  char *shm_size, *hostname, *domainname;

  bool pty, session, die_with_parent, no_new_privs, seccomp, landlock;
  unsigned long personality;
  struct limit limits[LIMITS_MAX];
  size_t limit_count;

  char *cwd, *program, *argv0;
  struct strings args, env; /* both end in a null pointer; args starts with argv[0] */
};

/* Reads `fd` to its end. Ends the process when there is more than SPEC_BYTES_MAX. */
char *read_spec(int fd, size_t *length);

/*
 * Fills `spec` from `text`, which is decoded in place, must stay, and has one spare byte at its end.
 * Calls refuse("spec", "line N", …) on the first flaw.
 */
void parse_spec(struct spec *spec, char *text, size_t length);

/* The id that `inside` has outside, or NO_ID when no map covers it. */
#define NO_ID ((unsigned)-1)
unsigned outside_id(const struct id_map *map, unsigned inside);

#endif
