/* tui/pager.c: a text to read. */
#include "tui/pager.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cmd/text.h"
#include "engine/term/width.h"
#include "tui/clipboard.h"
#include "tui/field.h"
#include "tui/pager_text.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

#define TAB_COLS 8
#define WHEEL_ROWS 3
#define SIDE_COLS 8
#define NONE ((size_t)-1)
#define RUN_MAX 4096 /* bytes of one draw call: more than a row of a wide terminal holds */

struct pager {
    struct screen screen;
    struct pager_spec spec;
    char *title, *note;
    struct pager_text text;
    size_t first; /* line */
    size_t found; /* the line gone to last, which may be below the first; NONE once scrolled */
    int left;     /* columns that are scrolled away */
    struct field search;
    bool typing;
    bool selecting; /* lines from `anchor` to `point` are selected */
    size_t anchor, point;
};

enum action {
    CLOSE = 1,
    SEARCH,
    NEXT,
    PREVIOUS,
    NEXT_SECTION,
    PREVIOUS_SECTION,
    SELECT,
    COPY,
    AGAIN,
    RIGHT,
    LEFT,
    DOWN,
    UP,
    PAGE_DOWN,
    PAGE_UP,
    TOP,
    END
};

static const struct key_binding keys[] = {
    { CLOSE, "close", "Esc q", "back", "back" },
    { SEARCH, "search", "/", "search", "search; capital letters count when there are any" },
    { NEXT, "next", "n", "next", "to the next place it was found in" },
    { PREVIOUS, "previous", "N", "previous", "to the one before" },
    { NEXT_SECTION, "next-file", "] }", "next file", "to the next file of a diff" },
    { PREVIOUS_SECTION, "previous-file", "[ {", NULL, "to the one before" },
    { SELECT, "select", "v", "select", "select lines, by keys or by dragging; once more: none" },
    { COPY, "copy", "y", "copy", "copy the selected lines to the terminal's clipboard" },
    { AGAIN, "read-again", "r F5", "read on", "read it again, with what has come since" },
    { DOWN, "down", "Down j Enter", NULL, "a line down" },
    { UP, "up", "Up k", NULL, "a line up" },
    { PAGE_DOWN, "page-down", "PgDn Space Ctrl-d", NULL, "a page down" },
    { PAGE_UP, "page-up", "PgUp Ctrl-u", NULL, "a page up" },
    { TOP, "top", "Home g", NULL, "to the beginning" },
    { END, "end", "End G", NULL, "to the end" },
    { RIGHT, "right", "Right l", NULL, "what is further right of long lines" },
    { LEFT, "left", "Left h", NULL, "… further left" },
    { 0 },
};

/* ---- one line ---- */

/* What is gathered until its style changes. */
struct run {
    WINDOW *win;
    int row, col, width; /* col: where it begins; width: of the row */
    int cols;            /* that it has */
    struct style style;
    char text[RUN_MAX + 1];
    size_t len;
};

static void run_flush(struct run *r)
{
    r->text[r->len] = '\0';
    draw_text(r->win, r->row, r->col, r->width - r->col, r->style, r->text);
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
        BUG_ON(!(text_is_unsafe(at, len) ? text_escape(piece, whole) : buf_append(piece, at, len)));
    }
    /* A mark takes no column of its own, but in front of a line, where it is drawn as a stand-in.
     */
    *ret_cols =
        col && term_width(term_decode(piece->data, &used)) == 0 ? 0 : draw_width(piece->data);
    return len;
}

static bool is_selected(const struct pager *p, size_t i)
{
    return p->selecting && (i >= p->anchor ? i <= p->point : i >= p->point);
}

static void draw_line(const struct pager *p, WINDOW *win, int row, size_t at)
{
    size_t n;
    const char *line = pager_text_line(&p->text, at, &n);
    struct style base = theme_style(is_selected(p, at) ? ROLE_SELECTION
                                    : p->spec.role     ? p->spec.role(line, n)
                                                       : ROLE_TEXT);
    struct style match = theme_style(ROLE_MATCH);
    struct run run = { .win = win, .row = row, .width = p->screen.cols, .style = base };
    scoped_buf piece = BUF_INIT(256);
    size_t match_from = 0, match_to = 0, look_from = p->search.len ? 0 : n;
    int col = 0;

    for (size_t i = 0, used; i < n && col < p->left + p->screen.cols; i += used) {
        int cols;
        if (i >= look_from) {
            const char *found = pager_text_find(line + i, n - i, p->search.text);
            match_from = found ? (size_t)(found - line) : n;
            look_from = match_to = match_from + p->search.len;
        }
        used = show_next(line + i, n - i, col, &piece, &cols);
        if (col >= p->left)
            run_add(&run, i >= match_from && i < match_to ? match : base, piece.data, piece.len,
                    cols);
        else if (col + cols > p->left) /* the left margin cuts it: its rest is blank */
            run_add(&run, base, blanks, (size_t)(col + cols - p->left), col + cols - p->left);
        col += cols;
    }
    run_flush(&run);
    if (is_selected(p, at)) /* a blank line is seen to be selected, too */
        draw_fill(win, row, run.col, run.width - run.col, base);
}

