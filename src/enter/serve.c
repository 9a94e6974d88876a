#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "builder.h"
#include "kernel.h"
#include "probe.h"
#include "report.h"

enum { QUEUE = 4096, SPEC_FD = 3, STATUS_FD = 4 };

static const char name[] = "socket";

struct server {
  pid_t pid;
  bool proc_is_covered;
};

/* The name is relative, because a whole path may be too long for a socket. */
static int listen_in(const char *directory) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, name, sizeof name);
  if (chdir(directory) < 0) fail("serve", directory);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, QUEUE) < 0)
    fail("serve", directory);
  return fd;
}

/* The next connection; -1 when it came to nothing, or the daemon is gone. */
static int next_connection(int listener, bool *is_over) {
  struct pollfd sources[] = {{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}};
  if (poll(sources, 2, -1) < 0) {
    if (errno != EINTR) fail("serve", "poll");
    return -1;
  }
  *is_over = sources[0].revents != 0;
  if (*is_over) return -1;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0 && errno != EINTR && errno != ECONNABORTED) fail("serve", "accept");
  return fd;
}

/* In a child: the build's descriptors where `--fd 3` has them. */
static _Noreturn void build(int control, int log, const struct server *server) {
  signal(SIGCHLD, SIG_DFL);
  /* Above those that are about to be replaced. */
  int from = fcntl(control, F_DUPFD_CLOEXEC, STATUS_FD + 1);
  int to = fcntl(log, F_DUPFD_CLOEXEC, STATUS_FD + 1);
  if (from < 0 || to < 0 || dup2(to, STDOUT_FILENO) < 0 || dup2(from, SPEC_FD) < 0 ||
      dup2(from, STATUS_FD) < 0)
    fail("serve", "dup");
  close(STDIN_FILENO);
  if (syscall(NR_CLOSE_RANGE, STATUS_FD + 1U, ~0U, 0U) < 0) fail("serve", "close");
  _exit(run_builder(SPEC_FD, server->pid, server->proc_is_covered));
}

static void start_build(int control, int log, const struct server *server) {
  pid_t child = log < 0 ? -1 : fork();
  if (child == 0) build(control, log, server);
  /* Without a child both ends close, which tells the daemon that there is no build. */
  close(control);
  if (log >= 0) close(log);
}

int serve(const char *directory) {
  int listener = listen_in(directory);
  bool is_over = false;
  struct server server = {getpid(), is_proc_covered()};
  /* Nobody waits for the children: their end shows on their connections. */
  signal(SIGCHLD, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  write_all(STDOUT_FILENO, "ready\n", 6);
  while (!is_over) {
    int control = next_connection(listener, &is_over);
    if (control >= 0) start_build(control, next_connection(listener, &is_over), &server);
  }
  unlink(name);
  return rmdir(directory) < 0;
}
