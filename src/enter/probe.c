#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity.h"
#include "kernel.h"
#include "pristine-proc.h"
#include "report.h"

enum { ROOTLESS = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS };

/* 0 or an errno value. */
typedef int attempt(void);

static int end_of(pid_t child, int *status) {
  while (waitpid(child, status, 0) < 0)
    if (errno != EINTR) return errno;
  return 0;
}

/* Runs `inside` in new namespaces. */
static int in_namespaces(unsigned flags, attempt *inside) {
  pid_t child = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child < 0) return errno;
  if (child == 0) _exit(inside());
  int status;
  int error = end_of(child, &status);
  if (error != 0) return error;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int nothing(void) { return 0; }

static int cut_propagation(void) {
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? errno : 0;
}

static int mount_proc(void) {
  int error = cut_propagation();
  if (error != 0) return error;
  return mount("proc", "/proc", "proc", 0, NULL) < 0 ? errno : 0;
}

static int pivot(void) {
  int error = cut_propagation();
  if (error != 0) return error;
  int fs = (int)syscall(NR_FSOPEN, "tmpfs", FS_CLOEXEC);
  if (fs < 0 || syscall(NR_FSCONFIG, fs, FS_CREATE, NULL, NULL, 0) < 0) return errno;
  int root = (int)syscall(NR_FSMOUNT, fs, FS_CLOEXEC, 0);
  if (root < 0 || move_mount_to(root, AT_FDCWD, "/", 0) < 0) return errno;
  return fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ? errno : 0;
}

static int try_user_namespace(void) { return in_namespaces(CLONE_NEWUSER, nothing); }
static int try_pid_namespace(void) { return in_namespaces(ROOTLESS, nothing); }
static int try_propagation(void) { return in_namespaces(ROOTLESS, cut_propagation); }
static int try_proc(void) { return in_namespaces(ROOTLESS, mount_proc); }
static int try_pivot(void) { return in_namespaces(ROOTLESS, pivot); }
static int try_proc_as_root(void) { return in_namespaces(CLONE_NEWPID | CLONE_NEWNS, mount_proc); }
static int try_network(void) {
  return in_namespaces(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, nothing);
}

/* The maps are written from outside, while the child waits for the end of a pipe. */
static int try_id_maps(void) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) < 0) return errno;
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child < 0) return errno;
  if (child == 0) {
    char unused;
    close(gate[1]);
    _exit(read(gate[0], &unused, 1) != 0);
  }
  struct spec ids = {0};
  ids.uid_map.at[ids.uid_map.count++] = (struct id_range){1000, geteuid(), 1};
  ids.gid_map.at[ids.gid_map.count++] = (struct id_range){100, getegid(), 1};
  int error = write_id_maps(&ids, child);
  close(gate[1]);
  int status;
  end_of(child, &status);
  return error;
}

static int try_whole_proc(void) {
  int error = try_proc();
  return error == 0 ? try_id_maps() : error;
}

static int try_pristine_proc(void) {
  int error = mount_pristine_proc();
  return error == 0 ? try_whole_proc() : error;
}

/* A filter may answer a call with SIGSYS: only a process of its own can tell. */
static void report_attempt(const char *name, attempt *run) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(run());
  if (child < 0) {
    printf("%s %s\n", name, errno_name(errno));
  } else if (end_of(child, &status) != 0) {
    printf("%s EINTR\n", name);
  } else if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == SIGSYS) printf("%s SIGSYS\n", name);
    else printf("%s SIG%d\n", name, WTERMSIG(status));
  } else {
    printf("%s %s\n", name, WEXITSTATUS(status) == 0 ? "ok" : errno_name(WEXITSTATUS(status)));
  }
  fflush(stdout);
}

int probe(void) {
  report_attempt("A userns", try_user_namespace);
  report_attempt("B idmap", try_id_maps);
  report_attempt("C pidns", try_pid_namespace);
  report_attempt("D private", try_propagation);
  report_attempt("E procfs", try_proc);
  report_attempt("F pivot", try_pivot);
  report_attempt("G netns", try_network);
  report_attempt("H rootproc", try_proc_as_root);
  report_attempt("I pristine", try_pristine_proc);
  return 0;
}

bool is_proc_covered(void) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(try_propagation() == 0 && try_whole_proc() != 0);
  return child > 0 && end_of(child, &status) == 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0;
}
