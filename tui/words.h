/*
 * A command line as a person types it, in words: blanks separate them, '…' and "…" keep blanks, a
 * backslash keeps the next character. No variables, patterns or operators: nothing here is a shell.
 */
#ifndef PYRO_TUI_WORDS_H
#define PYRO_TUI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 60

struct words {
    char *items[WORDS_MAX + 1]; /* NULL-terminated */
    size_t count;
    size_t last_at; /* the byte of the line at which the last word begins, or would */
    bool open;      /* the line ends within a word, or a quotation: the last word goes on */
    char *space;
};

/* Takes a line apart; false when it has too many words or a quotation that does not end. Release it
 * in either case. */
bool words_split(const char *line, struct words *ret);
void words_release(struct words *w);

#endif