/* ---- the screen ---- */

static int text_rows(const struct pager *p)
{
    int rows = p->screen.rows - 1 - (p->typing || p->search.len);

    return rows > 0 ? rows : 1;
}

static void scroll_to(struct pager *p, size_t line)
{
    size_t rows = (size_t)text_rows(p), most = p->text.lines > rows ? p->text.lines - rows : 0;

    p->first = line < most ? line : most;
}

/* The selection's moving end by so many lines, and the view with it. */
static void extend(struct pager *p, long by)
{
    size_t rows = (size_t)text_rows(p), last = p->text.lines - 1;

    p->point = by < 0 && (size_t)-by > p->point ? 0 : p->point + (size_t)by;
    if (p->point > last)
        p->point = last;
    if (p->point < p->first)
        scroll_to(p, p->point);
    if (p->point >= p->first + rows)
        scroll_to(p, p->point - rows + 1);
}

static void scroll_by(struct pager *p, long by)
{
    p->found = NONE;
    if (p->selecting) {
        extend(p, by);
        return;
    }
    scroll_to(p, by < 0 && (size_t)-by > p->first ? 0 : p->first + (size_t)by);
}

static void draw_head(const struct pager *p, WINDOW *win)
{
    size_t last = p->first + (size_t)text_rows(p);
    const char *news = p->spec.news ? p->spec.news(p->spec.arg) : NULL;
    int cols = p->screen.cols, at;
    char place[64];

    draw_fill(win, 0, 0, cols, theme_style(ROLE_BAR));
    at = 1 + draw_text(win, 0, 1, cols - 1, theme_style(ROLE_TITLE), p->title);
    if (*p->note)
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2,
                            style_on(theme_style(ROLE_WARN), theme_style(ROLE_BAR)), p->note);
    if (news)
        at += 2 + draw_text(win, 0, at + 2, cols - at - 2,
                            style_on(theme_style(ROLE_FRESH), theme_style(ROLE_BAR)), news);
    snprintf(place, sizeof(place), "%zu–%zu of %zu ", p->text.lines ? p->first + 1 : 0,
             last < p->text.lines ? last : p->text.lines, p->text.lines);
    if (cols - at > draw_width(place) + 2)
        draw_right(win, 0, at, cols - at, theme_style(ROLE_BAR), place);
}

static void draw(struct screen *s, WINDOW *win)
{
    struct pager *p = (struct pager *)s;
    int rows = text_rows(p);

    scroll_to(p, p->first);
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_head(p, win);
    for (int row = 0; row < rows && p->first + (size_t)row < p->text.lines; row++)
        draw_line(p, win, 1 + row, p->first + (size_t)row);
    if (!p->text.lines)
        draw_text(win, 2, 2, s->cols - 4, theme_style(ROLE_DIM), "It is empty.");
    if (!p->typing && !p->search.len)
        return;
    draw_text(win, 1 + rows, 1, 1, theme_style(ROLE_KEY), "/");
    field_draw(&p->search, win, 1 + rows, 2, s->cols - 3,
               theme_style(p->typing ? ROLE_INPUT : ROLE_TEXT), theme_style(ROLE_INPUT_DIM),
               "text to look for");
}

static bool cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct pager *p = (struct pager *)s;

    *ret_row = s->rows - 1;
    *ret_col = 2 + p->search.cursor_col;
    return p->typing;
}

static bool typing(struct screen *s)
{
    return ((struct pager *)s)->typing;
}

/* ---- what is done ---- */

static bool holds(const char *line, size_t n, const char *pattern)
{
    return pager_text_find(line, n, pattern) != NULL;
}

static bool begins(const char *line, size_t n, const char *pattern)
{
    return n >= strlen(pattern) && memcmp(line, pattern, strlen(pattern)) == 0;
}

/* To the next line from here on, or the one before, that is wanted. */
static void go_on(struct pager *p, bool backward, pager_wanted_fn *wanted, const char *pattern)
{
    size_t line, from = p->found == NONE ? p->first : p->found + !backward;
    bool wrapped;

    if (!p->text.lines)
        return;

    if (!pager_text_search(&p->text, from, backward, wanted, pattern, &line, &wrapped)) {
        app_message(p->screen.app, ROLE_WARN, "'%s' is not there", pattern);
        return;
    }
    if (wrapped)
        app_message(p->screen.app, ROLE_TEXT, "past the %s: on from the other side",
                    backward ? "beginning" : "end");
    scroll_to(p, line);
    p->found = line;
    if (p->selecting)
        p->point = line;
}

/* ---- selecting ---- */

static void toggle_selection(struct pager *p)
{
    p->selecting = !p->selecting && p->text.lines;
    p->anchor = p->point = p->found == NONE ? p->first : p->found;
}

