/*
 * The effect of each event on the grid: modes, cursor movement and the calls to plain_edit.c. The
 * comments name the places where this differs from tmux.
 */
#include "engine/term/plain_grid.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/linedraw.h"
#include "engine/term/sgr.h"
#include "engine/term/width.h"

/* Bytes of SGR sequences in the text for each input byte: a row of many attributes may need more
 * than its input had. */
#define COLOR_SHARE 4

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static void default_tabs(struct plain_grid *g, int from)
{
    for (int i = from; i < TERM_COLS_MAX; i++)
        g->tab[i] = i % 8 == 0;
}

static void reset_modes(struct plain_grid *g)
{
    g->top = 0;
    g->bottom = g->rows - 1;
    g->wrap = true;
    g->insert = g->newline = g->at.origin = g->at.shifted = false;
    g->at.line_drawing[0] = g->at.line_drawing[1] = false;
    g->at.look = 0;
}

/* ---- text ---- */

static void plain_grid_on_text(void *user, const char *s, size_t n)
{
    struct plain_grid *g = user;
    bool drawing = g->at.line_drawing[g->at.shifted];
    uint32_t c = 0;

    g->fed_inside = false;
    for (size_t i = 0; i < n;) {
        c = term_decode(s + i, &i);
        if (drawing)
            c = term_line_drawing(c);
        plain_edit_print(g, c);
    }
    g->last = c;
}

static void plain_grid_on_control(void *user, unsigned char c)
{
    struct plain_grid *g = user;

    g->last = 0;
    if (c != '\r')
        g->fed_inside = false;
    switch (c) {
    case '\b':
        plain_edit_backspace(g);
        break;
    case '\t':
        plain_edit_tab(g);
        break;
    case '\n':
    case '\v':
    case '\f':
        plain_edit_line_feed(g);
        if (g->newline)
            g->at.col = 0;
        break;
    case '\r':
        g->at.col = 0;
        break;
    case 0x0e:
        g->at.shifted = true;
        break;
    case 0x0f:
        g->at.shifted = false;
        break;
    default:
        break;
    }
}

/* ---- cursor ---- */

static void move_up(struct plain_grid *g, int n)
{
    int limit = g->at.row < g->top ? 0 : g->top;

    g->at.row = clamp(g->at.row - n, limit, g->rows - 1);
    if (g->at.col == g->cols)
        g->at.col--;
}

static void move_down(struct plain_grid *g, int n)
{
    int limit = g->at.row > g->bottom ? g->rows - 1 : g->bottom;

    g->at.row = clamp(g->at.row + n, 0, limit);
    if (g->at.col == g->cols)
        g->at.col--;
}

static void move_to_row(struct plain_grid *g, int row)
{
    if (g->at.origin)
        g->at.row = clamp(row + g->top, 0, g->bottom);
    else
        g->at.row = clamp(row, 0, g->rows - 1);
}

static void move_to_col(struct plain_grid *g, int col)
{
    g->at.col = clamp(col, 0, g->cols - 1);
}

static void tab_forward(struct plain_grid *g, int n)
{
    while (n-- > 0 && g->at.col < g->cols - 1) {
        do
            g->at.col++;
        while (g->at.col < g->cols - 1 && !g->tab[g->at.col]);
    }
}

static void tab_back(struct plain_grid *g, int n)
{
    if (g->at.col > g->cols - 1)
        g->at.col = g->cols - 1;
    while (n-- > 0 && g->at.col > 0) {
        do
            g->at.col--;
        while (g->at.col > 0 && !g->tab[g->at.col]);
    }
}

static void restore_cursor(struct plain_grid *g)
{
    g->at = g->saved;
    g->at.row = clamp(g->at.row, 0, g->rows - 1);
    g->at.col = clamp(g->at.col, 0, g->cols - 1);
}

static void set_region(struct plain_grid *g, int top, int bottom)
{
    top = clamp(top - 1, 0, g->rows - 1);
    bottom = clamp(bottom - 1, 0, g->rows - 1);
    if (top >= bottom) /* one row is not a region */
        return;
    g->top = top;
    g->bottom = bottom;
    g->at.row = g->at.col = 0;
}

