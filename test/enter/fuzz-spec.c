/*
 * Feeds spoilt specifications to the parser. The argument is how many. Built with the address and undefined
 * behaviour sanitizers, which end it on the first flaw; the sequence is the same in every run.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *tracked_realloc(void *old, size_t size);
#define realloc tracked_realloc
#include "../../src/enter/spec.c"
#include "../../src/enter/words.c"
#undef realloc

/* What the parser allocates dies with its process; here it is freed when the next text comes. */
enum { TRACKED_MAX = 64 };
static void *tracked[TRACKED_MAX];

static void *tracked_realloc(void *old, size_t size) {
  for (int i = 0; i < TRACKED_MAX; i++)
    if (tracked[i] == old) return tracked[i] = realloc(old, size);
  abort();
}

static jmp_buf refused;
void report_to(int fd) { (void)fd; }
_Noreturn void refuse(const char *word, const char *path, int error, const char *reason) {
  if (strlen(word) + strlen(path) + strlen(reason) == 0 || error == 0) abort();
  longjmp(refused, 1);
}
_Noreturn void fail(const char *word, const char *path) { refuse(word, path, EIO, "failed"); }

static const char seed[] =
    "tenon-root 1\nstatus-fd 4\nroot sealed\nns user pid mnt net ipc uts cgroup\nmap-uid 1000 30001 1\n"
    "map-gid 100 30000 1\nuid 1000\ngid 100\nproc new\ndev minimal kvm\nshm 50%25\npts new\nlo up\n"
    "hostname localhost\ndomainname (none)\nstore /nix/store /nix/store\nstore-upper /u /w\n"
    "input /nix/store/a-b\ninput /nix/store/c%20d\ndir /etc 0555\nfile /etc/hosts 0444 a%20b%0a%00c\n"
    "build-dir /b /build\nbind /x /y/z ro opt\nsession new\ndeath parent\npty on\npersonality linux32\n"
    "rlimit core 0\nnnp on\nlandlock scope-abstract\nseccomp nix\nenv set A%20B b%0ac\nenv set C \n"
    "cwd /build\nexec /bin/sh\nargv0 sh\narg -c\narg \nend\n";

static uint64_t state = 88172645463325252;
static size_t below(size_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (size_t)(state % limit);
}

static size_t spoil(char *text, size_t length, size_t room) {
  static const char bytes[] = "\n %/.\0#09af\177\377\t=";
  size_t at = below(length), span = 1 + below(24);
  if (at + span > length) span = length - at;
  switch (below(4)) {
    case 0: text[at] = bytes[below(sizeof bytes)]; break;
    case 1: text[at] = (char)below(256); break;
    case 2: memmove(text + at, text + at + span, length - at - span); return length - span;
    case 3:
      if (length + span > room) break;
      memmove(text + at + span, text + at, length - at);
      return length + span;
  }
  return length;
}

static void read_back(const struct spec *spec) {
  size_t total = 0;
  for (char **arg = spec->args.at; *arg != NULL; arg++) total += strlen(*arg);
  for (char **entry = spec->env.at; *entry != NULL; entry++)
    if (strchr(*entry, '=') == NULL) abort();
  for (size_t i = 0; i < spec->inputs.count; i++) total += strlen(spec->inputs.at[i]);
  for (size_t i = 0; i < spec->entries.count; i++)
    for (size_t byte = 0; byte < spec->entries.at[i].length; byte++)
      total += (unsigned char)spec->entries.at[i].content[byte];
  if (total > (1 << 20)) abort();
}

/* A text of exactly the size that the parser may rely on, so that one byte more is found. */
static char *spoilt_text(size_t *length) {
  const size_t room = sizeof seed + 256;
  char *text = malloc(room);
  *length = sizeof seed - 1;
  memcpy(text, seed, *length);
  for (size_t times = below(4); times > 0 && *length > 1; times--)
    *length = spoil(text, *length, room - 1);
  return realloc(text, *length + 1);
}

static int is_accepted(char *text, size_t length) {
  static struct spec spec;
  if (setjmp(refused) != 0) return 0;
  parse_spec(&spec, text, length);
  read_back(&spec);
  return 1;
}

int main(int count, char **arguments) {
  long accepted = 0, rounds = count == 2 ? atol(arguments[1]) : 1000;
  for (long round = 0; round < rounds; round++) {
    size_t length;
    char *text = spoilt_text(&length);
    accepted += is_accepted(text, length);
    free(text);
    for (int i = 0; i < TRACKED_MAX; i++) {
      free(tracked[i]);
      tracked[i] = NULL;
    }
  }
  printf("%ld accepted, %ld refused\n", accepted, rounds - accepted);
  return accepted == 0 || accepted == rounds;
}