static void copy_selection(struct pager *p)
{
    size_t from = p->anchor < p->point ? p->anchor : p->point,
           to = p->anchor < p->point ? p->point : p->anchor, n;
    const char *start = pager_text_line(&p->text, from, &n),
               *end = pager_text_line(&p->text, to, &n);

    if (clipboard_copy(p->screen.app, start, (size_t)(end - start) + n))
        app_message(p->screen.app, ROLE_GOOD, "%zu line%s copied", to - from + 1,
                    to == from ? "" : "s");
    p->selecting = false;
}

/* A press chooses a line, a drag selects from there. */
static void select_by_mouse(struct pager *p, const struct key_event *e)
{
    size_t line = p->first + (size_t)(e->row > 1 ? e->row - 1 : 0);

    if (e->row < 1 || line >= p->text.lines || e->row > text_rows(p) || e->button != 1)
        return;
    if (e->mouse == MOUSE_PRESS) {
        p->selecting = false;
        p->anchor = line;
    } else if (e->mouse == MOUSE_DRAG) {
        p->selecting = true;
        p->point = line;
    }
}

static bool enabled(struct screen *s, int a)
{
    struct pager *p = (struct pager *)s;

    switch (a) {
    case NEXT:
    case PREVIOUS:
        return p->search.len > 0;
    case NEXT_SECTION:
    case PREVIOUS_SECTION:
        return p->spec.section && p->text.lines;
    case SELECT:
        return p->text.lines > 0;
    case COPY:
        return p->selecting;
    case AGAIN:
        return p->spec.again != NULL;
    default:
        return !p->typing;
    }
}

static void action(struct screen *s, int a)
{
    struct pager *p = (struct pager *)s;
    long page = text_rows(p) > 1 ? text_rows(p) - 1 : 1;

    switch (a) {
    case CLOSE:
        if (p->selecting)
            p->selecting = false;
        else
            app_pop(s->app);
        break;
    case SELECT:
        toggle_selection(p);
        break;
    case COPY:
        copy_selection(p);
        break;
    case AGAIN:
        app_pop(s->app);
        p->spec.again(p->spec.arg);
        break;
    case SEARCH:
        p->typing = true;
        field_set(&p->search, "");
        break;
    case NEXT:
    case PREVIOUS:
        go_on(p, a == PREVIOUS, holds, p->search.text);
        break;
    case NEXT_SECTION:
    case PREVIOUS_SECTION:
        go_on(p, a == PREVIOUS_SECTION, begins, p->spec.section);
        break;
    case RIGHT:
        p->left += SIDE_COLS;
        break;
    case LEFT:
        p->left = p->left > SIDE_COLS ? p->left - SIDE_COLS : 0;
        break;
    case TOP:
    case END:
        scroll_by(p, a == TOP ? -(long)p->text.lines : (long)p->text.lines);
        break;
    default:
        scroll_by(p, a == DOWN ? 1 : a == UP ? -1 : a == PAGE_DOWN ? page : -page);
    }
}

/* While the text to look for is typed. */
static bool search_event(struct pager *p, const struct key_event *e)
{
    if (e->kind == EVENT_KEY && (e->code == K_ENTER || e->code == K_ESC)) {
        p->typing = false;
        if (e->code == K_ESC)
            field_set(&p->search, "");
        p->found = NONE;
        if (p->search.len)
            go_on(p, false, holds, p->search.text);
        return true;
    }
    return field_event(&p->search, e) || e->kind == EVENT_KEY;
}

static bool event(struct screen *s, const struct key_event *e)
{
    struct pager *p = (struct pager *)s;

    if (p->typing && e->kind != EVENT_MOUSE)
        return search_event(p, e);
    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        scroll_by(p, e->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
    else
        select_by_mouse(p, e);
    return true;
}

static void destroy(struct screen *s)
{
    struct pager *p = (struct pager *)s;

    pager_text_release(&p->text);
    free(p->spec.text);
    free(p->title);
    free(p->note);
    free(p);
}

const struct screen_ops pager_ops = {
    .name = "pager",
    .title = "Text",
    .keys = keys,
    .event = event,
    .action = action,
    .enabled = enabled,
    .captures = typing,
    .draw = draw,
    .cursor = cursor,
    .free = destroy,
};

void pager_open(struct app *app, const struct pager_spec *spec)
{
    struct pager *p = calloc(1, sizeof(*p));

    BUG_ON(!p || spec->len > PAGER_TEXT_MAX);
    p->screen.ops = &pager_ops;
    p->spec = *spec;
    p->title = str_printf("%s", spec->title);
    p->note = str_printf("%s", spec->note ? spec->note : "");
    p->found = NONE;
    p->typing = spec->searching;
    pager_text_init(&p->text, spec->text, spec->len);
    p->first = spec->at_end ? p->text.lines : 0; /* as far down as there is something to show */
    app_push(app, &p->screen);
}
