/*
 * Asks the kernel for what a builder may not have, by system call number, and prints one line for each call:
 * `64 chmod-setuid EPERM`. On x86_64 the calls are also made as i386 ones, through int 0x80; their pointers lie
 * below 4 GiB for that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE = O_CREAT | O_WRONLY, TEMPORARY = 020000000 | 0200000 | O_WRONLY, FD = -1000, NONE = -1 };
#define HERE AT_FDCWD

struct call {
  const char *name;
  int native, narrow; /* NONE: no such call there */
  long arguments[5];  /* FD stands for a descriptor of "file"; S(n) for a string */
};

static char *strings;
enum { FILE_NAME = 0, NEW_NAME = 16, DIR_NAME = 32, ATTRIBUTE = 48, VALUE = 64, DOT = 80, ZEROES = 96 };
#define S(offset) (-2000 - (offset))

#if defined(__x86_64__)
#define NATIVE(x86_64, aarch64) x86_64
#else
#define NATIVE(x86_64, aarch64) aarch64
#endif

static const struct call calls[] = {
    {"chmod-setuid", NATIVE(90, NONE), 15, {S(FILE_NAME), 04755}},
    {"chmod-setgid", NATIVE(90, NONE), 15, {S(FILE_NAME), 02755}},
    {"chmod-plain", NATIVE(90, NONE), 15, {S(FILE_NAME), 01755}},
    {"fchmod-setuid", NATIVE(91, 52), 94, {FD, 04755}},
    {"fchmod-plain", NATIVE(91, 52), 94, {FD, 0755}},
    {"fchmodat-setgid", NATIVE(268, 53), 306, {HERE, S(FILE_NAME), 02755}},
    {"fchmodat-plain", NATIVE(268, 53), 306, {HERE, S(FILE_NAME), 0755}},
    {"fchmodat2-setuid", 452, 452, {HERE, S(FILE_NAME), 04755, 0}},
    {"open-setuid", NATIVE(2, NONE), 5, {S(NEW_NAME), CREATE, 04755}},
    {"open-plain", NATIVE(2, NONE), 5, {S(NEW_NAME), CREATE, 0755}},
    {"open-existing", NATIVE(2, NONE), 5, {S(FILE_NAME), O_RDONLY, 06777}},
    {"openat-setgid", NATIVE(257, 56), 295, {HERE, S(NEW_NAME), CREATE, 02755}},
    {"openat-tmpfile-setuid", NATIVE(257, 56), 295, {HERE, S(DOT), TEMPORARY, 04755}},
    {"openat-plain", NATIVE(257, 56), 295, {HERE, S(NEW_NAME), CREATE, 0755}},
    {"openat-existing", NATIVE(257, 56), 295, {HERE, S(FILE_NAME), O_RDONLY, 06777}},
    {"creat-setuid", NATIVE(85, NONE), 8, {S(NEW_NAME), 04755}},
    {"creat-plain", NATIVE(85, NONE), 8, {S(NEW_NAME), 0755}},
    {"mknod-setuid", NATIVE(133, NONE), 14, {S(NEW_NAME), S_IFREG | 04755, 0}},
    {"mknod-plain", NATIVE(133, NONE), 14, {S(NEW_NAME), S_IFREG | 0755, 0}},
    {"mknodat-setgid", NATIVE(259, 33), 297, {HERE, S(NEW_NAME), S_IFREG | 02755, 0}},
    {"mknodat-plain", NATIVE(259, 33), 297, {HERE, S(NEW_NAME), S_IFREG | 0755, 0}},
    {"mkdir-bits", NATIVE(83, NONE), 39, {S(DIR_NAME), 06755}},
    {"mkdirat-bits", NATIVE(258, 34), 296, {HERE, S(DIR_NAME), 06755}},
    {"setxattr", NATIVE(188, 5), 226, {S(FILE_NAME), S(ATTRIBUTE), S(VALUE), 1, 0}},
    {"lsetxattr", NATIVE(189, 6), 227, {S(FILE_NAME), S(ATTRIBUTE), S(VALUE), 1, 0}},
    {"fsetxattr", NATIVE(190, 7), 228, {FD, S(ATTRIBUTE), S(VALUE), 1, 0}},
    {"getxattr", NATIVE(191, 8), 229, {S(FILE_NAME), S(ATTRIBUTE), 0, 0}},
    {"lgetxattr", NATIVE(192, 9), 230, {S(FILE_NAME), S(ATTRIBUTE), 0, 0}},
    {"fgetxattr", NATIVE(193, 10), 231, {FD, S(ATTRIBUTE), 0, 0}},
    {"listxattr", NATIVE(194, 11), 232, {S(FILE_NAME), 0, 0}},
    {"llistxattr", NATIVE(195, 12), 233, {S(FILE_NAME), 0, 0}},
    {"flistxattr", NATIVE(196, 13), 234, {FD, 0, 0}},
    {"removexattr", NATIVE(197, 14), 235, {S(FILE_NAME), S(ATTRIBUTE)}},
    {"lremovexattr", NATIVE(198, 15), 236, {S(FILE_NAME), S(ATTRIBUTE)}},
    {"fremovexattr", NATIVE(199, 16), 237, {FD, S(ATTRIBUTE)}},
    {"setxattrat", 463, 463, {HERE, S(FILE_NAME), 0, S(ATTRIBUTE), S(ZEROES)}},
    {"getxattrat", 464, 464, {HERE, S(FILE_NAME), 0, S(ATTRIBUTE), S(ZEROES)}},
    {"listxattrat", 465, 465, {HERE, S(FILE_NAME), 0, 0, 0}},
    {"removexattrat", 466, 466, {HERE, S(FILE_NAME), 0, S(ATTRIBUTE)}},
    {"openat2", 437, 437, {HERE, S(FILE_NAME), S(ZEROES), 24}},
    {"io_uring_setup", 425, 425, {1, S(ZEROES)}},
    {"io_uring_enter", 426, 426, {FD, 0, 0, 0, 0}},
    {"io_uring_register", 427, 427, {FD, 0, 0, 0}},
    {"add_key", NATIVE(248, 217), 286, {S(ATTRIBUTE), S(ATTRIBUTE), S(VALUE), 1, -5}},
    {"request_key", NATIVE(249, 218), 287, {S(ATTRIBUTE), S(ATTRIBUTE), 0, 0}},
    {"keyctl", NATIVE(250, 219), 288, {0, -3, 0}},
    {"tiocsti", NATIVE(16, 29), 54, {1, 0x5412, S(VALUE)}},
    {"tcgets", NATIVE(16, 29), 54, {1, 0x5401, S(ZEROES)}},
    {"getuid", NATIVE(102, 174), 199, {0}},
};

