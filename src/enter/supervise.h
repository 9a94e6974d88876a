/* The parent's part while a builder runs: relay its log, pass on how it ends, end it when asked to. */
#ifndef TENON_SUPERVISE_H
#define TENON_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

struct builder {
  pid_t pid;
  int pidfd;
  int control;    /* the builder's failure line, or its end: the program runs */
  int master;     /* of the pseudo-terminal, or -1: the builder writes to our stdout itself */
  int signals;    /* a signalfd: somebody wants the build to end */
  int status_fd;
  bool own_pids;  /* it is the first process of a pid namespace: nothing survives it */
};

/* Returns enter's exit status, once the builder and its log have ended. Stdout is still open. */
int supervise(struct builder *builder);

#endif
