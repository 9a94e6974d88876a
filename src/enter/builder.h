/* `enter --fd N`: reads a specification, runs its program, reports on its status descriptor. */
#ifndef TENON_BUILDER_H
#define TENON_BUILDER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * `parent` is the process that must stay alive, 0 for whoever it is. With `proc_is_covered` a sealed root gets its
 * /proc by way of a pristine one, where that may be mounted. Returns enter's exit status.
 */
int run_builder(int spec_fd, pid_t parent, bool proc_is_covered);

#endif
