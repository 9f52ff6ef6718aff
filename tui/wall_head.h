/* The first line of the wall: how many shells there are, and how many of them want something. */
#ifndef PYRO_TUI_WALL_HEAD_H
#define PYRO_TUI_WALL_HEAD_H

#include <stdbool.h>

#include "tui/curses.h"

struct wall_counts {
    int shells, workspaces;
    int asking, failed, waiting;
    int first, shown; /* on the page */
    bool marked;      /* only marked workspaces are on the wall */
};

void wall_head_draw(const struct wall_counts *c, WINDOW *win, int cols);

#endif