/* ---- sequences ---- */

static void full_reset(struct plain_grid *g)
{
    if (g->alternate)
        plain_edit_alternate(g, false, false);
    plain_edit_clear_rows(g, 0, g->rows);
    plain_text_drop_history(g);
    reset_modes(g);
    default_tabs(g, 0);
    g->at.row = g->at.col = 0;
    g->saved = g->at;
    g->has_left = g->protects = false;
}

static void designate(struct plain_grid *g, char mid, char set)
{
    if (mid == '(' || mid == ')')
        g->at.line_drawing[mid == ')'] = set == '0';
    else if (mid == '#' && set == '8')
        plain_edit_fill(g);
}

static void plain_grid_on_escape(void *user, char mid, char final)
{
    struct plain_grid *g = user;

    g->last = 0;
    g->fed_inside = false;
    if (mid) {
        designate(g, mid, final);
        return;
    }
    switch (final) {
    case '7':
        g->saved = g->at;
        break;
    case '8':
        restore_cursor(g);
        break;
    case 'c':
        full_reset(g);
        break;
    case 'D':
        plain_edit_line_feed(g);
        break;
    case 'E':
        g->at.col = 0;
        plain_edit_line_feed(g);
        break;
    case 'H':
        if (g->at.col < g->cols)
            g->tab[g->at.col] = 1;
        break;
    case 'M':
        plain_edit_reverse_index(g);
        break;
    default:
        break;
    }
}

static void set_private_mode(struct plain_grid *g, int mode, bool on)
{
    switch (mode) {
    case 6:
        g->at.origin = on;
        move_to_row(g, 0);
        move_to_col(g, 0);
        break;
    case 7:
        g->wrap = on;
        break;
    case 47:
    case 1047:
        plain_edit_alternate(g, on, false);
        break;
    case 1048:
        if (on)
            g->saved = g->at;
        else
            restore_cursor(g);
        break;
    case 1049:
        plain_edit_alternate(g, on, true);
        break;
    default:
        break;
    }
}

static void set_modes(struct plain_grid *g, const struct vt_csi *csi)
{
    bool on = csi->final == 'h';

    for (unsigned i = 0; i < csi->count; i++) {
        if (csi->lead)
            set_private_mode(g, csi->arg[i], on);
        else if (csi->arg[i] == 4)
            g->insert = on;
        else if (csi->arg[i] == 20)
            g->newline = on;
    }
}

static void repeat(struct plain_grid *g, int n)
{
    uint32_t c = g->last;

    if (!c)
        return;
    for (n = clamp(n, 0, g->cols - g->at.col); n > 0; n--)
        plain_edit_print(g, c);
}

static bool do_movement(struct plain_grid *g, const struct vt_csi *csi, int n)
{
    switch (csi->final) {
    case 'A':
        move_up(g, n);
        return true;
    case 'B':
    case 'e':
        move_down(g, n);
        return true;
    case 'C':
    case 'a':
        move_to_col(g, g->at.col + n);
        return true;
    case 'D':
        move_to_col(g, g->at.col - n);
        return true;
    case 'E':
        g->at.col = 0;
        move_down(g, n);
        return true;
    case 'F':
        g->at.col = 0;
        move_up(g, n);
        return true;
    case 'G':
    case '`':
        move_to_col(g, n - 1);
        return true;
    case 'H':
    case 'f':
        move_to_row(g, n - 1);
        move_to_col(g, vt_arg(csi, 1, 1) - 1);
        return true;
    case 'd':
        move_to_row(g, n - 1);
        return true;
    case 'I':
        tab_forward(g, n);
        return true;
    case 'Z':
        tab_back(g, n);
        return true;
    case 's':
        g->saved = g->at;
        return true;
    case 'u':
        restore_cursor(g);
        return true;
    default:
        return false;
    }
}

