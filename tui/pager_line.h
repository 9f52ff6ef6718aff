/* One line of a text that is read, drawn: tabs expanded, what would drive the terminal escaped,
 * what is looked for marked. */
#ifndef PYRO_TUI_PAGER_LINE_H
#define PYRO_TUI_PAGER_LINE_H

#include "tui/draw.h"

struct pager_line {
    const char *bytes;
    size_t n; /* at most PAGER_LINE_MAX */
    const uint64_t
        *looks; /* of each byte (engine/term/sgr.h), over the style; NULL: none has any */
    struct style style;
    const char *pattern; /* what is looked for; "": nothing */
    bool filled;         /* its style goes on to the end of the row */
    bool wrapped; /* what does not fit is on the next row; else "…" says that there is more */
};

/* Into a row of its place; `left`: columns that are scrolled away. */
void pager_line_draw(WINDOW *win, const struct area *place, int left,
                     const struct pager_line *line);
/* The columns of all of it. */
int pager_line_width(const struct pager_line *line);

#endif
