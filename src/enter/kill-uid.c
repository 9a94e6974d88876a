#include "kill-uid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* A process in uninterruptible sleep may need that long; one that forks all the time needs a few rounds. */
enum { ROUNDS = 1000, PAUSE_NS = 10 * 1000 * 1000 };

/*
 * One kill(-1) by a process that is the user in every respect, hence a short-lived one: the user's processes may
 * kill it too. With root as its real or saved user, the call would reach root's processes.
 */
static void kill_all_once(uid_t uid) {
  pid_t child = fork();
  if (child < 0) fail("kill-uid", "-");
  if (child == 0) {
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0)
      fail("kill-uid", "-");
    kill(-1, SIGKILL);
    _exit(0);
  }
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) _exit(EXIT_REFUSED);
}

static const char *find_line(const char *text, const char *label) {
  const char *line = strstr(text, label);
  return line == NULL ? "" : line + strlen(label);
}

/* Any of the four user ids counts. A zombie does not, unless it is only the first of several threads. */
static bool is_alive(const char *pid, uid_t uid) {
  char path[300], text[4096];
  snprintf(path, sizeof path, "/proc/%s/status", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = '\0';
  unsigned ids[4];
  if (sscanf(find_line(text, "\nUid:"), "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4)
    return false;
  if (ids[0] != uid && ids[1] != uid && ids[2] != uid && ids[3] != uid) return false;
  char state = '?';
  sscanf(find_line(text, "\nState:"), " %c", &state);
  return state != 'Z' || atoi(find_line(text, "\nThreads:")) > 1;
}

static bool some_alive(uid_t uid) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) fail("kill-uid", "/proc");
  bool alive = false;
  for (struct dirent *entry; !alive && (entry = readdir(processes)) != NULL;)
    alive = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_alive(entry->d_name, uid);
  closedir(processes);
  return alive;
}

int kill_uid(uid_t uid) {
  const struct timespec pause = {0, PAUSE_NS};
  for (int round = 0; round < ROUNDS; round++) {
    kill_all_once(uid);
    if (!some_alive(uid)) return 0;
    nanosleep(&pause, NULL);
  }
  return 1;
}