static void do_edit(struct plain_grid *g, const struct vt_csi *csi, int n)
{
    struct row *row = g->line[g->at.row];
    int col = g->at.col, bottom;

    switch (csi->final) {
    case '@':
        row_insert(row, &g->pool, col, n, g->cols);
        break;
    case 'P':
        row_delete(row, &g->pool, col, n, g->cols);
        break;
    case 'X':
        if (col < g->cols)
            row_erase(row, &g->pool, col, clamp(col + n, 0, g->cols));
        break;
    case 'L':
        plain_edit_insert_lines(g, n);
        break;
    case 'M':
        plain_edit_delete_lines(g, n);
        break;
    case 'S':
        plain_edit_scroll_up(g, n);
        break;
    case 'T':
        if (csi->count == 1)
            plain_edit_scroll_down(g, n);
        break;
    case 'r':
        bottom = vt_arg(csi, 1, g->rows);
        set_region(g, n, bottom ? bottom : g->rows);
        break;
    case 'g':
        if (vt_arg(csi, 0, 0) == 3)
            memset(g->tab, 0, sizeof g->tab);
        else if (vt_arg(csi, 0, 0) == 0 && col < g->cols)
            g->tab[col] = 0;
        break;
    default:
        break;
    }
}

/* DECSCA */
static void protect(struct plain_grid *g, int n)
{
    if (n == 1) {
        g->at.look |= SGR_PROTECTED;
        g->protects = true;
    } else if (n == 0 || n == 2) {
        g->at.look &= ~SGR_PROTECTED;
    }
}

static void plain_grid_on_csi(void *user, const struct vt_csi *csi)
{
    struct plain_grid *g = user;
    int n = vt_arg(csi, 0, 1);
    uint32_t last = g->last;

    g->last = 0;
    if (csi->final != 'm')
        g->fed_inside = false;
    if (csi->mid) {
        if (csi->mid == '!' && csi->final == 'p' && !csi->lead)
            reset_modes(g);
        else if (csi->mid == '"' && csi->final == 'q' && !csi->lead)
            protect(g, vt_arg(csi, 0, 0));
        return;
    }
    if (csi->lead && csi->lead != '?')
        return;
    if (csi->final == 'm') {
        if (g->colors && !csi->lead)
            g->at.look = sgr_apply(g->at.look & ~SGR_PROTECTED, csi) | (g->at.look & SGR_PROTECTED);
    } else if (csi->final == 'h' || csi->final == 'l') {
        set_modes(g, csi);
    } else if (csi->final == 'J') {
        plain_edit_erase_display(g, vt_arg(csi, 0, 0), csi->lead == '?');
    } else if (csi->final == 'K') {
        plain_edit_erase_line(g, vt_arg(csi, 0, 0), csi->lead == '?');
    } else if (csi->lead) {
        return;
    } else if (csi->final == 'b') {
        g->last = last;
        repeat(g, n ? n : 1);
        g->last = 0;
    } else if (!do_movement(g, csi, n ? n : 1)) {
        do_edit(g, csi, n ? n : 1);
    }
}

/* ---- life ---- */

static const struct vt_handler handler = { .text = plain_grid_on_text,
                                           .control = plain_grid_on_control,
                                           .escape = plain_grid_on_escape,
                                           .csi = plain_grid_on_csi };

static void free_lines(struct row **line)
{
    for (int i = 0; line && i < TERM_ROWS_MAX; i++) {
        if (line[i])
            free(line[i]->cell);
        free(line[i]);
    }
    free(line);
}

static struct row *new_row(int size)
{
    struct row *row = calloc(1, sizeof *row);

    if (row)
        row->cell = calloc((size_t)size, sizeof *row->cell);
    if (row && row->cell) {
        row->size = size;
        return row;
    }
    free(row);
    return NULL;
}

static struct row **new_lines(int rows, int cols)
{
    struct row **line = calloc((size_t)TERM_ROWS_MAX, sizeof *line);

    for (int i = 0; line && i < rows; i++) {
        line[i] = new_row(cols);
        if (!line[i]) {
            free_lines(line);
            return NULL;
        }
    }
    return line;
}

