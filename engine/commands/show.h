/* The human forms that several commands share. */
#ifndef PYRO_COMMANDS_SHOW_H
#define PYRO_COMMANDS_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* "Key: value", the value escaped; nothing when it is NULL or empty. */
void show_line(FILE *out, const char *key, const char *value);
/* The same with a number. */
/* A line of strings; none when there are none. */
void show_strings(FILE *out, const char *key, const json_t *list);
void show_number(FILE *out, const char *key, int64_t value);
/* The block that create, status, start, stop and update end with. */
void show_workspace(const json_t *workspace, FILE *out);
/* The block of env inspect and env pull, after their first line. */
void show_environment(const json_t *environment, FILE *out);
/* The text that is the whole of a result, its member "page". */
void show_page(const json_t *result, FILE *out);
/* What a workspace or shell does or needs, in one word (attention_word()), "-" for nothing. */
void show_attention(const json_t *object, FILE *out);
/* The words of an object's `command` as a shell reads them, escaped. */
void show_command(const json_t *object, FILE *out);

/* A column of a table: a member of each object, a string or an integer ("-": null), or what `show`
 * prints of the object. */
struct show_column {
    const char *title;
    int width; /* at least; 0: that of its widest text, and none if there is none */
    const char *member;
    void (*show)(const json_t *object, FILE *out);
    bool to_the_right; /* with two spaces after it, not one */
};
/* The titles, and a line for each object of the list; `none` if there are none (NULL: the titles).
 * The columns end with a NULL title, and the last one is as wide as its text. */
void show_table(const json_t *list, const struct show_column *columns, const char *none, FILE *out);

/* A line for each spare (spares.h): what it is and what it costs. */
void show_spares(const json_t *spares, FILE *out);

#endif
