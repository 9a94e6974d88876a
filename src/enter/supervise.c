#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "report.h"

enum { CONTROL, PROCESS, SIGNALS, HANG_UP, LOG_IN, LOG_OUT, SOURCES };

struct supervisor {
  struct builder *builder;
  char refusal[4096]; /* the longest line that report.c writes */
  size_t refusal_length;
  char log[1 << 16];
  size_t log_start, log_end;
  int listener;   /* the log, while a hang-up on it ends the build; else -1 */
  int namespaces; /* keeps the mount namespace alive beyond the builder */
  int exit_status;
};

/* Without a pid namespace, what the builder started can at least be reached as its process group. */
static void kill_builder(const struct builder *builder) {
  if (builder->pidfd < 0) return; /* it has ended: its id may be somebody else's */
  syscall(NR_PIDFD_SEND_SIGNAL, builder->pidfd, SIGKILL, NULL, 0);
  if (!builder->own_pids) kill(-builder->pid, SIGKILL);
}

/*
 * The last process of a mount namespace takes its mounts down before its death is visible. We hold the
 * namespace instead: the status is out first, and 300 mounts (0.5 ms) go while we exit.
 */
static int hold_namespace(const struct builder *builder) {
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)builder->pid);
  return builder->own_pids ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

static void on_control(struct supervisor *self) {
  size_t room = sizeof self->refusal - self->refusal_length;
  ssize_t got = read(self->builder->control, self->refusal + self->refusal_length, room);
  if (got < 0 && errno == EINTR) return;
  if (got > 0) {
    self->refusal_length += (size_t)got;
    return;
  }
  close(self->builder->control);
  self->builder->control = -1;
  if (self->refusal_length == 0) write_all(self->builder->status_fd, "ok\n", 3);
}

static void on_signal(struct supervisor *self) {
  char unused[128]; /* sizeof (struct signalfd_siginfo) */
  if (read(self->builder->signals, unused, sizeof unused) > 0) kill_builder(self->builder);
}

/* Whoever wanted the build has shut down its side of the log, or is gone. */
static void on_hang_up(struct supervisor *self) {
  kill_builder(self->builder);
  self->listener = -1;
}

/* A log that is a socket can be hung up. Of a pipe only the reader can vanish, which stops no builder. */
static int find_listener(void) {
  struct stat log;
  return fstat(STDOUT_FILENO, &log) == 0 && S_ISSOCK(log.st_mode) ? STDOUT_FILENO : -1;
}

static long microseconds(struct timeval time) { return time.tv_sec * 1000000L + time.tv_usec; }

static void report_end(struct supervisor *self, int status, const struct rusage *usage) {
  char line[128];
  bool exited = WIFEXITED(status);
  int number = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  int length = snprintf(line, sizeof line, "%s %d %ld %ld %ld\n", exited ? "exit" : "signal", number,
                        microseconds(usage->ru_utime), microseconds(usage->ru_stime),
                        usage->ru_maxrss);
  write_all(self->builder->status_fd, line, (size_t)length);
  self->exit_status = exited ? number : 128 + number;
}

static void on_process_end(struct supervisor *self) {
  struct builder *builder = self->builder;
  struct rusage usage;
  int status;
  /* Before the zombie gives its id free for another group. */
  if (!builder->own_pids) kill(-builder->pid, SIGKILL);
  if (wait4(builder->pid, &status, 0, &usage) != builder->pid) fail("wait", "-");
  while (builder->control >= 0) on_control(self);
  close(builder->pidfd);
  builder->pidfd = -1;
  if (self->refusal_length > 0) {
    write_all(builder->status_fd, self->refusal, self->refusal_length);
    self->exit_status = EXIT_REFUSED;
  } else {
    report_end(self, status, &usage);
  }
  close(builder->status_fd);
}

static void close_log(struct supervisor *self) {
  close(self->builder->master);
  self->builder->master = -1;
}

static void on_log_in(struct supervisor *self) {
  ssize_t got = read(self->builder->master, self->log, sizeof self->log);
  if (got > 0) {
    self->log_start = 0;
    self->log_end = (size_t)got;
    return;
  }
  if (got < 0 && errno == EINTR) return;
  /* EIO: the last writer is gone. EAGAIN matters only behind the builder's end: some stray holds it open. */
  if (got < 0 && errno == EAGAIN && self->builder->pidfd >= 0) return;
  close_log(self);
}

static void on_log_out(struct supervisor *self) {
  size_t length = self->log_end - self->log_start;
  ssize_t written = write(STDOUT_FILENO, self->log + self->log_start, length);
  if (written > 0) self->log_start += (size_t)written;
  if (written >= 0 || errno == EINTR || errno == EAGAIN) return;
  /* Nobody reads the log any more; the builder goes on. */
  self->log_start = self->log_end;
}

static int poll_sources(struct supervisor *self, struct pollfd *sources) {
  const struct builder *builder = self->builder;
  bool pending = self->log_start < self->log_end;
  sources[CONTROL] = (struct pollfd){builder->control, POLLIN, 0};
  sources[PROCESS] = (struct pollfd){builder->pidfd, POLLIN, 0};
  sources[SIGNALS] = (struct pollfd){builder->signals, POLLIN, 0};
  sources[HANG_UP] = (struct pollfd){self->listener, POLLRDHUP, 0};
  sources[LOG_IN] = (struct pollfd){pending ? -1 : builder->master, POLLIN, 0};
  sources[LOG_OUT] = (struct pollfd){pending ? STDOUT_FILENO : -1, POLLOUT, 0};
  /* Behind the builder's end the terminal is read dry, whether or not it says that there is something. */
  bool drain = builder->pidfd < 0 && builder->master >= 0 && !pending;
  int ready = poll(sources, SOURCES, drain ? 0 : -1);
  if (ready < 0 && errno != EINTR) fail("poll", "-");
  if (drain) sources[LOG_IN].revents = POLLIN;
  return ready;
}

int supervise(struct builder *builder) {
  static struct supervisor self;
  self.builder = builder;
  self.listener = find_listener();
  self.namespaces = hold_namespace(builder);
  while (builder->pidfd >= 0 || builder->master >= 0 || self.log_start < self.log_end) {
    struct pollfd sources[SOURCES];
    if (poll_sources(&self, sources) < 0) continue;
    if (sources[SIGNALS].revents != 0) on_signal(&self);
    if (sources[HANG_UP].revents != 0) on_hang_up(&self);
    if (sources[CONTROL].revents != 0) on_control(&self);
    if (sources[LOG_OUT].revents != 0) on_log_out(&self);
    if (sources[LOG_IN].revents != 0) on_log_in(&self);
    if (sources[PROCESS].revents != 0) on_process_end(&self);
  }
  if (self.namespaces >= 0) close(self.namespaces);
  return self.exit_status;
}
