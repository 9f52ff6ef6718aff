/* engine/term/picture.c: cells as SVG. */
#include "engine/term/picture.h"

#include <stdio.h>
#include <string.h>

#include "engine/term/width.h"
#include "vmm/base/cleanup.h"

#define FONT_SIZE 15
#define BASELINE 14
#define LIGHT 1.2 /* the width of a light line */

/* The sixteen colours that a terminal's user chooses; these are ours for pictures. */
static const uint32_t palette[16] = { 0x2b303b, 0xe0626d, 0x8fc47c, 0xe5c07b, 0x61a6e8, 0xc07bdc,
                                      0x56b6c2, 0xc3c8d1, 0x6b7280, 0xf08a92, 0xaadd96, 0xf0d399,
                                      0x89c2f5, 0xd7a1ec, 0x7fd2dc, 0xffffff };

/* ---- looks ---- */

static uint32_t color_of(uint32_t color, uint32_t otherwise, bool bold)
{
    uint32_t i = color & 0xff;

    if (TERM_COLOR_KIND(color) == 0)
        return otherwise;
    if (TERM_COLOR_KIND(color) == 2)
        return color & 0xffffff;
    if (i < 16)
        return palette[i < 8 && bold ? i + 8 : i];
    return term_palette_rgb(i);
}

struct picture_look picture_look_of(const struct term_cell *cell)
{
    struct picture_look l = { .fg = color_of(cell->fg, PICTURE_FG, cell->attr & TERM_BOLD),
                              .bg = color_of(cell->bg, PICTURE_BG, false),
                              .attr =
                                  cell->attr & (TERM_BOLD | TERM_DIM | TERM_ITALIC |
                                                TERM_UNDERLINE_MASK | TERM_STRIKE | TERM_CONCEAL) };

    if (cell->attr & TERM_REVERSE) {
        uint32_t was = l.fg;
        l.fg = l.bg;
        l.bg = was;
    }
    return l;
}

