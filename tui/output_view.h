/* What a command of pyro's table prints, in a pager, however long it is: once, from its beginning;
 * or, while there may be more, from its end and again as the pager asks. */
#ifndef PYRO_TUI_OUTPUT_VIEW_H
#define PYRO_TUI_OUTPUT_VIEW_H

#include "tui/app.h"

struct output_spec {
    const char *title;
    const char *const *argv; /* without "pyro"; NULL-terminated */
    int dir_fd;              /* where the text lies while it is shown */
    bool timed;              /* its lines begin with times: see tui/pager.h */
    /* The file whose growth, and the directory where a rename, tells that there is more; both or
     * neither. */
    const char *grows, *renames;
    /* What is known once it is shown: screen_views(); views NULL: nothing. */
    const char *views_workspace, *views;
};

/* Reads it, then opens the pager, if the operator is still where this was asked for; one at a time.
 * What the spec points at is copied. */
void output_view_open(struct app *app, const struct output_spec *spec);

#endif
