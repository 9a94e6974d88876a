/*
 * The rules (roots.md §11.5): no setuid or setgid bits, because a store path must not carry them; no
 * extended attributes, because NARs lose them; no io_uring and openat2, because they do the same things
 * with arguments that a filter cannot see; no keyrings, which namespaces do not separate from the
 * daemon's. mkdir and mkdirat need no rule: the kernel itself drops the two bits from their mode.
 *
 * System calls of a foreign word size are judged by their own table, x32 does not exist, and any other
 * architecture gets ENOSYS. Tables follow the kernel's arch/x86/entry/syscalls and asm-generic/unistd.h.
 */
#include "filter.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"
#include "report.h"

/* linux/filter.h, linux/bpf_common.h */
struct instruction {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t value;
};
struct program {
  unsigned short length;
  struct instruction *code;
};
enum { LOAD = 0x20, JUMP = 0x05, IF_EQUAL = 0x15, IF_AT_LEAST = 0x35, IF_ANY_BIT = 0x45, RETURN = 0x06 };

/* linux/seccomp.h, linux/audit.h */
enum { FILTER_MODE = 1, AT_NUMBER = 0, AT_ARCH = 4, AT_ARGUMENTS = 16 };
static const uint32_t ALLOW = 0x7fff0000, DENY = 0x00050000;
#define ARCH_X86_64 0xc000003eU
#define ARCH_I386 0x40000003U
#define ARCH_AARCH64 0xc00000b7U
#define ARCH_ARM 0x40000028U

enum { SET_ID_BITS = 06000, CREATES = 0100 | 020000000 /* O_CREAT, __O_TMPFILE */, TIOCSTI_ = 0x5412 };

enum action { ALWAYS, SET_ID_MODE, SET_ID_CREATION, TTY_INJECTION };
struct rule {
  uint16_t first, last;
  enum action action;
  uint16_t error;
  uint8_t argument; /* the mode, or the open flags with the mode behind them, or the ioctl number */
};

/* The same number everywhere. */
#define COMMON_RULES                                   \
  {425, 427, ALWAYS, ENOSYS, 0},     /* io_uring_* */  \
  {437, 437, ALWAYS, ENOSYS, 0},     /* openat2 */     \
  {452, 452, SET_ID_MODE, EPERM, 2}, /* fchmodat2 */   \
  {463, 466, ALWAYS, EOPNOTSUPP, 0}  /* *xattrat */

#if defined(__x86_64__)
static const struct rule own_rules[] = {
    {2, 2, SET_ID_CREATION, EPERM, 1},   /* open */
    {16, 16, TTY_INJECTION, EPERM, 1},   /* ioctl */
    {85, 85, SET_ID_MODE, EPERM, 1},     /* creat */
    {90, 91, SET_ID_MODE, EPERM, 1},     /* chmod, fchmod */
    {133, 133, SET_ID_MODE, EPERM, 1},   /* mknod */
    {188, 199, ALWAYS, EOPNOTSUPP, 0},   /* setxattr … fremovexattr */
    {248, 250, ALWAYS, ENOSYS, 0},       /* add_key, request_key, keyctl */
    {257, 257, SET_ID_CREATION, EPERM, 2}, /* openat */
    {259, 259, SET_ID_MODE, EPERM, 2},   /* mknodat */
    {268, 268, SET_ID_MODE, EPERM, 2},   /* fchmodat */
    COMMON_RULES,
};
static const struct rule narrow_rules[] = {
    {5, 5, SET_ID_CREATION, EPERM, 1},   /* open */
    {8, 8, SET_ID_MODE, EPERM, 1},       /* creat */
    {14, 15, SET_ID_MODE, EPERM, 1},     /* mknod, chmod */
    {54, 54, TTY_INJECTION, EPERM, 1},   /* ioctl */
    {94, 94, SET_ID_MODE, EPERM, 1},     /* fchmod */
    {226, 237, ALWAYS, EOPNOTSUPP, 0},   /* setxattr … fremovexattr */
    {286, 288, ALWAYS, ENOSYS, 0},       /* add_key, request_key, keyctl */
    {295, 295, SET_ID_CREATION, EPERM, 2}, /* openat */
    {297, 297, SET_ID_MODE, EPERM, 2},   /* mknodat */
    {306, 306, SET_ID_MODE, EPERM, 2},   /* fchmodat */
    COMMON_RULES,
};
static const uint32_t own_arch = ARCH_X86_64, narrow_arch = ARCH_I386;
#elif defined(__aarch64__)
static const struct rule own_rules[] = {
    {5, 16, ALWAYS, EOPNOTSUPP, 0},      /* setxattr … fremovexattr */
    {29, 29, TTY_INJECTION, EPERM, 1},   /* ioctl */
    {33, 33, SET_ID_MODE, EPERM, 2},     /* mknodat */
    {52, 52, SET_ID_MODE, EPERM, 1},     /* fchmod */
    {53, 53, SET_ID_MODE, EPERM, 2},     /* fchmodat */
    {56, 56, SET_ID_CREATION, EPERM, 2}, /* openat */
    {217, 219, ALWAYS, ENOSYS, 0},       /* add_key, request_key, keyctl */
    COMMON_RULES,
};
static const struct rule narrow_rules[] = {
    {5, 5, SET_ID_CREATION, EPERM, 1},   /* open */
    {8, 8, SET_ID_MODE, EPERM, 1},       /* creat */
    {14, 15, SET_ID_MODE, EPERM, 1},     /* mknod, chmod */
    {54, 54, TTY_INJECTION, EPERM, 1},   /* ioctl */
    {94, 94, SET_ID_MODE, EPERM, 1},     /* fchmod */
    {226, 237, ALWAYS, EOPNOTSUPP, 0},   /* setxattr … fremovexattr */
    {309, 311, ALWAYS, ENOSYS, 0},       /* add_key, request_key, keyctl */
    {322, 322, SET_ID_CREATION, EPERM, 2}, /* openat */
    {324, 324, SET_ID_MODE, EPERM, 2},   /* mknodat */
    {333, 333, SET_ID_MODE, EPERM, 2},   /* fchmodat */
    COMMON_RULES,
};
static const uint32_t own_arch = ARCH_AARCH64, narrow_arch = ARCH_ARM;
#else
#error "enter has no system call table for this architecture: add one to src/enter/filter.c"
#endif

