/* `enter --serve DIRECTORY`: starts builders for a daemon, whose own fork would cost it milliseconds. */
#ifndef TENON_SERVE_H
#define TENON_SERVE_H

/*
 * Listens on `socket` in `directory`, which nobody else may enter, and writes "ready". Each build is two connections
 * that come right after one another: the first carries the specification in, up to its end, and the status lines
 * out; the second carries the log out. A build is killed when the daemon shuts down its side of the second, as the
 * kernel does for a daemon that dies. Serves until stdin ends, then removes socket and directory. Returns an exit
 * status.
 */
int serve(const char *directory);

#endif
