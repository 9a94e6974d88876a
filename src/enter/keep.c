#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

/* Older ones may have builds that take hours; nobody replaces a daemon that often meanwhile. */
enum { INSTANCES_MAX = 64, CANNOT_EXECUTE = 127 };

struct keeper {
  char **command;
  bool has_socket;                /* systemd's, as descriptor 3 */
  pid_t instances[INSTANCES_MAX]; /* 0 where there is none */
  pid_t newest;                   /* of those that are ready */
  pid_t starting;
  int ready; /* tells of the one that is starting */
  bool again;     /* somebody wants yet another one */
  bool is_asked;  /* to end, when all have ended */
  bool is_over;   /* the newest one ended by itself: whoever watches us starts us again */
  int status;
};

static void say(const char *level, const char *what) {
  char line[200];
  int length = snprintf(line, sizeof line, "%s: %s\n", level, what);
  write_all(STDERR_FILENO, line, (size_t)length);
}

static void set_number(const char *name, long value) {
  char text[24];
  snprintf(text, sizeof text, "%ld", value);
  if (setenv(name, text, 1) < 0) fail("keep", name);
}

/* This process's own name says which daemon serves, to whoever waits for a replacement (src/setup/running-daemon.ts). */
static void tell_newest(const struct keeper *keeper) {
  char name[16];
  snprintf(name, sizeof name, "tenon:%d", (int)keeper->newest);
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

static _Noreturn void become_instance(const struct keeper *keeper, pid_t parent, int ready) {
  sigset_t none;
  sigemptyset(&none);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) fail("keep", "death");
  if (getppid() != parent) _exit(EXIT_REFUSED);
  sigprocmask(SIG_SETMASK, &none, NULL);
  fcntl(ready, F_SETFD, 0);
  set_number("TENON_READY_FD", ready);
  if (keeper->has_socket) set_number("LISTEN_PID", getpid());
  execv(keeper->command[0], keeper->command);
  fprintf(stderr, "enter: keep: %s: %s\n", keeper->command[0], strerror(errno));
  _exit(CANNOT_EXECUTE);
}

static pid_t *find_instance(struct keeper *keeper, pid_t pid) {
  for (size_t i = 0; i < INSTANCES_MAX; i++)
    if (keeper->instances[i] == pid) return &keeper->instances[i];
  return NULL;
}

static void start(struct keeper *keeper) {
  pid_t parent = getpid(), *slot = find_instance(keeper, 0);
  int ready[2] = {-1, -1};
  pid_t child = -1;
  keeper->again = false;
  if (slot == NULL) return say("error", "not replaced: too many daemons before this one still serve");
  if (pipe2(ready, O_CLOEXEC) == 0) child = fork();
  if (child == 0) become_instance(keeper, parent, ready[1]);
  if (child < 0 && keeper->newest == 0) fail("keep", "fork");
  if (ready[1] >= 0) close(ready[1]);
  if (child < 0) {
    if (ready[0] >= 0) close(ready[0]);
    return say("error", "not replaced: no other process can be started");
  }
  keeper->ready = ready[0];
  keeper->starting = *slot = child;
}

/* A byte, or the end of the one that would have written it, which is noticed when it is waited for. */
static void on_ready(struct keeper *keeper) {
  char byte;
  bool is_ready = read(keeper->ready, &byte, 1) == 1;
  close(keeper->ready);
  keeper->ready = -1;
  if (!is_ready) return;
  if (keeper->newest != 0) {
    kill(keeper->newest, SIGUSR2);
    say("info", "replaced: the daemon before ends when its clients have left");
  }
  keeper->newest = keeper->starting;
  keeper->starting = 0;
  tell_newest(keeper);
  if (keeper->again && !keeper->is_asked) start(keeper);
}

static void on_end(struct keeper *keeper, pid_t pid, int status) {
  pid_t *slot = find_instance(keeper, pid);
  if (slot != NULL) *slot = 0;
  bool was_starting = pid == keeper->starting;
  if (was_starting) {
    keeper->starting = 0;
    if (keeper->ready >= 0) close(keeper->ready);
    keeper->ready = -1;
  }
  if (pid == keeper->newest || keeper->newest == 0) {
    keeper->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    keeper->is_over = !keeper->is_asked;
  } else if (was_starting && !keeper->is_asked) {
    say("error", "not replaced: the new daemon did not start, the one before goes on");
    if (keeper->again) start(keeper);
  }
}

static void on_signal(struct keeper *keeper, int number) {
  int status;
  if (number == SIGTERM || number == SIGINT) {
    keeper->is_asked = true;
    for (size_t i = 0; i < INSTANCES_MAX; i++)
      if (keeper->instances[i] != 0) kill(keeper->instances[i], SIGTERM);
  }
  if (number == SIGHUP && !keeper->is_asked) {
    if (keeper->starting == 0) start(keeper);
    else keeper->again = true;
  }
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) on_end(keeper, pid, status);
}

static bool has_instances(const struct keeper *keeper) {
  for (size_t i = 0; i < INSTANCES_MAX; i++)
    if (keeper->instances[i] != 0) return true;
  return false;
}

static int take_signals(void) {
  sigset_t mask;
  sigemptyset(&mask);
  const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&mask, numbers[i]);
  sigprocmask(SIG_BLOCK, &mask, NULL);
  int fd = signalfd(-1, &mask, SFD_CLOEXEC);
  if (fd < 0) fail("keep", "signals");
  return fd;
}

int keep(char **command) {
  struct keeper keeper = {.command = command, .ready = -1};
  struct signalfd_siginfo signal;
  const char *owner = getenv("LISTEN_PID");
  keeper.has_socket = owner != NULL && atol(owner) == getpid();
  int signals = take_signals();
  start(&keeper);
  while (!keeper.is_over && has_instances(&keeper)) {
    struct pollfd sources[] = {{signals, POLLIN, 0}, {keeper.ready, POLLIN, 0}};
    if (poll(sources, 2, -1) < 0 && errno != EINTR) fail("keep", "poll");
    if (sources[1].revents != 0) on_ready(&keeper);
    if (sources[0].revents != 0 && read(signals, &signal, sizeof signal) == sizeof signal)
      on_signal(&keeper, (int)signal.ssi_signo);
  }
  return keeper.status;
}
