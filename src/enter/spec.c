#include "spec.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report.h"
#include "words.h"

char *read_spec(int fd, size_t *length) {
  size_t room = 1 << 18;
  char *text = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (text == MAP_FAILED) fail("spec", "-");
  *length = 0;
  for (;;) {
    /* One byte stays free behind the text, for the parser. */
    ssize_t got = read(fd, text + *length, room - 1 - *length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("spec", "-");
    if (got == 0) return text;
    *length += (size_t)got;
    if (*length > SPEC_BYTES_MAX) refuse("spec", "-", EFBIG, "longer than 64 MiB");
    if (*length < room - 1) continue;
    text = mremap(text, room, room * 2, MREMAP_MAYMOVE);
    if (text == MAP_FAILED) fail("spec", "-");
    room *= 2;
  }
}

_Noreturn void flaw(const struct parser *parser, const char *reason) {
  char line[32];
  snprintf(line, sizeof line, "line %zu", parser->line);
  refuse("spec", line, EINVAL, reason);
}

void *grown(void *at, size_t count, size_t *room, size_t size) {
  if (count < *room) return at;
  *room = *room == 0 ? 64 : *room * 2;
  at = realloc(at, *room * size);
  if (at == NULL) fail("spec", "-");
  return at;
}

void add_string(struct strings *strings, char *text) {
  strings->at = grown(strings->at, strings->count, &strings->room, sizeof *strings->at);
  strings->at[strings->count++] = text;
}

/* Decimal, no sign, below 2^32 - 1: that value means "no id" to the kernel. */
unsigned parse_number(const struct parser *parser, const struct field *field) {
  unsigned long long value = 0;
  if (field->length == 0 || field->length > 10) flaw(parser, "not a number");
  for (size_t i = 0; i < field->length; i++) {
    if (field->text[i] < '0' || field->text[i] > '9') flaw(parser, "not a number");
    value = value * 10 + (unsigned)(field->text[i] - '0');
  }
  if (value >= UINT32_MAX) flaw(parser, "too large a number");
  return (unsigned)value;
}

mode_t parse_mode(const struct parser *parser, const struct field *field) {
  mode_t mode = 0;
  if (field->length != 4) flaw(parser, "a mode has four octal digits");
  for (size_t i = 0; i < 4; i++) {
    if (field->text[i] < '0' || field->text[i] > '7') flaw(parser, "a mode has four octal digits");
    mode = mode << 3 | (mode_t)(field->text[i] - '0');
  }
  return mode;
}

char *parse_path(const struct parser *parser, const struct field *field) {
  if (field->text[0] != '/') flaw(parser, "not an absolute path");
  if (field->length >= PATH_MAX) flaw(parser, "too long a path");
  for (const char *part = field->text; *part != '\0' && field->length > 1;) {
    const char *name = part + 1;
    size_t length = strcspn(name, "/");
    if (length == 0) flaw(parser, "a path with an empty component");
    if (length > NAME_MAX) flaw(parser, "too long a name");
    if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
      flaw(parser, "a path with . or ..");
    part = name + length;
  }
  return field->text;
}

static int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/* Decodes in place; the result is never longer. Writes the closing NUL over the separator. */
static void decode(const struct parser *parser, struct field *field, const char *end, bool binary) {
  char *to = field->text;
  for (const char *from = field->text; from < end; from++) {
    unsigned char byte = (unsigned char)*from;
    if (byte == '%') {
      int high = end - from > 2 ? hex(from[1]) : -1;
      int low = high >= 0 ? hex(from[2]) : -1;
      if (low < 0) flaw(parser, "an incomplete % escape");
      byte = (unsigned char)(high << 4 | low);
      from += 2;
      if (byte == 0 && !binary) flaw(parser, "a NUL byte");
    } else if (byte <= ' ' || byte == 0x7f) {
      flaw(parser, "a control byte that is not escaped");
    }
    *to++ = (char)byte;
  }
  *to = '\0';
  field->length = (size_t)(to - field->text);
}

static void parse_header(struct parser *parser, const char *line, size_t length) {
  static const char header[] = "tenon-root 1";
  parser->began = length == sizeof header - 1 && memcmp(line, header, length) == 0;
  if (!parser->began) flaw(parser, "not a tenon-root 1 specification");
}

static void parse_line(struct parser *parser, char *line, char *end) {
  char *stop = memchr(line, ' ', (size_t)(end - line));
  const struct word *word = find_word(line, (size_t)((stop == NULL ? end : stop) - line));
  if (word == NULL) flaw(parser, "an unknown word");
  struct field fields[FIELDS_MAX];
  size_t count = 0;
  while (stop != NULL) {
    if (count == word->most) flaw(parser, "too many fields");
    char *start = stop + 1;
    stop = memchr(start, ' ', (size_t)(end - start));
    fields[count].text = start;
    bool binary = word->binary_tail && count + 1 == word->most;
    decode(parser, &fields[count++], stop == NULL ? end : stop, binary);
  }
  if (count < word->least) flaw(parser, "too few fields");
  apply_word(parser, word, fields, count);
}

unsigned outside_id(const struct id_map *map, unsigned inside) {
  for (size_t i = 0; i < map->count; i++)
    if (inside >= map->at[i].inside && inside - map->at[i].inside < map->at[i].length)
      return map->at[i].outside + (inside - map->at[i].inside);
  return NO_ID;
}

static void need(bool truth, const char *otherwise) {
  if (!truth) refuse("spec", "-", EINVAL, otherwise);
}

static void check_sealed(const struct spec *spec) {
  const unsigned always = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
  need((spec->namespaces & always) == always, "a sealed root needs ns user pid mnt");
  need(spec->has_uid && spec->has_gid, "a sealed root needs uid and gid");
  need(outside_id(&spec->uid_map, spec->uid) != NO_ID, "uid is not mapped");
  need(outside_id(&spec->gid_map, spec->gid) != NO_ID, "gid is not mapped");
  need(spec->group_count == 0, "a sealed root has no supplementary groups");
  need(spec->store != NULL && spec->upper != NULL, "no store or store-upper");
  need(spec->proc, "a sealed root needs proc");
  need(!spec->loopback || (spec->namespaces & CLONE_NEWNET), "lo needs ns net");
  need((spec->hostname == NULL && spec->domainname == NULL) || (spec->namespaces & CLONE_NEWUTS),
       "hostname and domainname need ns uts");
}

void parse_spec(struct spec *spec, char *text, size_t length) {
  *spec = (struct spec){.status_fd = -1};
  struct parser parser = {.spec = spec};
  add_string(&spec->args, NULL);
  for (char *line = text, *end; line < text + length; line = end + 1) {
    parser.line++;
    end = memchr(line, '\n', (size_t)(text + length - line));
    if (end == NULL) flaw(&parser, "no end of line");
    if (*line == '#') continue;
    if (parser.ended) flaw(&parser, "a line after the end");
    if (parser.began) parse_line(&parser, line, end);
    else parse_header(&parser, line, (size_t)(end - line));
  }
  need(parser.ended, "cut off: no end");
  need(spec->root != ROOT_NONE, "no root");
  need(spec->status_fd >= 0, "no status-fd");
  need(spec->program != NULL && spec->cwd != NULL, "no exec or cwd");
  if (spec->root == ROOT_SEALED) check_sealed(spec);
  spec->args.at[0] = spec->argv0 != NULL ? spec->argv0 : spec->program;
  add_string(&spec->args, NULL);
  add_string(&spec->env, NULL);
}
