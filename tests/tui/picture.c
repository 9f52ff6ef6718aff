/*
 * tests/tui/picture.c: the screen with its colours, as SVG and as a list of attributes.
 *
 * Text is placed run by run on a fixed grid, so that any monospaced font fits; lines and blocks are
 * drawn as shapes, for fonts do not agree on where they meet.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/tui/terminal.h"
#include "vmm/base/error.h"

#define CELL_W 9
#define CELL_H 19
#define FONT_SIZE 15
#define BASELINE 14
#define MARGIN 12
#define BAR 30 /* the window's title bar */
#define FG "#d5d8de"
#define BG "#15171c"

#define PUT(...) BUG_ON(!buf_printf(to, __VA_ARGS__))

/* The sixteen colours that a terminal's user chooses; these are ours for pictures. */
static const char *const palette[16] = { "#2b303b", "#e0626d", "#8fc47c", "#e5c07b",
                                         "#61a6e8", "#c07bdc", "#56b6c2", "#c3c8d1",
                                         "#6b7280", "#f08a92", "#aadd96", "#f0d399",
                                         "#89c2f5", "#d7a1ec", "#7fd2dc", "#ffffff" };

struct colour {
    char text[16]; /* "#rrggbb" */
};

static struct colour rgb(unsigned r, unsigned g, unsigned b)
{
    struct colour c;

    snprintf(c.text, sizeof(c.text), "#%02x%02x%02x", r & 255, g & 255, b & 255);
    return c;
}

static struct colour colour_of(const VTermColor *v, bool background, bool bold)
{
    struct colour c;
    unsigned i;

    if (background ? VTERM_COLOR_IS_DEFAULT_BG(v) : VTERM_COLOR_IS_DEFAULT_FG(v)) {
        snprintf(c.text, sizeof(c.text), "%s", background ? BG : FG);
        return c;
    }
    if (!VTERM_COLOR_IS_INDEXED(v))
        return rgb(v->rgb.red, v->rgb.green, v->rgb.blue);
    i = v->indexed.idx;
    if (i < 16) {
        snprintf(c.text, sizeof(c.text), "%s", palette[i < 8 && bold && !background ? i + 8 : i]);
        return c;
    }
    if (i >= 232)
        return rgb(8 + 10 * (i - 232), 8 + 10 * (i - 232), 8 + 10 * (i - 232));
    i -= 16;
    return rgb(i / 36 ? 55 + 40 * (i / 36) : 0, i / 6 % 6 ? 55 + 40 * (i / 6 % 6) : 0,
               i % 6 ? 55 + 40 * (i % 6) : 0);
}

/* ---- one cell ---- */

struct look {
    struct colour fg, bg;
    bool bold, italic, strike, dim;
    unsigned underline;
};

static VTermScreenCell cell_at(const struct terminal *t, int row, int col)
{
    VTermScreenCell cell = { .width = 1 };

    vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
    if (cell.width < 1)
        cell.width = 1;
    return cell;
}

static struct look look_of(const VTermScreenCell *cell)
{
    struct look l = { .fg = colour_of(&cell->fg, false, cell->attrs.bold),
                      .bg = colour_of(&cell->bg, true, false),
                      .bold = cell->attrs.bold,
                      .italic = cell->attrs.italic,
                      .strike = cell->attrs.strike,
                      .underline = cell->attrs.underline };

    if (cell->attrs.reverse) {
        struct colour was = l.fg;
        l.fg = l.bg;
        l.bg = was;
    }
    return l;
}

static bool same_look(const struct look *a, const struct look *b)
{
    return !strcmp(a->fg.text, b->fg.text) && !strcmp(a->bg.text, b->bg.text) &&
           a->bold == b->bold && a->italic == b->italic && a->strike == b->strike &&
           a->underline == b->underline;
}

static void put_rect(struct buf *to, double x, double y, double w, double h, const char *fill)
{
    PUT("<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"%s\"/>\n", x, y, w, h, fill);
}

