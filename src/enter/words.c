#include "words.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "kernel.h"
#include "report.h"

enum { PERSONALITY_UNAME26 = 0x0020000 }; /* linux/personality.h */

static bool is(const struct field *field, const char *text) {
  return strcmp(field->text, text) == 0;
}

static void expect(const struct parser *parser, const struct field *field, const char *value) {
  if (!is(field, value)) flaw(parser, "an unknown value");
}

static void set_string(const struct parser *parser, char **to, char *text) {
  if (*to != NULL) flaw(parser, "a second value");
  *to = text;
}

static void set_switch(const struct parser *parser, bool *to) {
  if (*to) flaw(parser, "a second value");
  *to = true;
}

#define HANDLER(name) static void name(struct parser *parser, struct field *fields, size_t count)

HANDLER(on_root) {
  (void)count;
  if (parser->spec->root != ROOT_NONE) flaw(parser, "a second value");
  if (is(&fields[0], "sealed")) parser->spec->root = ROOT_SEALED;
  else if (is(&fields[0], "host")) parser->spec->root = ROOT_HOST;
  else flaw(parser, "an unknown value");
}

HANDLER(on_status_fd) {
  (void)count;
  if (parser->spec->status_fd >= 0) flaw(parser, "a second value");
  unsigned fd = parse_number(parser, &fields[0]);
  if (fd < 3 || fd > 9) flaw(parser, "not a descriptor from 3 to 9");
  parser->spec->status_fd = (int)fd;
  report_to((int)fd);
}

