/* tui/shell_paint.c: cells to ncurses. */
#include "tui/shell_paint.h"

#include "tui/draw.h"

_Static_assert(TERM_COLOR_INDEX(7) == COLOUR_INDEX(7) && TERM_COLOR_RGB(7) == COLOUR_RGB(7) &&
                   TERM_COLOR_DEFAULT == COLOUR_DEFAULT,
               "cells and pairs name colours alike");

/* What a program leaves at the default has the theme's colours, as all the rest of the screen. */
static struct style style_of(const struct term_cell *cell)
{
    static const struct {
        unsigned term;
        attr_t curses;
    } attributes[] = {
        { TERM_BOLD, A_BOLD },     { TERM_DIM, A_DIM },
        { TERM_ITALIC, A_ITALIC }, { TERM_UNDERLINE_MASK, A_UNDERLINE },
        { TERM_BLINK, A_BLINK },   { TERM_REVERSE, A_REVERSE },
        { TERM_CONCEAL, A_INVIS },
    };
    struct style style = theme_style(ROLE_TEXT);

    if (cell->fg != TERM_COLOR_DEFAULT)
        style.fg = cell->fg;
    if (cell->bg != TERM_COLOR_DEFAULT)
        style.bg = cell->bg;

    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
        if (cell->attr & attributes[i].term)
            style.attrs |= attributes[i].curses;
    return style;
}

static void put(WINDOW *win, int row, int col, struct style style, const wchar_t *chars)
{
    int pair = color_pair(style.fg, style.bg);
    cchar_t cc;

    if (setcchar(&cc, chars, style.attrs, 0, &pair) == OK)
        mvwadd_wch(win, row, col, &cc); /* ERR in the last corner, where it is drawn all the same */
}

/* One cell in `room` columns. */
static void put_cell(WINDOW *win, int row, int col, int room, const struct term_cell *cell)
{
    wchar_t chars[TERM_CELL_CHARS + 1] = { L' ' };
    struct style style = style_of(cell);
    int count = 1;

    if (cell->width == 0 || cell->width > room) { /* half of a character that is not all there */
        put(win, row, col, style, L" ");
        return;
    }
    if (cell->chars[0])
        chars[0] = (wchar_t)cell->chars[0];
    /* ncurses counts by the C library: where that differs, a stand-in keeps the columns right. */
    if (wcwidth(chars[0]) != cell->width) {
        put(win, row, col, style, L"\xfffd");
        if (cell->width > 1)
            put(win, row, col + 1, style, L" ");
        return;
    }
    for (int i = 1; i < TERM_CELL_CHARS && cell->chars[i] && count < CCHARW_MAX - 1; i++)
        if (wcwidth((wchar_t)cell->chars[i]) == 0 && cell->chars[i] != 0xfe0f)
            chars[count++] = (wchar_t)cell->chars[i];
    put(win, row, col, style, chars);
}

static void paint_row(WINDOW *win, int row, const struct term_cell *cells, int cols)
{
    for (int col = 0; col < cols;) {
        put_cell(win, row, col, cols - col, &cells[col]);
        col += cells[col].width == 2 ? 2 : 1;
    }
}

/* Beyond the terminal's last row and column: a line, then nothing. */
static void paint_outside(WINDOW *win, int top, int rows, int cols)
{
    int height = getmaxy(win), width = getmaxx(win);
    struct style border = theme_style(ROLE_BORDER), text = theme_style(ROLE_TEXT);

    for (int row = top; row < height; row++) {
        int from = row < top + rows ? cols : 0;
        draw_fill(win, row, from, width - from, text);
        if (row < top + rows && cols < width)
            put(win, row, cols, border, L"│");
    }
    if (top + rows < height) {
        draw_rule(win, top + rows, 0, cols < width ? cols : width, border);
        if (cols < width)
            put(win, top + rows, cols, border, L"┘");
    }
}

void shell_paint(WINDOW *win, int top, const struct pane_view *view, bool whole)
{
    int rows = view->rows - view->rect.top, cols = view->cols - view->rect.left;
    int height = getmaxy(win) - top, width = getmaxx(win);

    rows = rows < view->rect.rows ? rows : view->rect.rows;
    cols = cols < view->rect.cols ? cols : view->rect.cols;
    rows = rows < height ? rows : height;
    cols = cols < width ? cols : width;
    if (rows < 0 || cols < 0)
        return;
    for (int row = 0; row < rows; row++)
        if (whole || view->dirty[row])
            paint_row(win, top + row, view->cell + (size_t)row * (size_t)view->rect.cols, cols);
    if (rows < height || cols < width)
        paint_outside(win, top, rows, cols);
}
