/* How tiles share a screen: a grid of equal places, row by row. */
#ifndef PYRO_TUI_WALL_GRID_H
#define PYRO_TUI_WALL_GRID_H

#include "tui/area.h"

/* The least that a tile can be read in, its frame included. */
#define TILE_ROWS_MIN 6
#define TILE_COLS_MIN 26
#define TILES_MAX 64 /* on one page: each has a process of its own */

struct wall_grid {
    int height, width; /* of the whole */
    int rows, cols;    /* tiles below, and beside, each other */
};

/* The grid that shows most of `count` screens of the usual size; when not all fit, as many as do.
 * There is always room for one. */
struct wall_grid wall_grid_fit(int count, int height, int width);
int wall_grid_size(const struct wall_grid *g);
/* Of the tile with this index on a page; the places fill the whole without gaps. */
struct area wall_grid_place(const struct wall_grid *g, int index);
/* Which of the `count` tiles of a page has this cell; -1: none. */
int wall_grid_find(const struct wall_grid *g, int count, int row, int col);

#endif
