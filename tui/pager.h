/*
 * Text that stays as it is, at full size: a file, a diff, what a command said. With scrolling in
 * both directions and search. The text may be foreign: tabs are expanded, and what would drive the
 * terminal is shown as escapes.
 */
#ifndef PYRO_TUI_PAGER_H
#define PYRO_TUI_PAGER_H

#include "tui/app.h"

#define PAGER_TEXT_MAX ((size_t)64 * 1024 * 1024)

struct pager_spec {
    const char *title; /* copied, like the next */
    const char *note;  /* beside the title: what is left out, for example; NULL: nothing */
    char *text;        /* taken; ended by a NUL that `len` does not count, and may hold others */
    size_t len;        /* at most PAGER_TEXT_MAX */
    /* How a line looks; NULL: as text. */
    enum role (*role)(const char *line, size_t n);
    /* What the first lines of sections begin with, to which keys go; NULL: there are none. Kept. */
    const char *section;
    bool at_end;    /* begins at its end */
    bool searching; /* begins with asking what to look for */
    /* Of a text that may have grown since: says so in a few words, NULL when it has not. And reads
     * it anew: the pager is gone when this is called. Both NULL: it never grows. */
    const char *(*news)(void *arg);
    void (*again)(void *arg);
    void *arg;
};

/* Pushes it. */
void pager_open(struct app *app, const struct pager_spec *spec);

extern const struct screen_ops pager_ops;

#endif
