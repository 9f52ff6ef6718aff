/* tui/wall_page.c: pages are filled one after the other. */
#include "tui/wall_page.h"

/* From this size on a tile shows what goes on in it. */
#define READABLE_ROWS 10
#define READABLE_COLS 40

static int at_most(int n, int most)
{
    return n < most ? n : most;
}

static int at_least_one(int n)
{
    return n > 1 ? n : 1;
}

bool wall_page_is_crowded(int tiles, int height, int width)
{
    return tiles > at_least_one(height / READABLE_ROWS) * at_least_one(width / READABLE_COLS);
}

/* A page of these tiles, which are those that are left. Idle ones have at most half of it. */
static struct wall_page fill(struct wall_tiles left, int height, int width)
{
    int cols = at_least_one(width / TILE_COLS_MIN);
    int most = left.lively ? height / 2 : height, rows = (left.idle + cols - 1) / cols;
    int lines = at_most(rows, at_least_one(most / TILE_ROWS_IDLE));
    struct wall_page page = { .idle_cols = cols };

    page.grid =
        wall_grid_fit(left.lively, height - (left.lively ? lines * TILE_ROWS_IDLE : 0), width);
    if (left.lively > wall_grid_size(&page.grid)) { /* they need all of it */
        page.grid = wall_grid_fit(left.lively, height, width);
        lines = 0;
    }
    page.lively = at_most(left.lively, wall_grid_size(&page.grid));
    if (!page.lively)
        page.grid.height = 0;
    page.shown = page.lively + at_most(at_most(left.idle, lines * cols), TILES_MAX - page.lively);
    return page;
}

struct wall_page wall_page_fit(struct wall_tiles tiles, int tile, int height, int width)
{
    struct wall_page page = fill(tiles, height, width);

    while (page.shown && tile >= page.first + page.shown) {
        struct wall_page last = page;
        tiles.lively -= last.lively;
        tiles.idle -= last.shown - last.lively;
        page = fill(tiles, height, width);
        page.first = last.first + last.shown;
        page.before = last.first;
    }
    return page;
}

struct area wall_page_place(const struct wall_page *p, int index)
{
    int idle = index - p->lively, left, right, col;

    if (idle < 0)
        return wall_grid_place(&p->grid, index);
    col = idle % p->idle_cols;
    left = p->grid.width * col / p->idle_cols;
    right = p->grid.width * (col + 1) / p->idle_cols;
    return (struct area){ p->grid.height + idle / p->idle_cols * TILE_ROWS_IDLE, left,
                          TILE_ROWS_IDLE, right - left };
}

int wall_page_find(const struct wall_page *p, int row, int col)
{
    for (int i = 0; i < p->shown; i++) {
        struct area a = wall_page_place(p, i);
        if (row >= a.top && row < a.top + a.rows && col >= a.left && col < a.left + a.cols)
            return i;
    }
    return -1;
}
