/*
 * Connects to a daemon of the worker protocol again and again: handshake of 1.34, SetOptions, one IsValidPath, end.
 * usage: connect SOCKET COUNT PATH. In C, so that the daemon is what is measured and not its client.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MINOR = 34, SET_OPTIONS = 19, OPTION_WORDS = 13, IS_VALID_PATH = 1, LAST = 0x616c7473 };

static void must(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static void get(int fd, void *bytes, size_t length) {
  for (char *to = bytes; length > 0;) {
    ssize_t got = read(fd, to, length);
    must(got > 0, "read");
    to += got;
    length -= (size_t)got;
  }
}

static uint64_t get_word(int fd) {
  uint64_t word;
  get(fd, &word, sizeof word);
  return word;
}

static void put(int fd, const void *bytes, size_t length) {
  must(write(fd, bytes, length) == (ssize_t)length, "write");
}

static void converse(const struct sockaddr_un *address, const uint64_t *query, size_t query_bytes) {
  static const uint64_t magic = 0x6e697863, version[] = {0x100 | MINOR, 0, 0};
  static const uint64_t options[1 + OPTION_WORDS] = {SET_OPTIONS};
  char text[256];
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0, "connect");
  put(fd, &magic, sizeof magic);
  get_word(fd);
  get_word(fd);
  put(fd, version, sizeof version);
  uint64_t length = get_word(fd);
  must(length <= sizeof text - 8, "version");
  get(fd, text, (length + 7) & ~7ULL);
  must(get_word(fd) == LAST, "handshake");
  put(fd, options, sizeof options);
  must(get_word(fd) == LAST, "options");
  put(fd, query, query_bytes);
  must(get_word(fd) == LAST, "query");
  get_word(fd);
  close(fd);
}

int main(int count, char **arguments) {
  must(count == 4, "usage");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", arguments[1]);
  uint64_t query[64] = {IS_VALID_PATH, strlen(arguments[3])};
  must(query[1] <= sizeof query - 16, "path");
  memcpy(query + 2, arguments[3], query[1]);
  for (int left = atoi(arguments[2]); left > 0; left--)
    converse(&address, query, 16 + ((query[1] + 7) & ~7ULL));
  return 0;
}
