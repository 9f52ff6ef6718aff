/* tui/pager_keys.c: what keys and the mouse do in a pager. */
#include <stdlib.h>

#include "engine/term/sgr.h"
#include "tui/clipboard.h"
#include "tui/list.h"
#include "tui/pager_private.h"
#include "tui/pager_time.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"
#include "vmm/base/fs.h"

#define WHEEL_ROWS 3
#define SIDE_COLS 8

/* ---- selecting ---- */

/* The line is in sight, at the side to which the selection goes. */
static void show_line(struct pager *p, size_t line)
{
    size_t below = pager_line_in_row(p, pager_rows(p) - 1);

    if (line < p->first.line) {
        pager_go_to(p, line);
    } else if (below != PAGER_NONE && line > below) {
        p->first = (struct pager_place){ line, 0 };
        pager_scroll(p, pager_line_rows(p, line) - pager_rows(p));
    }
}

/* Moves the selection's end by this many lines, and the view with it. */
static void extend(struct pager *p, long by)
{
    size_t last = pager_text_count(&p->text) - 1;

    p->point = by < 0 && (size_t)-by > p->point ? 0 : p->point + (size_t)by;
    if (p->point > last)
        p->point = last;
    show_line(p, p->point);
}

static void scroll_by(struct pager *p, long by)
{
    p->found = PAGER_NONE;
    if (p->selecting)
        extend(p, by);
    else
        pager_scroll(p, by);
    p->follow = p->follow && by >= 0 && pager_is_at_end(p);
}

static void toggle_selection(struct pager *p)
{
    p->selecting = !p->selecting && pager_text_count(&p->text);
    p->anchor = p->point = p->found == PAGER_NONE ? p->first.line : p->found;
}

/* The text of selected lines, as it is shown; more than a clipboard takes is cut, and refused
 * there. */
static void put_lines(const struct pager *p, size_t from, size_t to, struct buf *out)
{
    const char *end = p->text.bytes + p->text.len;

    for (size_t i = from; i <= to && out->len <= CLIPBOARD_MAX; i++) {
        char plain[PAGER_LINE_MAX];
        size_t n;
        const char *line = pager_text_line(&p->text, i, &n), *next = line + n;
        if (p->spec.colored) {
            n = sgr_strip(line, n, plain, NULL);
            line = plain;
        }
        BUG_ON(!buf_append(out, line, n));
        if (i < to && next < end && *next == '\n') /* else it is a piece of a long line */
            BUG_ON(!buf_append(out, "\n", 1));
    }
}

static void copy_selection(struct pager *p)
{
    size_t from = p->anchor < p->point ? p->anchor : p->point,
           to = p->anchor < p->point ? p->point : p->anchor;
    scoped_buf text = BUF_INIT(2 * CLIPBOARD_MAX + 2 * PAGER_LINE_MAX);

    put_lines(p, from, to, &text);
    if (clipboard_copy(p->screen.app, text.len ? text.data : "", text.len))
        app_message(p->screen.app, ROLE_GOOD, "%zu line%s copied", to - from + 1,
                    to == from ? "" : "s");
    p->selecting = false;
}

/* A press chooses a line, a drag selects from there. */
static void select_by_mouse(struct pager *p, const struct key_event *e)
{
    size_t line = e->row < 1 ? PAGER_NONE : pager_line_in_row(p, e->row - 1);

    if (line == PAGER_NONE || e->button != 1)
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

/* What is done ends a search that is under way; true when one was. */
static bool stop_search(struct pager *p)
{
    bool looked = p->wanted != NULL;

    p->wanted = NULL;
    p->resume = false;
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

static bool pager_is_filtered(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return pager_is_shown(s, 0) && p->filter.len && !p->wanted && !p->selecting;
}

static void pager_show_all(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    field_set(&p->filter, "");
    pager_filter(p);
}

static bool pager_can_search(struct screen *s, int arg UNUSED)
{
    return !((struct pager *)s)->typing;
}

static void pager_type(struct screen *s, int backward)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->typing = PAGER_TYPES_SEARCH;
    p->forced_backward = backward;
    field_set(&p->search, "");
}

static void pager_type_filter(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->typing = PAGER_TYPES_FILTER;
    field_set(&p->filter, "");
}

static bool pager_has_times(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return pager_is_shown(s, 0) && p->spec.timed && pager_text_count(&p->text);
}

static void pager_type_since(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->typing = PAGER_TYPES_SINCE;
    field_set(&p->since, "");
}

static void pager_show_times(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    p->times = !p->times;
}

static void pager_wrap(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;
    bool at_end = p->spec.at_end && pager_is_at_end(p);

    p->wrap = !p->wrap;
    p->left = p->first.row = 0;
    if (at_end)
        pager_go_to_end(p);
}

static bool pager_has_pattern(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && !p->typing && p->search.len > 0;
}

static void pager_find(struct screen *s, int other_way)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    pager_go_on(p, other_way != p->backward, pager_wanted_line(p), p->search.text);
}

