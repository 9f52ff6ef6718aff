/* tests/tui/picture.c: the screen with its colours, as SVG and as a list of attributes. */
#include <stdlib.h>
#include <string.h>

#include "engine/term/picture.h"
#include "tests/tui/terminal.h"
#include "vmm/base/error.h"

#define PUT(...) BUG_ON(!buf_printf(to, __VA_ARGS__))

static VTermScreenCell cell_at(const struct terminal *t, int row, int col)
{
    VTermScreenCell cell = { .width = 1 };

    vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
    if (cell.width < 1)
        cell.width = 1;
    return cell;
}

static uint32_t color_of(const VTermColor *v, bool background)
{
    if (background ? VTERM_COLOR_IS_DEFAULT_BG(v) : VTERM_COLOR_IS_DEFAULT_FG(v))
        return TERM_COLOR_DEFAULT;
    if (VTERM_COLOR_IS_INDEXED(v))
        return TERM_COLOR_INDEX(v->indexed.idx);
    return TERM_COLOR_RGB((uint32_t)v->rgb.red << 16 | (uint32_t)v->rgb.green << 8 | v->rgb.blue);
}

static struct term_cell term_cell_of(const VTermScreenCell *v)
{
    struct term_cell c = { .fg = color_of(&v->fg, false),
                           .bg = color_of(&v->bg, true),
                           .attr = (uint16_t)((v->attrs.bold ? TERM_BOLD : 0) |
                                              (v->attrs.italic ? TERM_ITALIC : 0) |
                                              (v->attrs.strike ? TERM_STRIKE : 0) |
                                              (v->attrs.reverse ? TERM_REVERSE : 0) |
                                              (unsigned)v->attrs.underline << TERM_UNDERLINE_SHIFT),
                           .width = (uint8_t)v->width };

    for (int i = 0; i < TERM_CELL_CHARS && v->chars[i]; i++)
        c.chars[i] = v->chars[i];
    return c;
}

static void put_row(struct buf *to, const struct terminal *t, int row)
{
    struct term_cell *cells = calloc((size_t)t->cols, sizeof(*cells));

    BUG_ON(!cells);
    for (int col = 0; col < t->cols;) {
        VTermScreenCell cell = cell_at(t, row, col);
        cells[col] = term_cell_of(&cell);
        col += cell.width; /* the right half stays zeroed: of width 0 */
    }
    PUT("<g transform=\"translate(0 %d)\">", row * PICTURE_CELL_HEIGHT);
    BUG_ON(!picture_row(to, cells, t->cols));
    PUT("</g>\n");
    free(cells);
}

void terminal_svg(const struct terminal *t, const char *title, struct buf *to)
{
    BUG_ON(!picture_begin(to, t->rows, t->cols, title, ""));
    for (int row = 0; row < t->rows; row++)
        put_row(to, t, row);
    if (t->cursor_visible)
        PUT("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill-opacity=\"0.6\"/>\n",
            t->cursor.col * PICTURE_CELL_WIDTH, t->cursor.row * PICTURE_CELL_HEIGHT,
            PICTURE_CELL_WIDTH, PICTURE_CELL_HEIGHT);
    PUT("</g>\n</svg>\n");
}

/* ---- attributes ---- */

static void name_colour(const VTermColor *v, bool background, char ret[24])
{
    if (background ? VTERM_COLOR_IS_DEFAULT_BG(v) : VTERM_COLOR_IS_DEFAULT_FG(v))
        ret[0] = '\0';
    else if (VTERM_COLOR_IS_INDEXED(v))
        snprintf(ret, 24, " %s=%d", background ? "bg" : "fg", v->indexed.idx);
    else
        snprintf(ret, 24, " %s=#%02x%02x%02x", background ? "bg" : "fg", v->rgb.red, v->rgb.green,
                 v->rgb.blue);
}

static void describe(const VTermScreenCell *cell, char ret[160])
{
    char fg[24], bg[24];

    name_colour(&cell->fg, false, fg);
    name_colour(&cell->bg, true, bg);
    snprintf(ret, 160, "%s%s%s%s%s%s%s", cell->attrs.bold ? " bold" : "",
             cell->attrs.italic ? " italic" : "", cell->attrs.underline ? " underline" : "",
             cell->attrs.reverse ? " reverse" : "", cell->attrs.strike ? " strike" : "", fg, bg);
}

void terminal_attributes(const struct terminal *t, struct buf *to)
{
    for (int row = 0; row < t->rows; row++) {
        for (int col = 0; col < t->cols;) {
            VTermScreenCell cell = cell_at(t, row, col);
            char first[160], next[160];
            int from = col;
            describe(&cell, first);
            for (; col < t->cols; col += cell.width) {
                cell = cell_at(t, row, col);
                describe(&cell, next);
                if (strcmp(first, next) != 0)
                    break;
            }
            if (*first)
                PUT("%d %d-%d%s\n", row, from, col - 1, first);
        }
    }
}
