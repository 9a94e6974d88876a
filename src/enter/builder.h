/* `enter --fd N`: reads a specification, runs its program, reports on its status descriptor. */
#ifndef TENON_BUILDER_H
#define TENON_BUILDER_H

#include <sys/types.h>

/* `parent` is the process that must stay alive, 0 for whoever it is. Returns enter's exit status. */
int run_builder(int spec_fd, pid_t parent);

#endif
