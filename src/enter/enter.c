/*
 * enter: starts a program in a root of its own. README.md in this directory has the design.
 *
 *   enter --fd N [--parent PID]   run the specification that descriptor N gives
 *   enter --serve DIRECTORY       run many, for a daemon
 *   enter --probe                 try what a sandbox needs, one line per attempt
 *   enter --keep PROGRAM ARG…     run a daemon, and replace it while it serves
 *   enter --kill-uid UID          kill every process of a user, as root
 *   enter --version               the specification that this program understands
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "builder.h"
#include "keep.h"
#include "kill-uid.h"
#include "probe.h"
#include "report.h"
#include "serve.h"

static const char usage[] =
    "usage: enter --fd N [--parent PID] | --serve DIRECTORY | --keep PROGRAM [ARGUMENT...] |"
    " --probe | --kill-uid UID | --version\n";

/* A decimal number from 1 to 2^31 - 1, else -1. */
static long positive(const char *text) {
  char *end;
  if (text == NULL || *text < '0' || *text > '9') return -1;
  long value = strtol(text, &end, 10);
  return *end == '\0' && value > 0 && value <= 0x7fffffff ? value : -1;
}

static _Noreturn void misused(void) {
  write_all(STDERR_FILENO, usage, sizeof usage - 1);
  _exit(EXIT_REFUSED);
}

int main(int count, char **arguments) {
  /* With more rights than its caller, a program that takes paths from its caller is a hole. */
  if (getauxval(AT_SECURE) != 0) refuse("start", arguments[0], 1, "must not be setuid or setcap");
  if (count < 2) misused();
  const char *mode = arguments[1];
  if (strcmp(mode, "--fd") == 0 && (count == 3 || count == 5)) {
    long fd = positive(arguments[2]);
    long parent = count == 5 && strcmp(arguments[3], "--parent") == 0 ? positive(arguments[4]) : 0;
    if (fd < 3 || parent < 0 || (count == 5 && parent == 0)) misused();
    return run_builder((int)fd, (pid_t)parent, false);
  }
  if (strcmp(mode, "--serve") == 0 && count == 3) return serve(arguments[2]);
  if (strcmp(mode, "--keep") == 0 && count >= 3) return keep(arguments + 2);
  if (strcmp(mode, "--kill-uid") == 0 && count == 3) {
    long uid = positive(arguments[2]);
    if (uid < 0) misused();
    return kill_uid((uid_t)uid);
  }
  if (strcmp(mode, "--probe") == 0 && count == 2) return probe();
  if (strcmp(mode, "--version") == 0 && count == 2) return puts("tenon-root 1") < 0;
  misused();
}