static long ask_native(long number, const long *a) {
  long result = syscall(number, a[0], a[1], a[2], a[3], a[4]);
  return result < 0 ? -errno : result;
}

#if defined(__x86_64__)
static long ask_narrow(long number, const long *a) {
  int result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}
#endif

static void show(const char *width, const char *name, long result) {
  struct stat made;
  printf("%s %s %s", width, name, result < 0 ? strerrorname_np((int)-result) : "ok");
  if (stat(strings + DIR_NAME, &made) == 0) printf(" %o", made.st_mode & 07777);
  printf("\n");
}

static void run(const char *width, const struct call *call, long number,
                long (*ask)(long, const long *), int file) {
  long arguments[5];
  for (int i = 0; i < 5; i++) {
    long value = call->arguments[i];
    arguments[i] = value == FD ? file : value <= -2000 ? (long)(strings - (value + 2000)) : value;
  }
  show(width, call->name, ask(number, arguments));
  unlink(strings + NEW_NAME);
  rmdir(strings + DIR_NAME);
}

int main(void) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#if defined(__x86_64__)
  flags |= MAP_32BIT;
#endif
  strings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);
  strcpy(strings + FILE_NAME, "file");
  strcpy(strings + NEW_NAME, "new");
  strcpy(strings + DIR_NAME, "dir");
  strcpy(strings + ATTRIBUTE, "user.name");
  strcpy(strings + VALUE, "v");
  strcpy(strings + DOT, ".");
  int file = open("file", O_CREAT | O_RDWR, 0644);
  umask(0);
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (calls[i].native != NONE) run("64", &calls[i], calls[i].native, ask_native, file);
#if defined(__x86_64__)
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    run("32", &calls[i], calls[i].narrow, ask_narrow, file);
  const struct call high = {"chmod-high-bits", 90, 90, {S(FILE_NAME), 0x100000000 + 04755}};
  run("64", &high, 90, ask_native, file);
  const struct call x32 = {"x32-chmod", 90, 90, {S(FILE_NAME), 0755}};
  run("64", &x32, 0x40000000 + 90, ask_native, file);
#endif
  return 0;
}
