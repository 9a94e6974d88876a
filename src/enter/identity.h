/* Who the builder is. */
#ifndef TENON_IDENTITY_H
#define TENON_IDENTITY_H

#include "spec.h"

/* Parent: maps the ids of the user namespace that `child` is in. 0 or an errno value. */
int write_id_maps(const struct spec *spec, pid_t child);

/* Drops the supplementary groups of root. Before the clone: a user namespace forbids it. */
void drop_groups(void);

/* Child: takes the ids of `spec`, and keeps its capabilities until exec takes them. */
void become(const struct spec *spec);

#endif
