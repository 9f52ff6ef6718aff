/*
 * Which rows of a list are shown. A filter is words, all of which must fit:
 *
 *   word          a part of a column that is searched (the name, a label …)
 *   KEY:word      a part of the column whose title begins with KEY: env:debian, run:vim, label:a=b
 *   /expression/  a POSIX extended regular expression instead of a word, also behind a KEY:
 *   -word !word   what must not fit
 *
 * Case does not matter; "quotation marks" hold blanks together.
 */
#ifndef PYRO_TUI_FILTER_H
#define PYRO_TUI_FILTER_H

#include <regex.h>

#include "tui/columns.h"
#include "tui/field.h"

#define FILTER_TERMS_MAX 16

struct filter {
    char text[FIELD_MAX + 1]; /* that it was made from */
    struct filter_term {
        bool negated;
        int column;     /* -1: those that are searched */
        regex_t *regex; /* NULL: a word */
        char word[FIELD_MAX + 1];
    } terms[FILTER_TERMS_MAX];
    size_t count;
    const char *problem; /* with it, in words; NULL: none */
    char unknown[48];    /* "no column KEY: …" of a word that is taken as it is; "": none */
};

/*
 * Makes it from a text, for these columns; nothing is done when the text is the same. While an
 * expression in it is not valid, as half a bracket is, what the last valid text matched does.
 */
void filter_set(struct filter *f, const struct column *all, const char *text);
void filter_release(struct filter *f);
bool filter_matches(const struct filter *f, const struct columns *t, void *row);

#endif
