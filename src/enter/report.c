#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A longer path is cut, so that a line fits in one atomic write. */
enum { PATH_SHOWN = 1000, LINE_ROOM = 4096 };

static int report_fd = -1;

void report_to(int fd) { report_fd = fd; }

void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    length -= (size_t)written;
  }
}

#define NAMES(X)                                                                                 \
  X(E2BIG) X(EACCES) X(EAGAIN) X(EBADF) X(EBUSY) X(ECHILD) X(EDQUOT) X(EEXIST) X(EFAULT)         \
  X(EFBIG) X(EINTR) X(EINVAL) X(EIO) X(EISDIR) X(ELIBBAD) X(ELOOP) X(EMFILE) X(EMLINK)           \
  X(ENAMETOOLONG) X(ENFILE) X(ENODATA) X(ENODEV) X(ENOENT) X(ENOEXEC) X(ENOMEM) X(ENOSPC)        \
  X(ENOSYS) X(ENOTBLK) X(ENOTDIR) X(ENOTTY) X(ENXIO) X(EOPNOTSUPP) X(EOVERFLOW) X(EPERM)         \
  X(EPIPE) X(ERANGE) X(EROFS) X(ESRCH) X(ESTALE) X(ETIMEDOUT) X(ETXTBSY) X(EUSERS) X(EXDEV)

const char *errno_name(int error) {
  static char number[16];
  switch (error) {
#define NAME(symbol) \
  case symbol: return #symbol;
    NAMES(NAME)
#undef NAME
  }
  snprintf(number, sizeof number, "E%d", error);
  return number;
}

static char *put_encoded(char *to, const char *text, size_t shown) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; text[i] != '\0' && i < shown; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte > ' ' && byte != '%' && byte != 0x7f) {
      *to++ = (char)byte;
      continue;
    }
    *to++ = '%';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
  }
  return to;
}

_Noreturn void refuse(const char *word, const char *path, int error, const char *reason) {
  char line[LINE_ROOM];
  char *end = line;
  if (report_fd < 0) {
    end += snprintf(line, sizeof line, "enter: %s: %.*s: %s: %.200s\n", word, PATH_SHOWN, path,
                    errno_name(error), reason);
    write_all(STDERR_FILENO, line, (size_t)(end - line));
    _exit(EXIT_REFUSED);
  }
  end += sprintf(end, "fail %s ", word);
  end = put_encoded(end, path, PATH_SHOWN);
  end += sprintf(end, " %s ", errno_name(error));
  end = put_encoded(end, reason, 200);
  *end++ = '\n';
  write_all(report_fd, line, (size_t)(end - line));
  _exit(EXIT_REFUSED);
}

_Noreturn void fail(const char *word, const char *path) {
  int error = errno;
  refuse(word, path, error, strerror(error));
}
