#ifndef TENON_KILL_UID_H
#define TENON_KILL_UID_H

#include <sys/types.h>

/* Kills every process of `uid`, needs root. 0 when none is left but zombies, 1 when some will not die. */
int kill_uid(uid_t uid);

#endif
