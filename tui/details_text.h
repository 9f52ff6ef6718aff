/*
 * What a command of pyro says about a workspace, in a place of another screen: run a moment after
 * the workspace was chosen, and again when another one is.
 */
#ifndef PYRO_TUI_DETAILS_TEXT_H
#define PYRO_TUI_DETAILS_TEXT_H

#include "tui/area.h"
#include "tui/curses.h"
#include "tui/job.h"
#include "tui/model.h"

struct details_text {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1]; /* "": none */
    const char *const *words;         /* of the command; "ID" is the workspace */
    struct job *job;
    char *text; /* NULL: not there yet */
    bool said;  /* the text is what the command said, not why it failed */
    struct loop_timer timer;
};

void details_text_init(struct details_text *t, struct app *app);
void details_text_close(struct details_text *t);
/* `draw` draws what it said; NULL: as it is. */
typedef void details_text_draw_fn(WINDOW *win, const struct area *place, const char *text);
void details_text_draw(struct details_text *t, WINDOW *win, const struct area *place,
                       const struct watched_workspace *w, const char *const *words,
                       details_text_draw_fn *draw);

#endif
