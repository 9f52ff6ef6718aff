/*
 * Which tiles are on a page of the wall, and where: the lively ones in a grid, and below it those
 * that are idle, two rows each. All lively ones come first.
 */
#ifndef PYRO_TUI_WALL_PAGE_H
#define PYRO_TUI_WALL_PAGE_H

#include <stdbool.h>

#include "tui/wall_grid.h"

#define TILE_ROWS_IDLE 2

struct wall_page {
    int first, shown; /* tiles */
    int before;       /* the first one of the page before; `first` on the first page */
    struct wall_grid grid;
    int lively;    /* tiles in the grid */
    int idle_cols; /* idle ones beside each other */
};

/* The tiles of the wall: `lively` first, then `idle`. */
struct wall_tiles {
    int lively, idle;
};
/* The page that has a tile, on so many rows and columns. */
struct wall_page wall_page_fit(struct wall_tiles tiles, int tile, int height, int width);
/* Of the tile with this index on the page. */
struct area wall_page_place(const struct wall_page *p, int index);
/* Which tile of the page has this cell; -1: none. */
int wall_page_find(const struct wall_page *p, int row, int col);
/* Whether so many tiles are more than can be shown at a readable size. */
bool wall_page_is_crowded(int tiles, int height, int width);

#endif
