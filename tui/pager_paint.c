/* tui/pager_paint.c: a pager in its window: the head, the lines, the search. */
#include "engine/term/sgr.h"
#include "tui/pager_line.h"
#include "tui/pager_private.h"

int pager_rows(const struct pager *p)
{
    int rows = p->screen.rows - 1 - (p->typing || p->search.len);

    return rows > 0 ? rows : 1;
}

static bool is_selected(const struct pager *p, size_t i)
{
    return p->selecting && (i >= p->anchor ? i <= p->point : i >= p->point);
}

static void draw_line(const struct pager *p, WINDOW *win, int row, size_t at)
{
    struct pager_line line = { .style = theme_style(ROLE_TEXT),
                               .pattern = p->search.text,
                               .filled = is_selected(p, at) };
    char plain[PAGER_LINE_MAX];
    uint64_t looks[PAGER_LINE_MAX];

    line.bytes = pager_text_line(&p->text, at, &line.n);
    if (p->spec.role)
        line.style = theme_style(p->spec.role(line.bytes, line.n));
    if (p->spec.colored) {
        line.n = sgr_strip(line.bytes, line.n, plain, looks);
        line.bytes = plain;
        line.looks = looks;
    }
    if (line.filled) { /* a selection has its own colours, on a blank line, too */
        line.style = theme_style(ROLE_SELECTION);
        line.looks = NULL;
    }
    pager_line_draw(win, row, p->screen.cols, p->left, &line);
}

/* The work under way and how far it is; "" when there is none. */
static void work_words(const struct pager *p, char *space, size_t size)
{
    size_t lines = p->text.lines ? p->text.lines : 1;

    *space = '\0';
    if (p->indexing && !p->text.len)
        snprintf(space, size, "reading … ");
    else if (p->indexing)
        snprintf(space, size, "reading: %zu %% ", p->text.indexed * 100 / p->text.len);
    else if (p->wanted)
        snprintf(space, size, "searching: %zu %%, Esc stops ",
                 100 - pager_search_left(&p->look, &p->text) * 100 / lines);
}

static void pager_draw_head(const struct pager *p, WINDOW *win)
{
    size_t last = p->first + (size_t)pager_rows(p);
    const char *news = p->spec.news ? p->spec.news(p->spec.arg) : NULL;
    int cols = p->screen.cols, at;
    char place[64];

    draw_fill(win, 0, 0, cols, theme_style(ROLE_BAR));
    work_words(p, place, sizeof(place));
    at = 1 + draw_text(win, 0, 1, cols - 1, theme_style(ROLE_TITLE), p->title);
    if (*p->note)
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2,
                            style_on(theme_style(ROLE_WARN), theme_style(ROLE_BAR)), p->note);
    if (news)
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2,
                            style_on(theme_style(ROLE_FRESH), theme_style(ROLE_BAR)), news);
    if (!*place)
        snprintf(place, sizeof(place), "%zu–%zu of %zu ", p->text.lines ? p->first + 1 : 0,
                 last < p->text.lines ? last : p->text.lines, p->text.lines);
    if (cols - at > draw_width(place) + 2)
        draw_right(win, 0, at, cols - at, theme_style(ROLE_BAR), place);
}

void pager_paint(struct pager *p, WINDOW *win)
{
    int rows = pager_rows(p), cols = p->screen.cols;

    draw_clear(win, theme_style(ROLE_TEXT));
    pager_draw_head(p, win);
    for (int row = 0; !p->indexing && row < rows && p->first + (size_t)row < p->text.lines; row++)
        draw_line(p, win, 1 + row, p->first + (size_t)row);
    if (!p->indexing && !p->text.lines)
        draw_text(win, 2, 2, cols - 4, theme_style(ROLE_DIM),
                  p->missing ? "It could not be read." : "It is empty.");
    if (!p->typing && !p->search.len)
        return;
    draw_text(win, 1 + rows, 1, 1, theme_style(ROLE_KEY), "/");
    field_draw(&p->search, win, (struct area){ 1 + rows, 2, 1, cols - 3 },
               theme_style(p->typing ? ROLE_INPUT : ROLE_TEXT), theme_style(ROLE_INPUT_DIM),
               "text to look for");
}