bool picture_same_look(const struct picture_look *a, const struct picture_look *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

/* Whether fonts agree on how wide it is. */
static bool is_plain(const struct term_cell *cell)
{
    return cell->width == 1 && cell->chars[0] < 0x530 && !cell->chars[1];
}

struct picture_run picture_run_at(const struct term_cell *cells, int n, int from)
{
    struct picture_run run = { .from = from, .until = from + 1 };

    run.look = picture_look_of(&cells[from]);
    if (!is_plain(&cells[from])) {
        if (cells[from].width == 2 && from + 1 < n)
            run.until++;
        return run;
    }
    for (; run.until < n && is_plain(&cells[run.until]); run.until++) {
        struct picture_look l = picture_look_of(&cells[run.until]);
        if (!picture_same_look(&run.look, &l))
            break;
    }
    return run;
}

/* ---- text ---- */

bool picture_character(struct buf *out, uint32_t c)
{
    char utf8[4];

    if (c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ||
        (c & 0xfffe) == 0xfffe)
        c = 0xfffd; /* none of XML's */
    if (c == '<' || c == '>' || c == '&')
        return buf_printf(out, "&#%u;", c);
    return buf_append(out, utf8, term_encode(c, utf8));
}

bool picture_text(struct buf *out, const char *s)
{
    for (; *s; s++) {
        bool ok = (unsigned char)*s >= 0x80 ? buf_append(out, s, 1)
                                            : picture_character(out, (unsigned char)*s);
        if (!ok)
            return false;
    }
    return true;
}

/* ---- shapes ---- */

static bool put_rect(struct buf *out, double x, double y, double w, double h, uint32_t fill)
{
    return buf_printf(out, "<path fill=\"#%06x\" d=\"M%g %gh%gv%gh%gz\"/>", fill, x, y, w, h, -w);
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

static const char *arms_of(uint32_t c)
{
    for (size_t i = 0; i < ARRAY_SIZE(boxes); i++)
        if (boxes[i].c == c)
            return boxes[i].arms;
    return NULL;
}

static bool put_box(struct buf *out, const char *arms, double x, uint32_t fill)
{
    double mx = x + PICTURE_CELL_WIDTH / 2.0, my = PICTURE_CELL_HEIGHT / 2.0;
    bool ok = true;

    for (int arm = 0; ok && arm < 4; arm++) {
        double half = (arms[arm] - '0') * LIGHT / 2;
        if (half > 0 && arm < 2)
            ok = put_rect(out, arm ? mx - half : x, my - half, PICTURE_CELL_WIDTH / 2.0 + half,
                          2 * half, fill);
        else if (half > 0)
            ok = put_rect(out, mx - half, arm == 3 ? my - half : 0, 2 * half,
                          PICTURE_CELL_HEIGHT / 2.0 + half, fill);
    }
    return ok;
}

static bool put_corner(struct buf *out, uint32_t c, double x, uint32_t stroke)
{
    double mx = x + PICTURE_CELL_WIDTH / 2.0, my = PICTURE_CELL_HEIGHT / 2.0;
    double r = PICTURE_CELL_WIDTH / 2.0;
    bool right = c == 0x256d || c == 0x2570, down = c == 0x256d || c == 0x256e;

    return buf_printf(out,
                      "<path d=\"M%g %gQ%g %g %g %gL%g %g\" fill=\"none\" stroke=\"#%06x\" "
                      "stroke-width=\"%g\"/>",
                      right ? x + PICTURE_CELL_WIDTH : x, my, mx, my, mx, down ? my + r : my - r,
                      mx, down ? (double)PICTURE_CELL_HEIGHT : 0, stroke, LIGHT);
}

static bool is_shape(uint32_t c)
{
    return arms_of(c) || (c >= 0x256d && c <= 0x2570) || (c >= 0x2580 && c <= 0x2590);
}

static bool put_shape(struct buf *out, uint32_t c, double x, uint32_t fill)
{
    const double w = PICTURE_CELL_WIDTH, h = PICTURE_CELL_HEIGHT;
    const char *arms = arms_of(c);

    if (arms)
        return put_box(out, arms, x, fill);
    if (c <= 0x2570)
        return put_corner(out, c, x, fill);
    if (c == 0x2580)
        return put_rect(out, x, 0, w, h / 2, fill);
    if (c <= 0x2588)
        return put_rect(out, x, h * (0x2588 - c) / 8, w, h * (c - 0x2580) / 8, fill);
    if (c == 0x2590)
        return put_rect(out, x + w / 2, 0, w / 2, h, fill);
    return put_rect(out, x, 0, w * (0x2590 - c) / 8, h, fill);
}

/* ---- rows ---- */

static bool put_backgrounds(struct buf *out, const struct term_cell *cells, int n)
{
    bool ok = true;

    for (int col = 0, from; ok && col < n;) {
        struct picture_look l = picture_look_of(&cells[col]), next = l;
        unsigned lines = l.attr & TERM_UNDERLINE_MASK;
        double x = PICTURE_CELL_WIDTH * col, width;
        for (from = col; col < n && next.bg == l.bg && (next.attr & TERM_UNDERLINE_MASK) == lines;)
            if (++col < n)
                next = picture_look_of(&cells[col]);
        width = PICTURE_CELL_WIDTH * (col - from);
        if (l.bg != PICTURE_BG)
            ok = put_rect(out, x, 0, width, PICTURE_CELL_HEIGHT, l.bg);
        if (ok && lines)
            ok = put_rect(out, x, PICTURE_CELL_HEIGHT - 3, width, 1, l.fg);
        if (ok && lines >> TERM_UNDERLINE_SHIFT == 2)
            ok = put_rect(out, x, PICTURE_CELL_HEIGHT - 1, width, 1, l.fg);
    }
    return ok;
}

static bool put_look(struct buf *out, const struct picture_look *l)
{
    return (l->fg == PICTURE_FG || buf_printf(out, " fill=\"#%06x\"", l->fg)) &&
           (!(l->attr & TERM_BOLD) || buf_append_str(out, " font-weight=\"bold\"")) &&
           (!(l->attr & TERM_DIM) || buf_append_str(out, " fill-opacity=\".6\"")) &&
           (!(l->attr & TERM_ITALIC) || buf_append_str(out, " font-style=\"italic\"")) &&
           (!(l->attr & TERM_STRIKE) || buf_append_str(out, " text-decoration=\"line-through\""));
}

static bool is_blank(const struct term_cell *cell)
{
    return !cell->chars[0] || cell->chars[0] == ' ' || cell->width == 0;
}

static bool put_run(struct buf *out, const struct term_cell *cells, struct picture_run run)
{
    while (run.from < run.until && is_blank(&cells[run.from]))
        run.from++;
    while (run.until > run.from && is_blank(&cells[run.until - 1]))
        run.until--;
    if (run.from == run.until || run.look.attr & TERM_CONCEAL)
        return true;
    if (!buf_printf(out, "<text x=\"%d\" y=\"%d\"", run.from * PICTURE_CELL_WIDTH, BASELINE) ||
        (run.until > run.from + 1 &&
         !buf_printf(out, " textLength=\"%d\"", (run.until - run.from) * PICTURE_CELL_WIDTH)) ||
        !put_look(out, &run.look) || !buf_append_str(out, ">"))
        return false;
    for (int col = run.from; col < run.until; col++) {
        const struct term_cell *cell = &cells[col];
        if (!picture_character(out, cell->chars[0] ? cell->chars[0] : ' '))
            return false;
        for (int i = 1; i < TERM_CELL_CHARS && cell->chars[i]; i++)
            if (!picture_character(out, cell->chars[i]))
                return false;
    }
    return buf_append_str(out, "</text>");
}

/* A line that goes on is one shape. */
static int end_of_line(const struct term_cell *cells, int n, const struct picture_run *run)
{
    int col = run->until;

    for (; col < n && cells[col].chars[0] == cells[run->from].chars[0]; col++) {
        struct picture_look l = picture_look_of(&cells[col]);
        if (!picture_same_look(&l, &run->look))
            break;
    }
    return col;
}

bool picture_row(struct buf *out, const struct term_cell *cells, int n)
{
    bool ok = put_backgrounds(out, cells, n);

    for (int col = 0; ok && col < n;) {
        struct picture_run run = picture_run_at(cells, n, col);
        uint32_t c = cells[col].chars[0];
        if (c == 0x2500) {
            run.until = end_of_line(cells, n, &run);
            ok = put_rect(out, PICTURE_CELL_WIDTH * col, (PICTURE_CELL_HEIGHT - LIGHT) / 2,
                          PICTURE_CELL_WIDTH * (run.until - col), LIGHT, run.look.fg);
        } else if (is_shape(c)) {
            ok = put_shape(out, c, PICTURE_CELL_WIDTH * col, run.look.fg);
        } else {
            ok = put_run(out, cells, run);
        }
        col = run.until;
    }
    return ok;
}

bool picture_begin(struct buf *out, int rows, int cols, const char *title, const char *style)
{
    int width = 2 * PICTURE_MARGIN + cols * PICTURE_CELL_WIDTH;
    int height = PICTURE_BAR + 2 * PICTURE_MARGIN + rows * PICTURE_CELL_HEIGHT;
    static const uint32_t lights[] = { 0xe0626d, 0xe5c07b, 0x8fc47c };

    if (!buf_printf(out,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                    "viewBox=\"0 0 %d %d\" font-family=\"%s\" font-size=\"%d\" fill=\"#%06x\" "
                    "xml:space=\"preserve\">\n"
                    "<style>text{white-space:pre;unicode-bidi:bidi-override;direction:ltr}%s"
                    "</style>\n"
                    "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#%06x\"/>\n"
                    "<path d=\"M0 %dV8Q0 0 8 0H%dQ%d 0 %d 8V%dZ\" fill=\"#262a33\"/>\n",
                    width, height, width, height, PICTURE_FONTS, FONT_SIZE, PICTURE_FG, style,
                    width, height, PICTURE_BG, PICTURE_BAR, width - 8, width, width, PICTURE_BAR))
        return false;
    for (int i = 0; i < (int)ARRAY_SIZE(lights); i++)
        if (!buf_printf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"#%06x\"/>\n", 18 + 18 * i,
                        PICTURE_BAR / 2, lights[i]))
            return false;
    return buf_printf(out,
                      "<text x=\"%d\" y=\"%d\" fill=\"#9aa1ad\" font-size=\"13\" "
                      "text-anchor=\"middle\">",
                      width / 2, PICTURE_BAR / 2 + 5) &&
           picture_text(out, title) &&
           buf_printf(out, "</text>\n<g transform=\"translate(%d %d)\">\n", PICTURE_MARGIN,
                      PICTURE_BAR + PICTURE_MARGIN);
}
