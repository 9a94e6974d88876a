/* The sealed root: a tmpfs of its own, with nothing of the machine but what the specification names. */
#ifndef TENON_ROOT_H
#define TENON_ROOT_H

#include "spec.h"

/* Descriptors of what lies outside, opened while the process still has the ids of its starter. */
struct outside {
  int root, dev, store, upper, work;
};

/* Parent: makes the upper and the work directory, and gives them to the builder. */
void prepare_store_upper(const struct spec *spec);

/* Child, in its new mount namespace: cuts it off from the machine's, opens what it will need of it. */
void open_outside(struct spec *spec, struct outside *outside);

/* Child, as the builder's user with capabilities: builds the root and leaves the old one. */
void build_root(const struct spec *spec, const struct outside *outside);

/*
 * store-view.c: the store and the inputs in it. Its directory exists in the new root; `on_disk` says that it
 * lies in a directory of the machine's, where no mountpoints may be made.
 */
void build_store_view(const struct spec *spec, const struct outside *outside, bool on_disk);

/* Removes what was made in the upper directory for inputs to be mounted on, once the mounts are gone. In the parent. */
void clear_store_view(const struct spec *spec);

/* Binds the detached mount `mount` to `path`, and closes it. */
void attach(const char *word, int mount, int dir, const char *path);

#endif