static unsigned namespace_flag(const struct field *field) {
  static const struct kind {
    const char *name;
    unsigned flag;
  } kinds[] = {
      {"user", CLONE_NEWUSER}, {"pid", CLONE_NEWPID}, {"mnt", CLONE_NEWNS},   {"net", CLONE_NEWNET},
      {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}, {"cgroup", NEW_CGROUP},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (is(field, kinds[i].name)) return kinds[i].flag;
  return 0;
}

HANDLER(on_ns) {
  if (parser->spec->namespaces != 0) flaw(parser, "a second value");
  for (size_t i = 0; i < count; i++) {
    unsigned flag = namespace_flag(&fields[i]);
    if (flag == 0) flaw(parser, "an unknown value");
    parser->spec->namespaces |= flag;
  }
}

static void add_map(struct parser *parser, struct id_map *map, struct field *fields) {
  if (map->count == MAPS_MAX) flaw(parser, "too many lines of this word");
  struct id_range *range = &map->at[map->count++];
  range->inside = parse_number(parser, &fields[0]);
  range->outside = parse_number(parser, &fields[1]);
  range->length = parse_number(parser, &fields[2]);
}

HANDLER(on_map_uid) {
  (void)count;
  add_map(parser, &parser->spec->uid_map, fields);
}

HANDLER(on_map_gid) {
  (void)count;
  add_map(parser, &parser->spec->gid_map, fields);
}

HANDLER(on_uid) {
  (void)count;
  set_switch(parser, &parser->spec->has_uid);
  parser->spec->uid = parse_number(parser, &fields[0]);
}

HANDLER(on_gid) {
  (void)count;
  set_switch(parser, &parser->spec->has_gid);
  parser->spec->gid = parse_number(parser, &fields[0]);
}

HANDLER(on_group) {
  (void)count;
  struct spec *spec = parser->spec;
  if (spec->group_count == GROUPS_MAX) flaw(parser, "too many lines of this word");
  spec->groups[spec->group_count++] = parse_number(parser, &fields[0]);
}

HANDLER(on_store) {
  (void)count;
  set_string(parser, &parser->spec->store, parse_path(parser, &fields[0]));
  set_string(parser, &parser->spec->store_source, parse_path(parser, &fields[1]));
  if (parser->spec->store[1] == '\0') flaw(parser, "the store cannot be /");
}

HANDLER(on_store_upper) {
  (void)count;
  set_string(parser, &parser->spec->upper, parse_path(parser, &fields[0]));
  set_string(parser, &parser->spec->work, parse_path(parser, &fields[1]));
}

HANDLER(on_input) {
  (void)count;
  const char *store = parser->spec->store;
  if (store == NULL) flaw(parser, "an input before the store");
  char *input = parse_path(parser, &fields[0]);
  size_t length = strlen(store);
  bool below = strncmp(input, store, length) == 0 && input[length] == '/';
  if (!below || strchr(input + length + 1, '/') != NULL) flaw(parser, "not a path of the store");
  add_string(&parser->spec->inputs, input);
}

static struct place *add_place(struct parser *parser, struct field *fields) {
  struct places *places = &parser->spec->places;
  places->at = grown(places->at, places->count, &places->room, sizeof *places->at);
  struct place *place = &places->at[places->count++];
  *place = (struct place){.source = parse_path(parser, &fields[0]),
                          .target = parse_path(parser, &fields[1]),
                          .fd = -1};
  if (place->target[1] == '\0') flaw(parser, "the target cannot be /");
  return place;
}

HANDLER(on_bind) {
  struct place *place = add_place(parser, fields);
  if (is(&fields[2], "ro")) place->read_only = true;
  else expect(parser, &fields[2], "rw");
  if (count < 4) return;
  expect(parser, &fields[3], "opt");
  place->optional = true;
}

HANDLER(on_build_dir) {
  (void)count;
  add_place(parser, fields)->build_dir = true;
}

static struct entry *add_entry(struct parser *parser, struct field *fields) {
  struct entries *entries = &parser->spec->entries;
  entries->at = grown(entries->at, entries->count, &entries->room, sizeof *entries->at);
  struct entry *entry = &entries->at[entries->count++];
  *entry = (struct entry){.path = parse_path(parser, &fields[0]),
                          .mode = parse_mode(parser, &fields[1])};
  if (entry->path[1] == '\0') flaw(parser, "the target cannot be /");
  return entry;
}

HANDLER(on_dir) {
  (void)count;
  add_entry(parser, fields)->directory = true;
}

HANDLER(on_file) {
  (void)count;
  struct entry *entry = add_entry(parser, fields);
  entry->content = fields[2].text;
  entry->length = fields[2].length;
}

HANDLER(on_dev) {
  set_switch(parser, &parser->spec->dev);
  expect(parser, &fields[0], "minimal");
  if (count < 2) return;
  expect(parser, &fields[1], "kvm");
  parser->spec->kvm = true;
}

/* The kernel's own form of a tmpfs size: digits, then %, k, m or g. */
HANDLER(on_shm) {
  (void)count;
  size_t digits = strspn(fields[0].text, "0123456789");
  const char *unit = fields[0].text + digits;
  if (digits == 0 || digits > 18 || strlen(unit) > 1 || strspn(unit, "%kKmMgG") != strlen(unit))
    flaw(parser, "not a size");
  set_string(parser, &parser->spec->shm_size, fields[0].text);
}

HANDLER(on_personality) {
  (void)count;
  if (is(&fields[0], "norandomize")) parser->spec->personality |= ADDR_NO_RANDOMIZE;
  else if (is(&fields[0], "linux32")) parser->spec->personality |= PER_LINUX32;
  else if (is(&fields[0], "uname26")) parser->spec->personality |= PERSONALITY_UNAME26;
  else flaw(parser, "an unknown value");
}

HANDLER(on_rlimit) {
  (void)count;
  struct spec *spec = parser->spec;
  if (spec->limit_count == LIMITS_MAX) flaw(parser, "too many lines of this word");
  struct limit *limit = &spec->limits[spec->limit_count++];
  if (is(&fields[0], "core")) limit->resource = RLIMIT_CORE;
  else if (is(&fields[0], "nofile")) limit->resource = RLIMIT_NOFILE;
  else flaw(parser, "an unknown value");
  limit->soft = parse_number(parser, &fields[1]);
}

/* NAME and VALUE lie side by side in the text: they become NAME=VALUE without a copy. */
HANDLER(on_env) {
  (void)count;
  expect(parser, &fields[0], "set");
  struct field *name = &fields[1], *value = &fields[2];
  if (name->length == 0 || strchr(name->text, '=') != NULL) flaw(parser, "a bad variable name");
  char *joint = name->text + name->length;
  *joint = '=';
  memmove(joint + 1, value->text, value->length + 1);
  add_string(&parser->spec->env, name->text);
}

HANDLER(on_arg) {
  (void)count;
  add_string(&parser->spec->args, fields[0].text);
}

HANDLER(on_end) {
  (void)fields;
  (void)count;
  parser->ended = true;
}

#define AT(member) .offset = offsetof(struct spec, member)
#define ONLY(member, value) 1, 1, .kind = SWITCH, AT(member), .on = value

/* The most frequent words come first. `exec` takes any bytes: the kernel looks it up, also relative to cwd. */
static const struct word words[] = {
    {"input", 1, 1, .sealed_only = true, .handle = on_input},
    {"env", 3, 3, .handle = on_env},
    {"arg", 1, 1, .handle = on_arg},
    {"root", 1, 1, .handle = on_root},
    {"status-fd", 1, 1, .handle = on_status_fd},
    {"ns", 1, 7, .sealed_only = true, .handle = on_ns},
    {"map-uid", 3, 3, .sealed_only = true, .handle = on_map_uid},
    {"map-gid", 3, 3, .sealed_only = true, .handle = on_map_gid},
    {"uid", 1, 1, .handle = on_uid},
    {"gid", 1, 1, .handle = on_gid},
    {"group", 1, 1, .handle = on_group},
    {"store", 2, 2, .sealed_only = true, .handle = on_store},
    {"store-upper", 2, 2, .sealed_only = true, .handle = on_store_upper},
    {"build-dir", 2, 2, .sealed_only = true, .handle = on_build_dir},
    {"bind", 3, 4, .sealed_only = true, .handle = on_bind},
    {"dir", 2, 2, .sealed_only = true, .handle = on_dir},
    {"file", 3, 3, .sealed_only = true, .binary_tail = true, .handle = on_file},
    {"dev", 1, 2, .sealed_only = true, .handle = on_dev},
    {"shm", 1, 1, .sealed_only = true, .handle = on_shm},
    {"proc", ONLY(proc, "new"), .sealed_only = true},
    {"pts", ONLY(pts, "new"), .sealed_only = true},
    {"lo", ONLY(loopback, "up"), .sealed_only = true},
    {"hostname", 1, 1, .kind = TEXT, AT(hostname), .sealed_only = true},
    {"domainname", 1, 1, .kind = TEXT, AT(domainname), .sealed_only = true},
    {"pty", ONLY(pty, "on")},
    {"session", ONLY(session, "new")},
    {"death", ONLY(die_with_parent, "parent")},
    {"nnp", ONLY(no_new_privs, "on")},
    {"seccomp", ONLY(seccomp, "nix")},
    {"landlock", ONLY(landlock, "scope-abstract")},
    {"personality", 1, 1, .handle = on_personality},
    {"rlimit", 2, 2, .handle = on_rlimit},
    {"cwd", 1, 1, .kind = PATH, AT(cwd)},
    {"exec", 1, 1, .kind = TEXT, AT(program)},
    {"argv0", 1, 1, .kind = TEXT, AT(argv0)},
    {"end", 0, 0, .handle = on_end},
};

const struct word *find_word(const char *name, size_t length) {
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strlen(words[i].name) == length && memcmp(words[i].name, name, length) == 0)
      return &words[i];
  return NULL;
}

void apply_word(struct parser *parser, const struct word *word, struct field *fields,
                size_t count) {
  char *member = (char *)parser->spec + word->offset;
  if (word->sealed_only && parser->spec->root != ROOT_SEALED)
    flaw(parser, "a word that only a sealed root has");
  switch (word->kind) {
    case CUSTOM:
      word->handle(parser, fields, count);
      break;
    case SWITCH:
      expect(parser, &fields[0], word->on);
      set_switch(parser, (bool *)(void *)member);
      break;
    case TEXT:
      set_string(parser, (char **)(void *)member, fields[0].text);
      break;
    case PATH:
      set_string(parser, (char **)(void *)member, parse_path(parser, &fields[0]));
      break;
  }
}
