#ifndef TENON_PROBE_H
#define TENON_PROBE_H

#include <stdbool.h>

/*
 * Tries what a sandbox needs, each attempt in a process of its own, and prints `LETTER NAME RESULT` lines:
 * `A userns ok`, `E procfs EPERM`, `A userns SIGSYS`. The letters are those of the doctor's ladder.
 */
int probe(void);

/* Whether a builder could have everything but a /proc of its own. */
bool is_proc_covered(void);

#endif
