/* tui/pager.c: a text to read. */
#include "tui/pager.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "engine/term/sgr.h"
#include "tui/clipboard.h"
#include "tui/list.h"
#include "tui/pager_private.h"
#include "vmm/base/fs.h"

#define WHEEL_ROWS 3
#define SIDE_COLS 8
#define NONE ((size_t)-1)
#define COLORED_MAX (32 * CLIPBOARD_MAX) /* with its colours, of a text that may be copied */
#define SLICE_MS 4                       /* of work before keys are looked for */

/* ---- the screen ---- */

static void scroll_to(struct pager *p, size_t line)
{
    size_t rows = (size_t)pager_rows(p), most = p->text.lines > rows ? p->text.lines - rows : 0;

    p->first = line < most ? line : most;
}

/* Moves the selection's end by this many lines, and the view with it. */
static void extend(struct pager *p, long by)
{
    size_t rows = (size_t)pager_rows(p), last = p->text.lines - 1;

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

static void pager_draw(struct screen *s, WINDOW *win)
{
    struct pager *p = (struct pager *)s;

    if (!p->indexing)
        scroll_to(p, p->first);
    pager_paint(p, win);
}

static bool pager_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct pager *p = (struct pager *)s;

    *ret_row = s->rows - 1;
    *ret_col = 2 + p->search.cursor_col;
    return p->typing;
}

static bool pager_captures(struct screen *s)
{
    return ((struct pager *)s)->typing;
}

/* ---- what is done ---- */

static void look_ended(struct pager *p, enum pager_found found, size_t line)
{
    p->wanted = NULL;
    if (found == PAGER_NOWHERE) {
        app_message(p->screen.app, ROLE_WARN, "'%s' is not there", p->pattern);
        return;
    }
    if (p->look.wrapped)
        app_message(p->screen.app, ROLE_TEXT, "past the %s: on from the other side",
                    p->look.backward ? "beginning" : "end");
    scroll_to(p, line);
    p->found = line;
    if (p->selecting)
        p->point = line;
}

static void begin_look(struct pager *p, size_t from, bool backward, pager_wanted_fn *wanted,
                       const char *pattern)
{
    pager_search_begin(&p->look, from, backward);
    p->wanted = wanted;
    p->pattern = pattern;
}

/* For the text that was typed. */
static pager_wanted_fn *wanted_line(const struct pager *p)
{
    return p->spec.colored ? pager_text_holds_in_color : pager_text_holds;
}

/* From the first line shown; at the end of a text that is read from its end, upwards from there:
 * the newest match comes first. */
static void begin_typed(struct pager *p)
{
    size_t end = p->first + (size_t)pager_rows(p) + 1; /* the line of the search hides one */

    p->backward = p->spec.at_end && end >= p->text.lines;
    begin_look(p, p->backward ? end : p->first, p->backward, wanted_line(p), p->search.text);
}

/* Goes on with what is under way for a moment; the rest comes with the loop's next pass. */
static void pager_work(void *arg)
{
    struct pager *p = arg;
    int64_t until = clock_ms() + SLICE_MS;
    enum pager_found found = PAGER_GOING_ON;
    size_t line = 0;

    while (p->indexing && clock_ms() < until) {
        p->indexing = !pager_text_index(&p->text);
        if (!p->indexing && p->spec.at_end)
            p->first = p->text.lines; /* as far down as there is something to show */
    }
    if (!p->indexing && p->look_later) {
        p->look_later = false;
        begin_typed(p);
    }
    while (p->wanted && found == PAGER_GOING_ON && clock_ms() < until)
        found = pager_search_step(&p->look, &p->text, p->wanted, p->pattern, &line);
    if (found != PAGER_GOING_ON)
        look_ended(p, found, line);
    app_damage_soon(p->screen.app);
    if (p->indexing || p->wanted)
        loop_defer(p->screen.app->loop, &p->slice, pager_work, p);
}