struct writer {
  struct instruction code[256];
  unsigned length;
};

static void put(struct writer *to, unsigned code, uint32_t value, unsigned if_true, unsigned if_false) {
  to->code[to->length++] =
      (struct instruction){(uint16_t)code, (uint8_t)if_true, (uint8_t)if_false, value};
}

/* The low half is all that the kernel looks at in modes, flags and ioctl numbers. Little endian only. */
static void put_load_argument(struct writer *to, unsigned index) {
  put(to, LOAD, AT_ARGUMENTS + 8 * index, 0, 0);
}

/* Each rule ends in RETURN, so that it may use the accumulator that holds the number. */
static void put_rule(struct writer *to, const struct rule *rule) {
  unsigned length[] = {[ALWAYS] = 1, [SET_ID_MODE] = 4, [SET_ID_CREATION] = 6, [TTY_INJECTION] = 4};
  unsigned skip = length[rule->action];
  if (rule->first == rule->last) {
    put(to, IF_EQUAL, rule->first, 0, skip);
  } else {
    put(to, IF_AT_LEAST, rule->first, 0, skip + 1);
    put(to, IF_AT_LEAST, rule->last + 1U, skip, 0);
  }
  if (rule->action == SET_ID_CREATION) {
    put_load_argument(to, rule->argument);
    put(to, IF_ANY_BIT, CREATES, 0, 3);
    put_load_argument(to, rule->argument + 1U);
  } else if (rule->action != ALWAYS) {
    put_load_argument(to, rule->argument);
  }
  if (rule->action == TTY_INJECTION) put(to, IF_EQUAL, TIOCSTI_, 0, 1);
  else if (rule->action != ALWAYS) put(to, IF_ANY_BIT, SET_ID_BITS, 0, 1);
  put(to, RETURN, DENY | rule->error, 0, 0);
  if (rule->action != ALWAYS) put(to, RETURN, ALLOW, 0, 0);
}

static void put_architecture(struct writer *to, uint32_t arch, const struct rule *rules,
                             size_t count) {
  put(to, LOAD, AT_ARCH, 0, 0);
  put(to, IF_EQUAL, arch, 1, 0);
  unsigned jump = to->length;
  put(to, JUMP, 0, 0, 0);
  put(to, LOAD, AT_NUMBER, 0, 0);
#if defined(__x86_64__)
  if (arch == ARCH_X86_64) { /* bit 30 is the mark of x32 */
    put(to, IF_AT_LEAST, 0x40000000, 0, 1);
    put(to, RETURN, DENY | ENOSYS, 0, 0);
  }
#endif
  for (size_t i = 0; i < count; i++) put_rule(to, &rules[i]);
  put(to, RETURN, ALLOW, 0, 0);
  to->code[jump].value = to->length - jump - 1;
}

void install_filter(void) {
  struct writer to = {.length = 0};
  put_architecture(&to, own_arch, own_rules, sizeof own_rules / sizeof *own_rules);
  put_architecture(&to, narrow_arch, narrow_rules, sizeof narrow_rules / sizeof *narrow_rules);
  put(&to, RETURN, DENY | ENOSYS, 0, 0);
  struct program program = {(unsigned short)to.length, to.code};
  if (syscall(SYS_seccomp, FILTER_MODE, 0, &program) < 0) fail("seccomp", "-");
}

void scope_abstract_sockets(void) {
  struct landlock_ruleset scope = {0, 0, LANDLOCK_SCOPE_ABSTRACT};
  int ruleset = (int)syscall(NR_LANDLOCK_CREATE_RULESET, &scope, sizeof scope, 0);
  if (ruleset < 0) {
    /* No Landlock, switched off, or a version without scopes. */
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == E2BIG || errno == EINVAL) return;
    fail("landlock", "-");
  }
  if (syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0) < 0) fail("landlock", "-");
  close(ruleset);
}