/* Box drawing: how far the arms reach, as weights left, right, up, down (1 light, 2 heavy). */
static const struct {
    uint32_t c;
    char arms[5];
} boxes[] = {
    { 0x2500, "1100" }, { 0x2501, "2200" }, { 0x2502, "0011" }, { 0x2503, "0022" },
    { 0x250c, "0101" }, { 0x2510, "1001" }, { 0x2514, "0110" }, { 0x2518, "1010" },
    { 0x250f, "0202" }, { 0x2513, "2002" }, { 0x2517, "0220" }, { 0x251b, "2020" },
    { 0x251c, "0111" }, { 0x2524, "1011" }, { 0x252c, "1101" }, { 0x2534, "1110" },
    { 0x253c, "1111" }, { 0x2574, "1000" }, { 0x2576, "0100" }, { 0x2575, "0010" },
    { 0x2577, "0001" }, { 0x2578, "2000" }, { 0x257a, "0200" }, { 0x2579, "0020" },
    { 0x257b, "0002" },
};

static bool put_box(struct buf *to, uint32_t c, double x, double y, const char *fill)
{
    double mx = x + CELL_W / 2.0, my = y + CELL_H / 2.0;

    for (size_t i = 0; i < ARRAY_SIZE(boxes); i++) {
        const char *a = boxes[i].arms;
        if (boxes[i].c != c)
            continue;
        for (int arm = 0; arm < 4; arm++) {
            double half = (a[arm] - '0') * 0.6;
            if (half > 0 && arm < 2)
                put_rect(to, arm ? mx - half : x, my - half, CELL_W / 2.0 + half, 2 * half, fill);
            else if (half > 0)
                put_rect(to, mx - half, arm == 3 ? my - half : y, 2 * half, CELL_H / 2.0 + half,
                         fill);
        }
        return true;
    }
    return false;
}

/* Rounded corners, and blocks. */
static bool put_shape(struct buf *to, uint32_t c, double x, double y, const char *fill)
{
    double mx = x + CELL_W / 2.0, my = y + CELL_H / 2.0, r = CELL_W / 2.0;

    if (c >= 0x256d && c <= 0x2570) {
        bool right = c == 0x256d || c == 0x2570, down = c == 0x256d || c == 0x256e;
        PUT("<path d=\"M%g %gQ%g %g %g %gL%g %g\" fill=\"none\" stroke=\"%s\" "
            "stroke-width=\"1.2\"/>\n",
            right ? x + CELL_W : x, my, mx, my, mx, down ? my + r : my - r, mx,
            down ? y + CELL_H : y, fill);
        return true;
    }
    if (c == 0x2580)
        put_rect(to, x, y, CELL_W, CELL_H / 2.0, fill);
    else if (c >= 0x2581 && c <= 0x2588)
        put_rect(to, x, y + CELL_H * (0x2588 - c) / 8.0, CELL_W, CELL_H * (c - 0x2580) / 8.0, fill);
    else if (c >= 0x2589 && c <= 0x258f)
        put_rect(to, x, y, CELL_W * (0x2590 - c) / 8.0, CELL_H, fill);
    else if (c == 0x2590)
        put_rect(to, mx, y, CELL_W / 2.0, CELL_H, fill);
    else
        return put_box(to, c, x, y, fill);
    return true;
}

static void put_character(struct buf *to, uint32_t c)
{
    if (c == '<' || c == '>' || c == '&') {
        PUT("&#%u;", c);
    } else if (c < 0x80) {
        PUT("%c", (char)c);
    } else {
        PUT("&#x%x;", c);
    }
}

/* ---- rows ---- */

static bool is_drawn(const VTermScreenCell *cell)
{
    uint32_t c = cell->chars[0];

    return !c || c == ' ' || c == (uint32_t)-1 || (c >= 0x2500 && c <= 0x2590);
}

static void put_text(struct buf *to, const struct terminal *t, int row, int from, int until,
                     const struct look *l)
{
    double x = MARGIN + from * CELL_W, y = BAR + MARGIN + row * CELL_H;
    int width = (until - from) * CELL_W;

    PUT("<text x=\"%g\" y=\"%g\" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\" "
        "fill=\"%s\"%s%s%s>",
        x, y + BASELINE, width, l->fg.text, l->bold ? " font-weight=\"bold\"" : "",
        l->italic ? " font-style=\"italic\"" : "",
        l->strike ? " text-decoration=\"line-through\"" : "");
    for (int col = from; col < until;) {
        VTermScreenCell cell = cell_at(t, row, col);
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            put_character(to, cell.chars[i]);
        col += cell.width;
    }
    PUT("</text>\n");
}

