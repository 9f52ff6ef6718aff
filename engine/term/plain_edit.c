/* Printing, erasing and scrolling on the plain renderer's grid. */
#include <string.h>

#include "engine/term/plain_grid.h"
#include "engine/term/width.h"

static struct row *current(struct plain_grid *g)
{
    return g->line[g->at.row];
}

/* Something is printed at the cursor. */
static void watch_print(struct plain_grid *g, int row, int col)
{
    struct plain_watch *w = &g->watch;

    if (!w->waiting || g->alternate)
        return;
    w->waiting = false;
    w->rewrites = row < w->row || (row == w->row && col < w->col);
}

/* The row above `row` no longer continues into it; that one may have left the screen already. */
static void unwrap_above(struct plain_grid *g, int row)
{
    if (row > 0) {
        g->line[row - 1]->wrapped = false;
    } else if (g->open && !g->alternate) {
        if (!buf_append(g->out, "\n", 1))
            g->failed = true;
        g->open = false;
    }
}

void plain_edit_clear_rows(struct plain_grid *g, int from, int to)
{
    if (from >= to)
        return;
    for (int i = from; i < to; i++)
        row_clear(g->line[i], &g->pool);
    unwrap_above(g, from);
}

/* Takes row `from` out and puts it in at `to`, cleared; the rows between move by one. */
static void rotate(struct plain_grid *g, int from, int to)
{
    struct row *moved = g->line[from];

    if (from < to)
        memmove(&g->line[from], &g->line[from + 1], (size_t)(to - from) * sizeof *g->line);
    else
        memmove(&g->line[to + 1], &g->line[to], (size_t)(from - to) * sizeof *g->line);
    g->line[to] = moved;
    row_clear(moved, &g->pool);
}

void plain_edit_scroll_up(struct plain_grid *g, int n)
{
    if (n > g->bottom - g->top + 1)
        n = g->bottom - g->top + 1;
    while (n-- > 0) {
        if (!g->alternate)
            plain_text_push(g, g->line[g->top]);
        rotate(g, g->top, g->bottom);
        if (!g->alternate && g->watch.row >= g->top && g->watch.row <= g->bottom)
            g->watch.row = g->watch.row > g->top ? g->watch.row - 1 : -1;
    }
}

void plain_edit_scroll_down(struct plain_grid *g, int n)
{
    if (n > g->bottom - g->top + 1)
        n = g->bottom - g->top + 1;
    for (int i = 0; i < n; i++)
        rotate(g, g->bottom, g->top);
    if (n > 0) {
        unwrap_above(g, g->top);
        g->line[g->bottom]->wrapped = false;
    }
}

static int lines_end(const struct plain_grid *g)
{
    return g->at.row >= g->top && g->at.row <= g->bottom ? g->bottom : g->rows - 1;
}

void plain_edit_insert_lines(struct plain_grid *g, int n)
{
    int end = lines_end(g);

    if (n > end - g->at.row + 1)
        n = end - g->at.row + 1;
    for (int i = 0; i < n; i++)
        rotate(g, end, g->at.row);
    unwrap_above(g, g->at.row);
    g->line[end]->wrapped = false;
}

void plain_edit_delete_lines(struct plain_grid *g, int n)
{
    int end = lines_end(g);

    if (n > end - g->at.row + 1)
        n = end - g->at.row + 1;
    for (int i = 0; i < n; i++)
        rotate(g, g->at.row, end);
    unwrap_above(g, g->at.row);
    if (end - n >= g->at.row)
        g->line[end - n]->wrapped = false;
}

void plain_edit_line_feed(struct plain_grid *g)
{
    if (g->at.row == g->bottom)
        plain_edit_scroll_up(g, 1);
    else if (g->at.row < g->rows - 1)
        g->fed_inside = g->line[g->at.row++]->wrapped;
}

void plain_edit_reverse_index(struct plain_grid *g)
{
    if (g->at.row == g->top)
        plain_edit_scroll_down(g, 1);
    else if (g->at.row > 0)
        g->at.row--;
}

void plain_edit_backspace(struct plain_grid *g)
{
    if (g->at.col > 0) {
        g->at.col--;
    } else if (g->at.row > 0 && g->line[g->at.row - 1]->wrapped) {
        g->at.row--;
        g->at.col = g->cols - 1;
    }
}

static void put_tab(struct plain_grid *g, int stop)
{
    if (current(g)->used > g->at.col) /* it is movement */
        return;
    watch_print(g, g->at.row, g->at.col);
    row_tab(current(g), &g->pool, g->at.col, stop);
}

void plain_edit_tab(struct plain_grid *g)
{
    int stop = g->at.col + 1, usual = (g->at.col | 7) + 1;

    if (g->at.col >= g->cols - 1) {
        put_tab(g, g->at.col);
        return;
    }
    while (stop < g->cols - 1 && !g->tab[stop])
        stop++;
    if (usual > g->cols - 1)
        usual = g->cols - 1;
    if (stop == usual) /* read back as a TAB it must lead to the same column */
        put_tab(g, stop);
    g->at.col = stop;
}

