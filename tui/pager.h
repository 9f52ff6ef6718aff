/*
 * Text that stays as it is, at full size: a file, a diff, what a command said. With scrolling in
 * both directions and search. The text may be foreign: tabs are expanded, and what would drive the
 * terminal is shown as escapes.
 */
#ifndef PYRO_TUI_PAGER_H
#define PYRO_TUI_PAGER_H

#include "tui/app.h"

#define PAGER_TEXT_MAX ((size_t)512 * 1024 * 1024)

struct pager_spec {
    const char *title; /* copied, like the next */
    const char *note;  /* beside the title: what is left out, for example; NULL: nothing */
    char *text;        /* taken; ended by a NUL that `len` does not count, and may hold others */
    size_t len;        /* at most PAGER_TEXT_MAX */
    size_t skip;       /* bytes of `text` that are not shown: a head that says something else */
    bool mapped;  /* `text` is from mmap(2), not from malloc(3): for a long one; no NUL needed */
    bool colored; /* SGR sequences in it are colours */
    bool timed;   /* each line begins with a time, as `shell read --times` writes it */
    /* How a line looks, in the text that begins at `text`; NULL: as text. A ground of its own goes
     * on to the end of the row. */
    enum role (*role)(const char *text, const char *line, size_t n);
    /* A line in other words, into `ret` and `looks` (which may be NULL), with room for `size` bytes
     * of each; returns how many, 0 for a line that is shown as it is. NULL: all are. */
    size_t (*show)(const void *arg, const char *line, size_t n, char *ret, uint64_t *looks,
                   size_t size);
    /* The beginning of the first line of each section, to which keys go; NULL: no sections. Kept.
     */
    const char *section;
    bool at_end;    /* begins at its end */
    bool searching; /* begins with asking what to look for */
    /*
     * The text comes with pager_fill(), and again whenever `again` asks for it; `news` says whether
     * there is more. `closed`: the pager is gone. All NULL: the text is `text`.
     */
    bool (*news)(void *arg);
    void (*again)(void *arg);
    void (*closed)(void *arg);
    /* Whether the text lacks something above that could be read, and how to: some of it, or all.
     * Both may be NULL. */
    bool (*has_older)(void *arg);
    void (*older)(void *arg, bool all);
    void *arg;
};

struct pager;

/* Pushes it; it is owned by the app. */
struct pager *pager_open(struct app *app, const struct pager_spec *spec);
/* Another text for an open one, taken, and its note; `ok` false: there is none, and the operator
 * knows why. */
void pager_fill(struct pager *p, bool ok, char *text, size_t len, const char *note);

extern const struct screen_ops pager_ops;

#endif