static void put_underline(struct buf *to, double x, double y, double width, const struct look *l)
{
    if (l->underline)
        put_rect(to, x, y + CELL_H - 3, width, 1, l->fg.text);
    if (l->underline == VTERM_UNDERLINE_DOUBLE)
        put_rect(to, x, y + CELL_H - 1, width, 1, l->fg.text);
}

/* Words of one look are one text each; what is drawn as a shape ends a word. */
static void put_words(struct buf *to, const struct terminal *t, int row)
{
    for (int col = 0; col < t->cols;) {
        VTermScreenCell cell = cell_at(t, row, col);
        struct look l = look_of(&cell);
        int from = col;
        if (is_drawn(&cell)) {
            put_shape(to, cell.chars[0], MARGIN + col * CELL_W, BAR + MARGIN + row * CELL_H,
                      l.fg.text);
            col += cell.width;
            continue;
        }
        for (; col < t->cols; col += cell.width) {
            struct look next;
            bool wide = cell.width > 1 || cell.chars[0] > 0x2fff;
            cell = cell_at(t, row, col);
            next = look_of(&cell);
            if (is_drawn(&cell) || !same_look(&l, &next) || (wide && col > from))
                break;
        }
        put_text(to, t, row, from, col, &l);
    }
}

static void put_backgrounds(struct buf *to, const struct terminal *t, int row)
{
    for (int col = 0; col < t->cols;) {
        VTermScreenCell cell = cell_at(t, row, col);
        struct look l = look_of(&cell);
        int from = col;
        double x = MARGIN + from * CELL_W, y = BAR + MARGIN + row * CELL_H;
        for (; col < t->cols; col += cell.width) {
            struct look next;
            cell = cell_at(t, row, col);
            next = look_of(&cell);
            if (strcmp(l.bg.text, next.bg.text) != 0 || l.underline != next.underline)
                break;
        }
        if (strcmp(l.bg.text, BG) != 0)
            put_rect(to, x, y, (col - from) * CELL_W, CELL_H, l.bg.text);
        put_underline(to, x, y, (col - from) * CELL_W, &l);
    }
}

void terminal_svg(const struct terminal *t, const char *title, struct buf *to)
{
    int width = 2 * MARGIN + t->cols * CELL_W, height = BAR + 2 * MARGIN + t->rows * CELL_H;

    PUT("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
        "viewBox=\"0 0 %d %d\" font-family=\"'DejaVu Sans Mono','Menlo','Consolas',"
        "'Liberation Mono',monospace\" font-size=\"%d\" xml:space=\"preserve\">\n",
        width, height, width, height, FONT_SIZE);
    PUT("<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"%s\"/>\n", width, height, BG);
    PUT("<path d=\"M0 %dV8Q0 0 8 0H%dQ%d 0 %d 8V%dZ\" fill=\"#262a33\"/>\n", BAR, width - 8, width,
        width, BAR);
    for (int i = 0; i < 3; i++)
        PUT("<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"%s\"/>\n", 18 + 18 * i, BAR / 2,
            i == 0   ? "#e0626d"
            : i == 1 ? "#e5c07b"
                     : "#8fc47c");
    PUT("<text x=\"%d\" y=\"%d\" fill=\"#9aa1ad\" font-size=\"13\" text-anchor=\"middle\">%s</text>"
        "\n",
        width / 2, BAR / 2 + 5, title);
    for (int row = 0; row < t->rows; row++)
        put_backgrounds(to, t, row);
    for (int row = 0; row < t->rows; row++)
        put_words(to, t, row);
    if (t->cursor_visible)
        PUT("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\" "
            "fill-opacity=\"0.6\"/>\n",
            MARGIN + t->cursor.col * CELL_W, BAR + MARGIN + t->cursor.row * CELL_H, CELL_W, CELL_H,
            FG);
    PUT("</svg>\n");
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