void plain_edit_print(struct plain_grid *g, uint32_t codepoint)
{
    int width = term_width(codepoint);

    if (width == 0) {
        watch_print(g, g->at.row, g->at.col);
        row_mark(current(g), &g->pool, g->at.col, codepoint);
        return;
    }
    if (!g->wrap) {
        if (g->at.col > g->cols - 1)
            g->at.col = g->cols - 1;
        if (g->at.col > g->cols - width)
            return;
    } else if (g->at.col > g->cols - width) {
        current(g)->wrapped = true;
        plain_edit_line_feed(g);
        g->fed_inside = false;
        g->at.col = 0;
    }
    watch_print(g, g->at.row, g->at.col);
    if (g->insert)
        row_insert(current(g), &g->pool, g->at.col, width, g->cols);
    if (width == 1)
        row_put_narrow(current(g), &g->pool, g->at.col, codepoint);
    else
        row_put(current(g), &g->pool, g->at.col, codepoint, width);
    for (int i = 0; i < width; i++)
        current(g)->cell[g->at.col + i].look = g->at.look;
    g->at.col += width;
    if (!g->wrap && g->at.col > g->cols - 1)
        g->at.col = g->cols - 1;
}

static bool spares(const struct plain_grid *g, int row, bool selective)
{
    return selective && g->protects && row_is_protected(g->line[row]);
}

/* Clears whole rows except for cells that selective erase spares. */
static void clear_rows(struct plain_grid *g, int from, int to, bool selective)
{
    if (!selective || !g->protects) {
        plain_edit_clear_rows(g, from, to);
        return;
    }
    for (int i = from; i < to; i++) {
        if (spares(g, i, selective))
            row_erase_selectively(g->line[i], &g->pool, 0, g->line[i]->size);
        else
            plain_edit_clear_rows(g, i, i + 1);
    }
}

void plain_edit_erase_line(struct plain_grid *g, int what, bool selective)
{
    int col = g->at.col, from = what == 0 ? col : 0, to = what == 1 ? col + 1 : current(g)->size;

    if (what < 0 || what > 2)
        return;
    if (to > current(g)->size)
        to = current(g)->size;
    if (spares(g, g->at.row, selective)) {
        if (what || col < g->cols)
            row_erase_selectively(current(g), &g->pool, from, to);
    } else if (what == 2 || (what == 0 && col == 0) || (what == 1 && col >= g->cols - 1)) {
        if (current(g)->touched)
            plain_edit_clear_rows(g, g->at.row, g->at.row + 1);
    } else if (what == 1 || col < g->cols) {
        row_erase(current(g), &g->pool, from, to);
    }
}

void plain_edit_erase_display(struct plain_grid *g, int what, bool selective)
{
    int row = g->at.row;

    switch (what) {
    case 0:
        if (g->at.col == 0)
            clear_rows(g, row, row + 1, selective);
        else
            plain_edit_erase_line(g, 0, selective);
        clear_rows(g, row + 1, g->rows, selective);
        break;
    case 1:
        clear_rows(g, 0, row, selective);
        if (g->at.col >= g->cols - 1)
            clear_rows(g, row, row + 1, selective);
        else
            plain_edit_erase_line(g, 1, selective);
        break;
    case 2:
        clear_rows(g, 0, g->rows, selective);
        if (!g->alternate)
            plain_text_drop_history(g);
        break;
    case 3:
        if (!g->alternate)
            plain_text_drop_history(g);
        break;
    default:
        break;
    }
}

void plain_edit_fill(struct plain_grid *g)
{
    watch_print(g, 0, 0);
    plain_edit_clear_rows(g, 0, g->rows);
    for (int row = 0; row < g->rows; row++) {
        for (int col = 0; col < g->cols; col++)
            row_put(g->line[row], &g->pool, col, 'E', 1);
    }
    g->at.row = g->at.col = 0;
    g->top = 0;
    g->bottom = g->rows - 1;
}

void plain_edit_alternate(struct plain_grid *g, bool on, bool cursor)
{
    if (on && !g->alternate) {
        g->entry_row = g->at.row;
        g->entry_col = g->at.col;
        if (cursor) {
            g->left = g->at;
            g->has_left = true;
        }
        g->alternate = true;
        g->line = g->alt_line;
        for (int i = 0; i < g->rows; i++)
            row_clear(g->line[i], &g->pool);
    } else if (!on) {
        if (cursor && g->has_left)
            g->at = g->left;
        if (g->at.col > g->cols - 1)
            g->at.col = g->cols - 1;
        if (g->at.row > g->rows - 1)
            g->at.row = g->rows - 1;
        g->alternate = false;
        g->line = g->main_line;
    }
}
