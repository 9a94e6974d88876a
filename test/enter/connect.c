/* Connects to the abstract Unix socket that the argument names, and prints how that went. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int count, char **arguments) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (count != 2) return 2;
  size_t length = strlen(arguments[1]);
  memcpy(address.sun_path + 1, arguments[1], length);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  int result = connect(fd, (struct sockaddr *)&address, size);
  puts(result == 0 ? "connected" : strerrorname_np(errno));
  return 0;
}
