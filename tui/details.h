/* All there is to say about one workspace, in a rectangle of any shape. */
#ifndef PYRO_TUI_DETAILS_H
#define PYRO_TUI_DETAILS_H

#include "tui/draw.h"
#include "tui/model.h"

void details_draw(const struct model *m, WINDOW *win, int row, int col, int rows, int cols,
                  struct watched_workspace *w, double now);

#endif
