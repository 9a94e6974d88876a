/* How a failure leaves the program: one line, then the end of the process. */
#ifndef TENON_REPORT_H
#define TENON_REPORT_H

#include <stddef.h>

/* The exit status that means: enter itself failed, the program was not started. */
enum { EXIT_REFUSED = 125 };

/*
 * `fail WORD PATH ERRNO TEXT` lines go to `fd` from here on; before, `enter: …` goes to stderr.
 * The child reports to its parent, which passes the line on.
 */
void report_to(int fd);

/* Reports what errno says of `word` (a spec word or a sandbox stage) and `path`, and exits. */
_Noreturn void fail(const char *word, const char *path);

/* As fail, with a reason of our own instead of the kernel's text. */
_Noreturn void refuse(const char *word, const char *path, int error, const char *reason);

/* All of `length` bytes, or as much as the reader wanted to have. */
void write_all(int fd, const char *bytes, size_t length);

/* The symbolic name of an errno value, "E999" style when unknown. */
const char *errno_name(int error);

#endif