bool plain_grid_init(struct plain_grid *g, int rows, int cols, bool alternate, struct buf *out)
{
    memset(g, 0, sizeof *g);
    g->rows = clamp(rows, 1, TERM_ROWS_MAX);
    g->cols = clamp(cols, 2, TERM_COLS_MAX);
    g->out = out;
    g->has_left = alternate;
    g->color_room = SGR_TEXT_MAX;
    g->alternate = alternate;
    g->main_line = new_lines(g->rows, g->cols);
    g->alt_line = new_lines(g->rows, g->cols);
    g->line = alternate ? g->alt_line : g->main_line;
    vtparse_init(&g->parse, &handler, g);
    reset_modes(g);
    default_tabs(g, 0);
    g->saved = g->at;
    return g->main_line && g->alt_line;
}

void plain_grid_release(struct plain_grid *g)
{
    free_lines(g->main_line);
    free_lines(g->alt_line);
    mark_pool_release(&g->pool);
    memset(g, 0, sizeof *g);
}

void plain_grid_feed(struct plain_grid *g, const char *bytes, size_t n)
{
    g->color_room += COLOR_SHARE * n;
    if (!g->failed)
        vtparse_feed(&g->parse, bytes, n);
}

/* Changes how many rows a screen has: blank ones below the cursor go first, then the top rows leave
 * for good. */
static void resize_lines(struct plain_grid *g, struct row **line, int rows, int *cursor_row,
                         bool is_main)
{
    int have = g->rows;

    while (have > rows && have - 1 > *cursor_row && plain_text_row_is_blank(line[have - 1])) {
        have--;
        free(line[have]->cell);
        free(line[have]);
        line[have] = NULL;
    }
    while (have > rows) {
        struct row *gone = line[0];
        if (is_main) {
            plain_text_push(g, gone);
            g->watch.row = g->watch.row > 0 ? g->watch.row - 1 : -1;
        }
        row_clear(gone, &g->pool);
        memmove(line, line + 1, (size_t)(have - 1) * sizeof *line);
        line[--have] = NULL;
        free(gone->cell);
        free(gone);
        if (*cursor_row > 0)
            --*cursor_row;
    }
    for (; have < rows; have++) {
        line[have] = new_row(g->cols);
        if (!line[have])
            break;
    }
    if (have < rows)
        g->failed = true;
}

/* Rows only ever get longer: cells past the margin stay, as text that was printed. */
static bool widen(struct row *row, int cols)
{
    struct row_cell *cell;

    if (row->size >= cols)
        return true;
    cell = realloc(row->cell, (size_t)cols * sizeof *cell);
    if (!cell)
        return false;
    memset(cell + row->size, 0, (size_t)(cols - row->size) * sizeof *cell);
    row->cell = cell;
    row->size = cols;
    return true;
}

void plain_grid_resize(struct plain_grid *g, int rows, int cols)
{
    int *main_row = g->alternate ? &g->entry_row : &g->at.row;
    int alt_row = g->at.row;

    rows = clamp(rows, 1, TERM_ROWS_MAX);
    cols = clamp(cols, 2, TERM_COLS_MAX);
    if (g->failed)
        return;
    resize_lines(g, g->main_line, rows, main_row, true);
    resize_lines(g, g->alt_line, rows, g->alternate ? &g->at.row : &alt_row, false);
    for (int i = 0; i < rows && !g->failed; i++)
        g->failed = !widen(g->main_line[i], cols) || !widen(g->alt_line[i], cols);
    if (g->failed) /* rows may be missing: the grid is unusable */
        return;
    if (g->at.col > cols - 1 && cols != g->cols)
        g->at.col = cols - 1;
    g->at.row = clamp(g->at.row, 0, rows - 1);
    g->entry_row = clamp(g->entry_row, 0, rows - 1);
    g->rows = rows;
    g->cols = cols;
    g->top = 0;
    g->bottom = rows - 1;
}