static bool pager_has_sections(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && p->spec.section && pager_text_count(&p->text);
}

static void pager_go_section(struct screen *s, int backward)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    pager_go_on(p, backward, pager_text_begins, p->spec.section);
}

static bool pager_has_text(struct screen *s, int arg UNUSED)
{
    const struct pager *p = (struct pager *)s;

    return !p->indexing && pager_text_count(&p->text) > 0;
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
    pager_ask(p);
}

static void pager_follow(struct screen *s, int arg UNUSED)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->follow = !p->follow;
    if (!p->follow)
        return;
    p->selecting = false;
    pager_go_to_end(p);
    if (!p->asked_ms && p->spec.news(p->spec.arg))
        pager_ask(p);
}

static void pager_move(struct screen *s, int step)
{
    struct pager *p = (struct pager *)s;
    long page = pager_rows(p) > 1 ? pager_rows(p) - 1 : 1, all = (long)pager_text_count(&p->text);
    const long by[] = { [LIST_DOWN] = 1,        [LIST_UP] = -1,      [LIST_PAGE_DOWN] = page,
                        [LIST_PAGE_UP] = -page, [LIST_FIRST] = -all, [LIST_LAST] = all };
    bool was_top = !p->first.line && !p->first.row;

    stop_search(p);
    if (!p->selecting && step == LIST_FIRST)
        pager_go_to(p, 0);
    else if (!p->selecting && step == LIST_LAST)
        pager_go_to_end(p);
    else
        scroll_by(p, by[step]);
    p->follow = p->follow && by[step] >= 0 && pager_is_at_end(p);
    if (p->asked_ms || !pager_has_older(p))
        return;
    if (step == LIST_FIRST)
        pager_read_older(p, PAGER_GOAL_TOP);
    else if (by[step] < 0 && was_top)
        pager_read_older(p, PAGER_GOAL_FROM_END);
}

static bool pager_can_shift(struct screen *s, int arg UNUSED)
{
    return pager_is_shown(s, 0) && !((struct pager *)s)->wrap;
}

static void pager_shift(struct screen *s, int by)
{
    struct pager *p = (struct pager *)s;

    stop_search(p);
    p->left = p->left + by > 0 ? p->left + by : 0;
}

