/* tui/pager_paint.c: a pager in its window: the head, the lines, what is typed. */
#include "engine/term/sgr.h"
#include "tui/pager_line.h"
#include "tui/pager_private.h"
#include "tui/pager_time.h"

int pager_time_cols(const struct pager *p)
{
    return !p->times ? 0 : p->dated ? PAGER_DATE_COLS : PAGER_TIME_COLS;
}

static bool is_selected(const struct pager *p, size_t i)
{
    return p->selecting && (i >= p->anchor ? i <= p->point : i >= p->point);
}

void pager_take_line(const struct pager *p, size_t at, struct pager_line *ret, char *plain,
                     uint64_t *looks)
{
    ret->bytes = pager_text_line(&p->text, at, &ret->n);
    ret->looks = NULL;
    if (p->spec.show) {
        size_t n = p->spec.show(p->spec.arg, ret->bytes, ret->n, plain, looks, PAGER_LINE_MAX);
        if (n) {
            ret->bytes = plain;
            ret->n = n;
            ret->looks = looks;
            return;
        }
    }
    if (!p->spec.colored)
        return;
    ret->n = sgr_strip(ret->bytes, ret->n, plain, looks);
    ret->bytes = plain;
    ret->looks = looks;
}

static const char *pattern_of(const struct pager *p)
{
    return p->search.len ? p->search.text : p->filter.text;
}

/* The rows of a line from `skip` on, as many as there is room for; returns how many those are. */
static int draw_line(const struct pager *p, WINDOW *win, struct area place, size_t at, int skip)
{
    struct pager_line line = { .style = theme_style(ROLE_TEXT),
                               .pattern = pattern_of(p),
                               .filled = is_selected(p, at),
                               .wrapped = p->wrap };
    int rows = pager_line_rows(p, at) - skip, cols = place.cols;
    char plain[PAGER_LINE_MAX];
    uint64_t looks[PAGER_LINE_MAX];
    struct short_text time;
    size_t n;
    const char *bytes = pager_text_line(&p->text, at, &n);

    if (p->times && !skip)
        draw_text(win, place.top, 0, place.left, theme_style(ROLE_DIM),
                  pager_time_show(&time, pager_text_head(&p->text, at), p->dated));
    pager_take_line(p, at, &line, plain, looks);
    if (p->spec.role)
        line.style = theme_style(p->spec.role(p->text.bytes, bytes, n));
    if (line.style.bg != theme_style(ROLE_TEXT).bg)
        line.filled = true;
    if (is_selected(p, at)) { /* a selection has its own colours, on a blank line, too */
        line.style = theme_style(ROLE_SELECTION);
        line.looks = NULL;
    }
    if (rows > place.rows)
        rows = place.rows;
    place.rows = 1;
    for (int i = 0; i < rows; i++, place.top++)
        pager_line_draw(win, &place, p->wrap ? (skip + i) * cols : p->left, &line);
    return rows;
}

/* The work under way and how far it is; "" when there is none. */
static void work_words(const struct pager *p, char *space, size_t size)
{
    size_t lines = pager_text_count(&p->text);

    *space = '\0';
    if (p->asked_ms && !p->follow)
        snprintf(space, size, "reading … ");
    else if (p->indexing && p->text.len)
        snprintf(space, size, "reading: %zu %% ", p->text.indexed * 100 / p->text.len);
    else if (p->wanted)
        snprintf(space, size, "searching: %zu %%, Esc stops ",
                 100 - pager_search_left(&p->look, &p->text) * 100 / (lines ? lines : 1));
}

static const char *news_words(const struct pager *p)
{
    if (p->follow)
        return "following";
    return p->spec.news && p->spec.news(p->spec.arg) ? "▼ more below: r reads on" : NULL;
}

static void pager_draw_head(const struct pager *p, WINDOW *win, size_t end)
{
    size_t count = pager_text_count(&p->text);
    const char *news = news_words(p);
    int cols = p->screen.cols, at;
    char place[96];

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
        snprintf(place, sizeof(place), "%s%zu–%zu of %zu ", pager_has_older(p) ? "▲ " : "",
                 count ? p->first.line + 1 : 0, end, count);
    if (cols - at > draw_width(place) + 2)
        draw_right(win, 0, at, cols - at, theme_style(ROLE_BAR), place);
}

#define NO_TIME "no time: 10m, 14:30, …"

/* What is typed, or what is looked for and what lines are shown. */
static void draw_typed(struct pager *p, WINDOW *win, int row)
{
    static const char *const prompts[] = {
        [PAGER_TYPES_SEARCH] = "/", [PAGER_TYPES_FILTER] = "&", [PAGER_TYPES_SINCE] = "since"
    };
    static const char *const hints[] = { [PAGER_TYPES_SEARCH] = "text to look for",
                                         [PAGER_TYPES_FILTER] = "text of the lines to show",
                                         [PAGER_TYPES_SINCE] = "10m, 14:30, 2026-05-01 12:30" };
    struct field *typed = pager_typed(p);
    const char *prompt = p->typing ? prompts[p->typing] : p->search.len ? "/" : "&";
    int at, cols = p->screen.cols;

    if (p->typing == PAGER_TYPES_SEARCH && p->forced_backward)
        prompt = "\\";
    at = 1 + draw_text(win, row, 1, cols - 1, theme_style(ROLE_KEY), prompt);
    at += p->typing == PAGER_TYPES_SINCE;
    p->typed_col = at;
    if (typed) {
        int why = p->refused ? draw_width(NO_TIME) + 1 : 0;
        field_draw(typed, win, (struct area){ row, at, 1, cols - at - 1 - why },
                   theme_style(ROLE_INPUT), theme_style(ROLE_INPUT_DIM), hints[p->typing]);
        if (why)
            draw_right(win, row, cols - why - 1, why, theme_style(ROLE_BAD), NO_TIME);
        return;
    }
    at += draw_text(win, row, at, cols - at, theme_style(ROLE_TEXT),
                    p->search.len ? p->search.text : p->filter.text);
    if (!p->search.len || !p->filter.len)
        return;
    at += 2 + draw_text(win, row, at + 2, 1, theme_style(ROLE_KEY), "&");
    draw_text(win, row, at, cols - at, theme_style(ROLE_TEXT), p->filter.text);
}

void pager_paint(struct pager *p, WINDOW *win)
{
    int rows = pager_rows(p), cols = p->screen.cols, left = pager_time_cols(p), row = 0;
    size_t count = p->indexing ? 0 : pager_text_count(&p->text), line = p->first.line;

    draw_clear(win, theme_style(ROLE_TEXT));
    for (int skip = p->first.row; line < count && row < rows; line++, skip = 0)
        row +=
            draw_line(p, win, (struct area){ 1 + row, left, rows - row, cols - left }, line, skip);
    pager_draw_head(p, win, line < count ? line : count);
    if (!p->indexing && !count)
        draw_text(win, 2, 2, cols - 4, theme_style(ROLE_DIM),
                  p->missing      ? "It could not be read."
                  : p->filter.len ? "No line holds that: Esc shows all."
                                  : "It is empty.");
    if (p->typing || p->search.len || p->filter.len)
        draw_typed(p, win, 1 + rows);
}
