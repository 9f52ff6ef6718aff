/* The human forms that several commands share. */
#ifndef PYRO_CMD_SHOW_H
#define PYRO_CMD_SHOW_H

#include <stdio.h>

#include <jansson.h>

/* "Key: value", the value escaped; nothing when it is NULL or empty. */
void show_line(FILE *out, const char *key, const char *value);
/* The same with a number. */
void show_number(FILE *out, const char *key, int64_t value);
/* The block that create, status, start, stop and update end with. */
void show_workspace(const json_t *workspace, FILE *out);
/* The block of env inspect and env pull, after their first line. */
void show_environment(const json_t *environment, FILE *out);
/* The text that is the whole of a result, its member "page". */
void show_page(const json_t *result, FILE *out);
/* The state of an object's `attention`, "-" for none: one word, for a table. */
const char *show_attention(const json_t *object);
/* A command's words as a shell reads them, escaped. */
void show_command(FILE *out, const json_t *words);

#endif
