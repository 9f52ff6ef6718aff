/*
 * What a workspace's last shell shows, live, in a place of another screen: drawn by a process that
 * begins a moment after the shell was chosen, so that passing by starts none.
 */
#ifndef PYRO_TUI_PREVIEW_H
#define PYRO_TUI_PREVIEW_H

#include "engine/shell/live.h"
#include "tui/area.h"
#include "tui/curses.h"
#include "tui/model.h"
#include "vmm/base/loop.h"

struct preview {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1], shell[SHELL_ID_MAX + 1]; /* "": none */
    struct live *live;                                         /* NULL: not yet, or it failed */
    struct pane_rect rect;
    struct loop_timer timer;
};

void preview_init(struct preview *p, struct app *app);
/* Nothing is shown until the next preview_draw(): the screen is covered, or about to be freed. */
void preview_close(struct preview *p);
/* Draws this shell of the workspace. */
void preview_draw(struct preview *p, WINDOW *win, const struct area *place,
                  const struct watched_workspace *w, const struct watched_shell *shell);

#endif
