/* Where something covers parts of /proc, Linux refuses a builder its own, unless an uncovered one is mounted too. */
#ifndef TENON_PRISTINE_PROC_H
#define TENON_PRISTINE_PROC_H

/*
 * Moves this process into a mount namespace of its own, in which a procfs lies on /proc that nothing covers. Takes
 * the right to mount. 0 or an errno value; then /proc is as it was.
 */
int mount_pristine_proc(void);

#endif
