/* `enter --keep PROGRAM ARGUMENT…`: a parent that stays, so that a daemon can be replaced while it serves. */
#ifndef TENON_KEEP_H
#define TENON_KEEP_H

/*
 * Runs the program. On SIGHUP another instance of it is started, as it is on disk by then, beside the one that runs;
 * once the new one has written a byte to the descriptor that TENON_READY_FD names, the one before gets SIGUSR2 and
 * ends when it likes. A new one that ends before that changes nothing. The name of this process (comm) is
 * `tenon:PID` with the pid of the newest one that is ready. SIGTERM and SIGINT go to all instances, and
 * this process ends with the last of them, or with the newest one when that ends by itself. All of them die with
 * this process. A socket that systemd hands over is handed on. Returns an exit status.
 */
int keep(char **command);

#endif
