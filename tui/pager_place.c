/* tui/pager_place.c: which rows of the text are shown. Heights are those of the rows in sight only,
 * so that a long text costs nothing. */
#include "tui/pager_line.h"
#include "tui/pager_private.h"
#include "vmm/base/error.h"

int pager_rows(const struct pager *p)
{
    int rows = p->screen.rows - 1 - (p->typing || p->search.len || p->filter.len);

    return rows > 0 ? rows : 1;
}

int pager_cols(const struct pager *p)
{
    int cols = p->screen.cols - pager_time_cols(p);

    return cols > 1 ? cols : 1;
}

int pager_line_rows(const struct pager *p, size_t at)
{
    char plain[PAGER_LINE_MAX];
    struct pager_line line;
    int cols = pager_cols(p), width;

    if (!p->wrap)
        return 1;
    pager_take_line(p, at, &line, plain, NULL);
    width = pager_line_width(&line);
    return width > cols ? (width + cols - 1) / cols : 1;
}

/* So many rows before the end of the text; its beginning, if that is nearer. */
static struct pager_place before_end(const struct pager *p, int rows)
{
    for (size_t line = pager_text_count(&p->text); line > 0; line--) {
        int height = pager_line_rows(p, line - 1);
        if (height >= rows)
            return (struct pager_place){ line - 1, height - rows };
        rows -= height;
    }
    return (struct pager_place){ 0 };
}

static bool is_before(struct pager_place a, struct pager_place b)
{
    return a.line != b.line ? a.line < b.line : a.row < b.row;
}

void pager_fit(struct pager *p)
{
    struct pager_place most = before_end(p, pager_rows(p));
    int height;

    if (is_before(most, p->first)) {
        p->first = most;
    } else if (p->first.row) {
        height = pager_line_rows(p, p->first.line);
        if (p->first.row >= height)
            p->first.row = height - 1;
    }
}

void pager_go_to(struct pager *p, size_t line)
{
    p->first = (struct pager_place){ line, 0 };
    pager_fit(p);
}

void pager_go_to_end(struct pager *p)
{
    pager_go_to(p, pager_text_count(&p->text));
}

bool pager_is_at_end(const struct pager *p)
{
    return !is_before(p->first, before_end(p, pager_rows(p) + 1));
}

void pager_scroll(struct pager *p, long rows)
{
    struct pager_place at = p->first;
    size_t count = pager_text_count(&p->text);

    while (rows < 0 && (at.line || at.row)) {
        long up = at.row < -rows ? at.row : -rows;
        if (!at.row) {
            at.row = pager_line_rows(p, --at.line) - 1;
            up = 1;
        } else {
            at.row -= (int)up;
        }
        rows += up;
    }
    while (rows > 0 && at.line < count) {
        long rest = pager_line_rows(p, at.line) - at.row;
        if (rest > rows) {
            at.row += (int)rows;
            break;
        }
        rows -= rest;
        at = (struct pager_place){ at.line + 1, 0 };
    }
    p->first = at;
    pager_fit(p);
}

size_t pager_line_in_row(const struct pager *p, int row)
{
    size_t count = pager_text_count(&p->text);
    int below = row + p->first.row;

    for (size_t line = p->first.line; line < count && row >= 0 && row < pager_rows(p); line++) {
        int height = pager_line_rows(p, line);
        if (below < height)
            return line;
        below -= height;
    }
    return PAGER_NONE;
}
