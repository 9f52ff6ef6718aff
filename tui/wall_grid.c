/* tui/wall_grid.c: how many tiles fit, and where each is. */
#include "tui/wall_grid.h"

#define USUAL_ROWS 24
#define USUAL_COLS 80
#define FRAME 2

static int at_least_one(int n)
{
    return n > 1 ? n : 1;
}

static int at_most(int n, int most)
{
    return n < most ? n : most;
}

/* How many cells of a screen of the usual size are seen in a tile. */
static int cells_seen(int height, int width)
{
    return at_most(height - FRAME, USUAL_ROWS) * at_most(width - FRAME, USUAL_COLS);
}

struct wall_grid wall_grid_fit(int count, int height, int width)
{
    int rows_max = at_least_one(height / TILE_ROWS_MIN);
    int cols_max = at_least_one(width / TILE_COLS_MIN);
    struct wall_grid best = { height, width, rows_max, cols_max };
    int best_seen = 0, best_places = 0;

    while (wall_grid_size(&best) > TILES_MAX)
        best.rows--;
    if (count > wall_grid_size(&best))
        return best;
    for (int cols = 1; cols <= cols_max; cols++) {
        int rows = at_least_one((count + cols - 1) / cols), seen;
        if (rows > rows_max || rows * cols > TILES_MAX)
            continue;
        seen = cells_seen(height / rows, width / cols);
        if (seen > best_seen || (seen == best_seen && rows * cols < best_places)) {
            best.rows = rows, best.cols = cols;
            best_seen = seen, best_places = rows * cols;
        }
    }
    return best;
}

int wall_grid_size(const struct wall_grid *g)
{
    return g->rows * g->cols;
}

struct area wall_grid_place(const struct wall_grid *g, int index)
{
    int row = index / g->cols, col = index % g->cols;
    int top = g->height * row / g->rows, left = g->width * col / g->cols;

    return (struct area){ top, left, g->height * (row + 1) / g->rows - top,
                          g->width * (col + 1) / g->cols - left };
}

int wall_grid_find(const struct wall_grid *g, int count, int row, int col)
{
    for (int i = 0; i < count; i++) {
        struct area p = wall_grid_place(g, i);
        if (row >= p.top && row < p.top + p.rows && col >= p.left && col < p.left + p.cols)
            return i;
    }
    return -1;
}
