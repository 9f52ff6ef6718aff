/* tui/pager_line.c: runs of text of one style, one after the other. */
#include "tui/pager_line.h"

#include <string.h>

#include "engine/cmd/text.h"
#include "engine/term/sgr.h"
#include "engine/term/width.h"
#include "tui/pager_text.h"
#include "tui/shell_paint.h"
#include "vmm/base/error.h"
#include "vmm/base/printable.h"
#include "vmm/base/utf8.h"

#define TAB_COLS 8
#define RUN_MAX 4096 /* bytes of one draw call: more than a row of a wide terminal holds */

/* Gathered until its style changes. */
struct run {
    WINDOW *win;
    int row, col, end; /* col: where it begins; end: of the row */
    int cols;          /* that it has */
    struct style style;
    char text[RUN_MAX + 1];
    size_t len;
};

static void run_flush(struct run *r)
{
    r->text[r->len] = '\0';
    draw_text(r->win, r->row, r->col, r->end - r->col, r->style, r->text);
    r->col += r->cols;
    r->cols = 0;
    r->len = 0;
}

static void run_add(struct run *r, struct style style, const char *piece, size_t n, int cols)
{
    bool same = r->style.fg == style.fg && r->style.bg == style.bg && r->style.attrs == style.attrs;

    if (!same || r->len + n > RUN_MAX)
        run_flush(r);
    if (n > RUN_MAX)
        return;
    r->style = style;
    memcpy(r->text + r->len, piece, n);
    r->len += n;
    r->cols += cols;
}

static const char blanks[] = "            "; /* as many as one character has columns */

/* The next character as it is shown; returns the bytes it is made of. */
static size_t show_next(const char *at, size_t n, int col, struct buf *piece, int *ret_cols)
{
    size_t len = utf8_valid_length(at, n), used = 0;
    char whole[8] = "";

    buf_clear(piece);
    if (*at == '\t') {
        *ret_cols = TAB_COLS - col % TAB_COLS;
        BUG_ON(!buf_append(piece, blanks, (size_t)*ret_cols));
        return 1;
    }
    if (!*at || !len) {
        BUG_ON(!buf_printf(piece, "\\x%02x", (unsigned char)*at));
        len = 1;
    } else {
        memcpy(whole, at, len);
        BUG_ON(!(printable_is_unsafe(at, len) ? text_escape(piece, whole)
                                              : buf_append(piece, at, len)));
    }
    /* A mark takes no column of its own, but in front of a line, where it is drawn as a stand-in.
     */
    *ret_cols =
        col && term_width(term_decode(piece->data, &used)) == 0 ? 0 : draw_width(piece->data);
    return len;
}

int pager_line_width(const struct pager_line *line)
{
    scoped_buf piece = BUF_INIT(256);
    int col = 0, cols;

    for (size_t i = 0; i < line->n; col += cols)
        i += show_next(line->bytes + i, line->n - i, col, &piece, &cols);
    return col;
}

void pager_line_draw(WINDOW *win, const struct area *place, int left, const struct pager_line *line)
{
    const char *bytes = line->bytes;
    size_t n = line->n, length = strlen(line->pattern);
    struct style match = theme_style(ROLE_MATCH);
    struct run run = { .win = win,
                       .row = place->top,
                       .col = place->left,
                       .end = place->left + place->cols,
                       .style = line->style };
    scoped_buf piece = BUF_INIT(256);
    size_t match_from = 0, match_to = 0, look_from = length ? 0 : n, i = 0;
    int col = 0;

    for (size_t used; i < n && col < left + place->cols; i += used) {
        struct style style = line->style;
        int cols;
        if (i >= look_from) {
            const char *found = pager_text_find(bytes + i, n - i, line->pattern);
            match_from = found ? (size_t)(found - bytes) : n;
            look_from = match_to = match_from + length;
        }
        if (i >= match_from && i < match_to)
            style = match;
        else if (line->looks && line->looks[i])
            style = shell_paint_style(style, SGR_FG(line->looks[i]), SGR_BG(line->looks[i]),
                                      SGR_ATTR(line->looks[i]));
        used = show_next(bytes + i, n - i, col, &piece, &cols);
        if (col >= left)
            run_add(&run, style, piece.data, piece.len, cols);
        else if (col + cols > left) /* the left margin cuts it: its rest is blank */
            run_add(&run, line->style, blanks, (size_t)(col + cols - left), col + cols - left);
        col += cols;
    }
    run_flush(&run);
    if (line->filled)
        draw_fill(win, place->top, run.col, run.end - run.col, line->style);
    if (i < n && !line->wrapped && place->cols > 0)
        draw_text(win, place->top, run.end - 1, 1, style_on(theme_style(ROLE_DIM), line->style),
                  "…");
}
