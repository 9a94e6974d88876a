#ifndef TENON_PROBE_H
#define TENON_PROBE_H

/*
 * Tries what a sandbox needs, each attempt in a process of its own, and prints `LETTER NAME RESULT` lines:
 * `A userns ok`, `E procfs EPERM`, `A userns SIGSYS`. The letters are those of the doctor's ladder.
 */
int probe(void);

#endif
