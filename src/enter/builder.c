#include "builder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "filter.h"
#include "identity.h"
#include "kernel.h"
#include "pristine-proc.h"
#include "report.h"
#include "root.h"
#include "spec.h"
#include "supervise.h"

enum { UMASK = 022 };

/* From here on we die with the thread that started us, unless it is gone already. */
static void follow_parent(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) fail("death", "-");
  if (parent != 0 && getppid() != parent) refuse("death", "-", ESRCH, "the parent is gone");
}

/* The master; `*slave` is the builder's side, in raw mode, and the builder's to open again by name. */
static int open_terminal(const struct spec *spec, int *slave) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  int unlocked = 0;
  if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0) fail("pty", "/dev/ptmx");
  *slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  struct termios modes;
  if (*slave < 0 || tcgetattr(*slave, &modes) < 0) fail("pty", "/dev/ptmx");
  cfmakeraw(&modes);
  if (tcsetattr(*slave, TCSANOW, &modes) < 0) fail("pty", "/dev/ptmx");
  uid_t uid = spec->root == ROOT_SEALED ? outside_id(&spec->uid_map, spec->uid)
              : spec->has_uid           ? spec->uid
                                        : (uid_t)-1;
  if (fchown(*slave, uid, (gid_t)-1) < 0 || fchmod(*slave, 0600) < 0) fail("pty", "/dev/ptmx");
  return master;
}

static void bring_loopback_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("lo", "-");
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) fail("lo", "-");
  close(fd);
}

/* What needs the namespaces but not the ids: done while the parent writes the id maps. */
static void prepare_namespaces(struct spec *spec, struct outside *outside) {
  open_outside(spec, outside);
  if (spec->loopback) bring_loopback_up();
  if (spec->hostname != NULL && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
    fail("hostname", "-");
  if (spec->domainname != NULL && setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
    fail("domainname", "-");
}

static void await_release(int control) {
  char go;
  if (read(control, &go, 1) != 1) _exit(EXIT_REFUSED);
}

/*
 * A change of user clears the request to die with the parent, so it comes behind become. getppid cannot tell
 * whether the parent lived long enough to be followed: it is 0 in a new pid namespace. Its end of the control
 * socket can.
 */
static void follow_supervisor(int control) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) fail("death", "-");
  struct pollfd parent = {control, 0, 0};
  if (poll(&parent, 1, 0) < 0 || (parent.revents & POLLHUP)) _exit(EXIT_REFUSED);
}

static void set_limits(const struct spec *spec) {
  for (size_t i = 0; i < spec->limit_count; i++) {
    struct rlimit limit;
    if (getrlimit(spec->limits[i].resource, &limit) < 0) fail("rlimit", "-");
    limit.rlim_cur = spec->limits[i].soft;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    if (setrlimit(spec->limits[i].resource, &limit) < 0) fail("rlimit", "-");
  }
}

static void set_personality(const struct spec *spec) {
  if (spec->personality == 0) return;
  int current = personality(0xffffffff);
  if (current < 0 || personality((unsigned long)current | spec->personality) < 0)
    fail("personality", "-");
}

static void set_standard_files(int input, int output) {
  if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(output, STDERR_FILENO) < 0)
    fail("stdio", "-");
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

struct child {
  struct spec *spec;
  int control, input, output;
};

static _Noreturn void start_builder(struct child *child) {
  struct spec *spec = child->spec;
  struct outside outside;
  bool sealed = spec->root == ROOT_SEALED;
  report_to(child->control);
  if (sealed) prepare_namespaces(spec, &outside);
  await_release(child->control);
  become(spec);
  if (spec->die_with_parent) follow_supervisor(child->control);
  if (spec->session && setsid() < 0) fail("session", "-");
  umask(0);
  if (sealed) build_root(spec, &outside);
  umask(UMASK);
  if (chdir(spec->cwd) < 0) fail("cwd", spec->cwd);
  set_standard_files(child->input, child->output);
  set_limits(spec);
  set_personality(spec);
  reset_signals();
  if (syscall(NR_CLOSE_RANGE, 3U, ~0U, CLOSE_RANGE_ON_EXEC) < 0) fail("close", "-");
  if (spec->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("nnp", "-");
  if (spec->landlock) scope_abstract_sockets();
  if (spec->seccomp) install_filter();
  execve(spec->program, spec->args.at, spec->env.at);
  fail("exec", spec->program);
}

/* Like fork, in new namespaces. The plain clone call: some container filters refuse clone3. */
static pid_t clone_child(unsigned namespaces, int *pidfd) {
  return (pid_t)syscall(SYS_clone, namespaces | PIDFD | SIGCHLD, NULL, pidfd, NULL, NULL);
}

/* Blocks the signals that ask for an end, and makes them readable. */
static int take_signals(void) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGHUP);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  signal(SIGPIPE, SIG_IGN);
  int fd = signalfd(-1, &ends, SFD_CLOEXEC);
  if (fd < 0) fail("signals", "-");
  return fd;
}

static void own_descriptor(int fd) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) fail("status-fd", "-");
}

/* A child that fails at once is a zombie without id maps by then: what it said comes before what we see. */
static _Noreturn void refuse_id_maps(const struct builder *builder, int error) {
  char line[4096];
  shutdown(builder->control, SHUT_WR);
  ssize_t length = read(builder->control, line, sizeof line);
  if (length <= 0) refuse("idmap", "/proc", error, strerror(error));
  write_all(builder->status_fd, line, (size_t)length);
  _exit(EXIT_REFUSED);
}

static void release(const struct spec *spec, const struct builder *builder) {
  int error = spec->root == ROOT_SEALED ? write_id_maps(spec, builder->pid) : 0;
  if (error != 0) refuse_id_maps(builder, error);
  write_all(builder->control, "!", 1);
}

int run_builder(int spec_fd, pid_t parent, bool proc_is_covered) {
  static struct spec spec;
  size_t length;
  int control[2], slave = -1;
  follow_parent(parent);
  char *text = read_spec(spec_fd, &length);
  close(spec_fd);
  parse_spec(&spec, text, length);
  own_descriptor(spec.status_fd);

  struct builder builder = {.status_fd = spec.status_fd, .master = -1};
  builder.own_pids = spec.root == ROOT_SEALED;
  builder.signals = take_signals();
  if (spec.root == ROOT_SEALED) {
    /* Where it fails, the builder's own is refused, and that is what is reported. */
    if (proc_is_covered) mount_pristine_proc();
    prepare_store_upper(&spec);
    drop_groups();
  }
  if (spec.pty) builder.master = open_terminal(&spec, &slave);
  int input = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (input < 0) fail("stdio", "/dev/null");
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) fail("control", "-");

  builder.pid = clone_child(spec.namespaces, &builder.pidfd);
  if (builder.pid < 0) fail("ns", "-");
  if (builder.pid == 0) {
    close(control[0]);
    if (builder.master >= 0) close(builder.master);
    struct child child = {&spec, control[1], input, slave >= 0 ? slave : STDOUT_FILENO};
    start_builder(&child);
  }
  close(control[1]);
  close(input);
  if (slave >= 0) {
    close(slave);
    fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
  }
  builder.control = control[0];
  release(&spec, &builder);
  int status = supervise(&builder);
  if (spec.root == ROOT_SEALED) clear_store_view(&spec);
  /* The end of the log: from here on upper is the daemon's alone. */
  close(STDOUT_FILENO);
  return status;
}
