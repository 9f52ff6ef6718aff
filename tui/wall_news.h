/* What failed in workspaces on the wall and no tile shows: services, machines, and commands where
 * no shell is open. */
#ifndef PYRO_TUI_WALL_NEWS_H
#define PYRO_TUI_WALL_NEWS_H

#include "tui/curses.h"
#include "tui/model.h"
#include "vmm/base/buf.h"

#define WALL_NEWS_MAX 8192

struct wall_news {
    int count;
    struct buf line; /* all of them, shortly; of WALL_NEWS_MAX */
    char first[512];
};

void wall_news_clear(struct wall_news *n);
/* Adds those of a workspace; `tiled`: it has a tile, which shows its command that failed. */
void wall_news_add(struct wall_news *n, const struct watched_workspace *w, bool tiled);
/* Nothing when there are none. */
void wall_news_draw(const struct wall_news *n, WINDOW *win, int row, int cols);

#endif