const struct key_binding pager_keys[] = {
    { "show-all", "Esc", "show all", "show all lines again", .act = pager_show_all,
      .can = pager_is_filtered, .group = KEYS_VIEW },
    { "close", "Esc q", "back", "back", .act = pager_close, .can = pager_can_close,
      .group = KEYS_NAVIGATE },
    { "search", "/", "search", "search; capital letters count when there are any",
      .act = pager_type, .can = pager_can_search, .arg = false, .group = KEYS_VIEW },
    { "search-back", "\\", NULL, "search upwards", .act = pager_type, .can = pager_can_search,
      .arg = true, .group = KEYS_VIEW },
    { "next", "n", "next", "to the next place it was found in", .act = pager_find,
      .can = pager_has_pattern, .arg = false, .group = KEYS_NAVIGATE },
    { "previous", "N", "previous", "the other way", .act = pager_find, .can = pager_has_pattern,
      .arg = true, .group = KEYS_NAVIGATE },
    { "filter", "&", NULL, "show only the lines that hold a text", .act = pager_type_filter,
      .can = pager_is_shown, .group = KEYS_VIEW },
    { "next-file", "] }", "next file", "to the next file of a diff", .act = pager_go_section,
      .can = pager_has_sections, .arg = false, .group = KEYS_NAVIGATE },
    { "previous-file", "[ {", NULL, "to the one before", .act = pager_go_section,
      .can = pager_has_sections, .arg = true, .group = KEYS_NAVIGATE },
    { "select", "v", "select", "select lines, by keys or by dragging; once more: none",
      .act = pager_select, .can = pager_has_text },
    { "copy", "y", "copy", "copy the selected lines to the terminal's clipboard", .act = pager_copy,
      .can = pager_is_selecting },
    { "read-again", "r F5", "read on", "read it again, with what has come since",
      .act = pager_read_again, .can = pager_can_read_again, .group = KEYS_VIEW },
    { "follow", "F", "follow", "show what comes as it comes, until you scroll up",
      .act = pager_follow, .can = pager_can_read_again, .group = KEYS_VIEW },
    { "times", "t", "times", "when each line was written", .act = pager_show_times,
      .can = pager_has_times, .needs = "the log of a shell: others have no times",
      .group = KEYS_VIEW },
    { "since", "s", NULL, "to what was written since 10m ago, 14:30, …", .act = pager_type_since,
      .can = pager_has_times, .needs = "the log of a shell: others have no times",
      .group = KEYS_VIEW },
    { "wrap", "w", NULL, "go on with long lines in the next row", .act = pager_wrap,
      .can = pager_has_text, .group = KEYS_VIEW },
    { "down", "Down j Enter", NULL, "a line down", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_DOWN, .group = KEYS_NAVIGATE },
    { "up", "Up k", NULL, "a line up", .act = pager_move, .can = pager_is_shown, .arg = LIST_UP,
      .group = KEYS_NAVIGATE },
    { "page-down", "PgDn Space Ctrl-d", NULL, "a page down", .act = pager_move,
      .can = pager_is_shown, .arg = LIST_PAGE_DOWN, .group = KEYS_NAVIGATE },
    { "page-up", "PgUp Ctrl-u", NULL, "a page up", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_PAGE_UP, .group = KEYS_NAVIGATE },
    { "top", "Home g", NULL, "to the beginning", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_FIRST, .group = KEYS_NAVIGATE },
    { "end", "End G", NULL, "to the end", .act = pager_move, .can = pager_is_shown,
      .arg = LIST_LAST, .group = KEYS_NAVIGATE },
    { "right", "Right l", NULL, "what is further right of long lines", .act = pager_shift,
      .can = pager_can_shift, .arg = SIDE_COLS, .group = KEYS_NAVIGATE },
    { "left", "Left h", NULL, "… further left", .act = pager_shift, .can = pager_can_shift,
      .arg = -SIDE_COLS, .group = KEYS_NAVIGATE },
    { 0 },
};

/* ---- what is typed ---- */

bool pager_captures(struct screen *s)
{
    return ((struct pager *)s)->typing != PAGER_TYPES_NOTHING;
}

/* False: it is no time, which is said beside it. */
static bool check_typed(struct pager *p)
{
    p->refused = p->typing == PAGER_TYPES_SINCE && p->since.len &&
                 !pager_time_since(p->since.text, clock_wall(), p->since_text);
    return !p->refused;
}

static void take_typed(struct pager *p, bool given_up)
{
    enum pager_typing typed = p->typing;

    if (given_up)
        field_set(pager_typed(p), "");
    if (!check_typed(p))
        return;
    p->typing = PAGER_TYPES_NOTHING;
    p->found = PAGER_NONE;
    if (typed == PAGER_TYPES_FILTER)
        pager_filter(p);
    else if (typed == PAGER_TYPES_SINCE && p->since.len)
        pager_search_since(p);
    else if (p->search.len)
        pager_search(p);
}

bool pager_event(struct screen *s, const struct key_event *e)
{
    struct pager *p = (struct pager *)s;

    if (p->typing && e->kind == EVENT_KEY && (e->code == K_ENTER || e->code == K_ESC)) {
        take_typed(p, e->code == K_ESC);
        return true;
    }
    if (p->typing && e->kind != EVENT_MOUSE) {
        bool edits = field_event(pager_typed(p), e);
        p->refused = p->refused && !edits;
        return edits || e->kind == EVENT_KEY;
    }
    if (e->kind != EVENT_MOUSE)
        return false;
    if (p->indexing)
        return true;
    stop_search(p);
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        scroll_by(p, e->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
    else
        select_by_mouse(p, e);
    return true;
}
