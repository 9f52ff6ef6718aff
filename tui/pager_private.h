/* Shared by the two halves of the pager: what is done (pager.c), and how it looks
 * (pager_paint.c). */
#ifndef PYRO_TUI_PAGER_PRIVATE_H
#define PYRO_TUI_PAGER_PRIVATE_H

#include "tui/field.h"
#include "tui/pager.h"
#include "tui/pager_text.h"

struct pager {
    struct screen screen;
    struct pager_spec spec;
    char *title, *note;
    struct pager_text text;
    bool indexing;   /* the text is being looked through for its lines: nothing is shown yet */
    bool missing;    /* the text could not be read */
    bool look_later; /* … and then searched */
    struct pager_search look; /* under way while `wanted` is set */
    pager_wanted_fn *wanted;
    const char *pattern;
    struct loop_deferred slice; /* of either */
    size_t first;               /* line */
    size_t found; /* the line gone to last, which may be below the first; NONE once scrolled */
    int left;     /* columns that are scrolled away */
    struct field search;
    bool backward; /* the search's own direction: upwards from the end, else downwards */
    bool typing;
    bool selecting; /* lines from `anchor` to `point` are selected */
    size_t anchor, point;
};

/* How many lines are seen at once. */
int pager_rows(const struct pager *p);
/* Draws all of it. */
void pager_paint(struct pager *p, WINDOW *win);

#endif
