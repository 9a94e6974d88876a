/* Between spec.c, which cuts the text into fields, and words.c, which knows the words. */
#ifndef TENON_WORDS_H
#define TENON_WORDS_H

#include "spec.h"

enum { FIELDS_MAX = 8 };

struct field {
  char *text; /* ends in NUL; only a file's content may contain others */
  size_t length;
};

struct parser {
  struct spec *spec;
  size_t line;
  bool began, ended;
};

struct word {
  const char *name;
  unsigned char least, most; /* fields */
  enum { CUSTOM, SWITCH, TEXT, PATH } kind;
  bool sealed_only;
  bool binary_tail; /* the last field may contain NUL */
  size_t offset;    /* in struct spec, of the bool or the char * of all kinds but CUSTOM */
  const char *on;   /* the one value of a SWITCH */
  void (*handle)(struct parser *parser, struct field *fields, size_t count);
};

const struct word *find_word(const char *name, size_t length);

/* Applies one line. */
void apply_word(struct parser *parser, const struct word *word, struct field *fields, size_t count);

_Noreturn void flaw(const struct parser *parser, const char *reason);
unsigned parse_number(const struct parser *parser, const struct field *field);
mode_t parse_mode(const struct parser *parser, const struct field *field);
char *parse_path(const struct parser *parser, const struct field *field);

/* Makes room for one more item. The count is that of lines really seen, never one that a line claims. */
void *grown(void *at, size_t count, size_t *room, size_t size);
void add_string(struct strings *strings, char *text);

#endif
