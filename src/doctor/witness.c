/*
 * The builder of the proof build: witness FILE copies it to $out. Run with /proc/self/status, the copy says what
 * the kernel knows of a process in the sandbox: its ids, its pid, its filters.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int failed(const char *path) {
  perror(path);
  return 1;
}

int main(int count, char **arguments) {
  char bytes[4096];
  const char *out = getenv("out");
  if (count != 2 || out == NULL) return 2;
  int from = open(arguments[1], O_RDONLY | O_CLOEXEC);
  if (from < 0) return failed(arguments[1]);
  int to = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (to < 0) return failed(out);
  for (;;) {
    ssize_t length = read(from, bytes, sizeof bytes);
    if (length == 0) return 0;
    if (length < 0) return failed(arguments[1]);
    if (write(to, bytes, (size_t)length) != length) return failed(out);
  }
}
