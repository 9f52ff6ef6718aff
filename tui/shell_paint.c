/* tui/shell_paint.c: cells to ncurses. */
#include "tui/shell_paint.h"

#include "tui/draw.h"

_Static_assert(TERM_COLOR_INDEX(7) == COLOUR_INDEX(7) && TERM_COLOR_RGB(7) == COLOUR_RGB(7) &&
                   TERM_COLOR_DEFAULT == COLOUR_DEFAULT,
               "cells and pairs name colours alike");

struct style shell_paint_style(struct style under, uint32_t fg, uint32_t bg, unsigned attr)
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
    struct style style = under;

    if (fg != TERM_COLOR_DEFAULT)
        style.fg = fg;
    if (bg != TERM_COLOR_DEFAULT)
        style.bg = bg;

    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
        if (attr & attributes[i].term)
            style.attrs |= attributes[i].curses;
    return style;
}

/* Colours that a program leaves at the default are the theme's, as on all the rest of the screen.
 */
static struct style style_of(const struct term_cell *cell)
{
    return shell_paint_style(theme_style(ROLE_TEXT), cell->fg, cell->bg, cell->attr);
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
        if (draw_keeps_mark(cell->chars[i]))
            chars[count++] = (wchar_t)cell->chars[i];
    put(win, row, col, style, chars);
}

static void paint_row(WINDOW *win, int row, int left, const struct term_cell *cells, int cols)
{
    for (int col = 0; col < cols;) {
        put_cell(win, row, left + col, cols - col, &cells[col]);
        col += cells[col].width == 2 ? 2 : 1;
    }
}

/* Beyond the terminal's last row and column: a line, then nothing. */
static void paint_outside(WINDOW *win, const struct area *p, int rows, int cols)
{
    struct style border = theme_style(ROLE_BORDER), text = theme_style(ROLE_TEXT);

    for (int row = 0; row < p->rows; row++) {
        int from = row < rows ? cols : 0;
        draw_fill(win, p->top + row, p->left + from, p->cols - from, text);
        if (row < rows && cols < p->cols)
            put(win, p->top + row, p->left + cols, border, L"│");
    }
    if (rows < p->rows) {
        draw_rule(win, p->top + rows, p->left, cols < p->cols ? cols : p->cols, border);
        if (cols < p->cols)
            put(win, p->top + rows, p->left + cols, border, L"┘");
    }
}

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

void shell_paint(WINDOW *win, const struct area *p, const struct pane_view *view, bool whole)
{
    int rows = least(view->rows - view->rect.top, view->rect.rows, p->rows);
    int cols = least(view->cols - view->rect.left, view->rect.cols, p->cols);

    if (rows < 0 || cols < 0)
        return;
    for (int row = 0; row < rows; row++)
        if (whole || view->dirty[row])
            paint_row(win, p->top + row, p->left,
                      view->cell + (size_t)row * (size_t)view->rect.cols, cols);
    if (rows < p->rows || cols < p->cols)
        paint_outside(win, p, rows, cols);
}

static int clamp(int value, int high)
{
    return value > high ? (high > 0 ? high : 0) : value > 0 ? value : 0;
}

static struct pane_rect rect_on_screen(const struct pane_view *view, struct pane_rect rect)
{
    rect.top = clamp(rect.top, view->rows - rect.rows);
    rect.left = clamp(rect.left, view->cols - rect.cols);
    return rect;
}

struct pane_rect shell_rect_at_cursor(const struct pane_view *view, struct pane_rect rect)
{
    if (view->cursor_row < rect.top)
        rect.top = view->cursor_row;
    if (view->cursor_row >= rect.top + rect.rows)
        rect.top = view->cursor_row - rect.rows + 1;
    if (view->cursor_col < rect.cols)
        rect.left = 0;
    else if (view->cursor_col < rect.left || view->cursor_col >= rect.left + rect.cols)
        rect.left = view->cursor_col - rect.cols / 2;
    return rect_on_screen(view, rect);
}

struct pane_rect shell_rect_of(const struct pane_view *view, struct pane_rect rect, bool panned)
{
    return panned ? rect_on_screen(view, rect) : shell_rect_at_cursor(view, rect);
}

struct pane_rect shell_rect_of_lines(const struct pane_view *view, struct pane_rect rect)
{
    rect = shell_rect_at_cursor(view, rect);
    rect.left = 0;
    return rect;
}