/* To the next line from here on, or the one before, that is wanted. */
static void go_on(struct pager *p, bool backward, pager_wanted_fn *wanted, const char *pattern)
{
    if (p->indexing || !p->text.lines)
        return;
    begin_look(p, p->found == NONE ? p->first : p->found + !backward, backward, wanted, pattern);
    pager_work(p);
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
    scoped_free char *plain = NULL;

    n += (size_t)(end - start);
    if (p->spec.colored && n <= COLORED_MAX) {
        plain = malloc(n + 1);
        BUG_ON(!plain);
        n = sgr_strip(start, n, plain, NULL);
        start = plain;
    }
    if (clipboard_copy(p->screen.app, start, n))
        app_message(p->screen.app, ROLE_GOOD, "%zu line%s copied", to - from + 1,
                    to == from ? "" : "s");
    p->selecting = false;
}

/* A press chooses a line, a drag selects from there. */
static void select_by_mouse(struct pager *p, const struct key_event *e)
{
    size_t line = p->first + (size_t)(e->row > 1 ? e->row - 1 : 0);

    if (e->row < 1 || line >= p->text.lines || e->row > pager_rows(p) || e->button != 1)
        return;
    if (e->mouse == MOUSE_PRESS) {
        p->selecting = false;
        p->anchor = line;
    } else if (e->mouse == MOUSE_DRAG) {
        p->selecting = true;
        p->point = line;
    }
}

/* ---- keys ---- */

/* Whatever is done ends a search that is under way; true when one was. */
static bool stop_search(struct pager *p)
{
    bool looked = p->wanted != NULL;

    p->wanted = NULL;
    return looked;
}

static bool pager_is_shown(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && !p->typing;
}

static bool pager_can_close(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return p->indexing || !p->typing;
}

static void pager_close(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    if (stop_search(p))
        app_message(s->app, ROLE_TEXT, "search stopped");
    else if (p->selecting)
        p->selecting = false;
    else
        app_pop(s->app);
}

static bool pager_can_search(struct screen *s, int arg UNUSED)
{
    return !((struct pager *)s)->typing;
}

static void pager_type(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->typing = true;
    field_set(&p->search, "");
}

static bool pager_has_pattern(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->search.len > 0;
}

static void pager_find(struct screen *s, int other_way)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    go_on(p, other_way != p->backward, wanted_line(p), p->search.text);
}

static bool pager_has_sections(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->spec.section && p->text.lines;
}

static void pager_go_section(struct screen *s, int backward)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    go_on(p, backward, pager_text_begins, p->spec.section);
}

static bool pager_has_text(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->text.lines > 0;
}

static void pager_select(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    toggle_selection(p);
}

static bool pager_is_selecting(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->selecting;
}

static void pager_copy(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    copy_selection(p);
}

static bool pager_can_read_again(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->spec.again;
}

static void pager_read_again(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->spec.again(p->spec.arg);
}

static void pager_move(struct screen *s, int step)
{
    struct pager *p = (struct pager *)s;
    long page = pager_rows(p) > 1 ? pager_rows(p) - 1 : 1, all = (long)p->text.lines;
    const long by[] = { [LIST_DOWN] = 1,        [LIST_UP] = -1,      [LIST_PAGE_DOWN] = page,
                        [LIST_PAGE_UP] = -page, [LIST_FIRST] = -all, [LIST_LAST] = all };

    stop_search(p);
    scroll_by(p, by[step]);
}

static void pager_shift(struct screen *s, int by)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->left = p->left + by > 0 ? p->left + by : 0;
}

static const struct key_binding keys[] = {
    { "close", "Esc q", "back", "back", .act = pager_close, .can = pager_can_close },
    { "search", "/", "search", "search; capital letters count when there are any",
      .act = pager_type, .can = pager_can_search },
    { "next", "n", "next", "to the next place it was found in", .act = pager_find,
      .can = pager_has_pattern, .arg = false },
    { "previous", "N", "previous", "the other way", .act = pager_find, .can = pager_has_pattern,
      .arg = true },
    { "next-file", "] }", "next file", "to the next file of a diff", .act = pager_go_section,
      .can = pager_has_sections, .arg = false },
    { "previous-file", "[ {", NULL, "to the one before", .act = pager_go_section,
      .can = pager_has_sections, .arg = true },
    { "select", "v", "select", "select lines, by keys or by dragging; once more: none",
      .act = pager_select, .can = pager_has_text },
    { "copy", "y", "copy", "copy the selected lines to the terminal's clipboard", .act = pager_copy,
      .can = pager_is_selecting },
    { "read-again", "r F5", "read on", "read it again, with what has come since",
      .act = pager_read_again, .can = pager_can_read_again },
    { "down", "Down j Enter", NULL, "a line down", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_DOWN },
    { "up", "Up k", NULL, "a line up", .act = pager_move, .can = pager_is_shown, .arg = LIST_UP },
    { "page-down", "PgDn Space Ctrl-d", NULL, "a page down", .act = pager_move,
      .can = pager_is_shown, .arg = LIST_PAGE_DOWN },
    { "page-up", "PgUp Ctrl-u", NULL, "a page up", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_PAGE_UP },
    { "top", "Home g", NULL, "to the beginning", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_FIRST },
    { "end", "End G", NULL, "to the end", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_LAST },
    { "right", "Right l", NULL, "what is further right of long lines", .act = pager_shift,
      .can = pager_is_shown, .arg = SIDE_COLS },
    { "left", "Left h", NULL, "… further left", .act = pager_shift, .can = pager_is_shown,
      .arg = -SIDE_COLS },
    { 0 },
};

static void search(struct pager *p)
{
    p->look_later = p->indexing;
    if (p->indexing || !p->text.lines)
        return;
    begin_typed(p);
    pager_work(p);
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
            search(p);
        return true;
    }
    return field_event(&p->search, e) || e->kind == EVENT_KEY;
}

static bool pager_event(struct screen *s, const struct key_event *e)
{
    struct pager *p = (struct pager *)s;

    if (p->typing && e->kind != EVENT_MOUSE)
        return search_event(p, e);
    if (e->kind != EVENT_MOUSE)
        return false;
    if (p->indexing)
        return true;
    p->wanted = NULL;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        scroll_by(p, e->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
    else
        select_by_mouse(p, e);
    return true;
}

static void release_text(struct pager *p)
{
    loop_defer_cancel(p->screen.app->loop, &p->slice);
    pager_text_release(&p->text);
    if (p->spec.mapped && p->spec.len)
        munmap(p->spec.text, p->spec.len);
    else
        free(p->spec.text);
    p->spec.text = NULL;
    p->spec.len = 0;
}

void pager_fill(struct pager *p, bool ok, char *text, size_t len, const char *note)
{
    BUG_ON(len > PAGER_TEXT_MAX);
    release_text(p);
    p->spec.text = text;
    p->spec.len = len;
    p->missing = !ok;
    free(p->note);
    p->note = str_printf("%s", note ? note : "");
    p->wanted = NULL;
    p->selecting = false;
    p->found = NONE;
    p->first = 0;
    BUG_ON(p->spec.skip > len);
    pager_text_init(&p->text, len ? text + p->spec.skip : text, len - p->spec.skip);
    p->indexing = len > p->spec.skip;
    pager_work(p);
}

static void pager_free(struct screen *s)
{
    struct pager *p = (struct pager *)s;

    release_text(p);
    if (p->spec.closed)
        p->spec.closed(p->spec.arg);
    free(p->title);
    free(p->note);
    free(p);
}

const struct screen_ops pager_ops = {
    .name = "pager",
    .title = "Text",
    .keys = keys,
    .event = pager_event,
    .captures = pager_captures,
    .draw = pager_draw,
    .cursor = pager_cursor,
    .free = pager_free,
};

struct pager *pager_open(struct app *app, const struct pager_spec *spec)
{
    struct pager *p = screen_new(app, &pager_ops, sizeof(*p));

    p->spec = *spec;
    p->spec.text = NULL;
    p->spec.len = 0;
    p->title = str_printf("%s", spec->title);
    p->note = str_printf("%s", "");
    p->found = NONE;
    p->typing = spec->searching;
    p->indexing = true;
    app_push(app, &p->screen);
    if (!spec->again)
        pager_fill(p, true, spec->text, spec->len, spec->note);
    return p;
}
