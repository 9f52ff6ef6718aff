/* tui/pager.c: a text to read: its life, and the work on it, which goes slice by slice. */
#include "tui/pager.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/shell/shell_times.h"
#include "tui/pager_private.h"
#include "tui/pager_time.h"
#include "vmm/base/fs.h"

#define SLICE_MS 4     /* of work before keys are looked for */
#define REFILL_MS 50   /* … and before the text that was shown is blanked for the next one */
#define FOLLOW_MS 200  /* between two reads at least */
#define FOLLOW_SHARE 4 /* … and so many times as long as the last one took */

/* ---- where it is shown ---- */

static void set_goal(struct pager *p, enum pager_goal goal)
{
    size_t line = pager_text_in_all(&p->text, p->first.line);

    p->goal = goal;
    p->goal_line = goal == PAGER_GOAL_FROM_END ? p->text.lines - line : line;
}

static void reach_goal(struct pager *p)
{
    size_t line = p->goal_line;

    if (p->goal == PAGER_GOAL_FROM_END)
        line = p->text.lines > line ? p->text.lines - line : 0;
    if (p->goal == PAGER_GOAL_TOP || (p->goal == PAGER_GOAL_USUAL && !p->spec.at_end))
        pager_go_to(p, 0);
    else if (p->goal == PAGER_GOAL_USUAL || p->follow)
        pager_go_to_end(p);
    else
        pager_go_to(p, pager_text_of_all(&p->text, line));
    p->goal = PAGER_GOAL_USUAL;
}

/* ---- asking for text ---- */

bool pager_has_older(const struct pager *p)
{
    return p->spec.has_older && p->spec.has_older(p->spec.arg);
}

void pager_read_older(struct pager *p, enum pager_goal goal)
{
    set_goal(p, goal);
    p->asked_ms = clock_ms();
    p->spec.older(p->spec.arg, goal == PAGER_GOAL_TOP || p->wanted);
    app_damage(p->screen.app);
}

void pager_ask(struct pager *p)
{
    p->asked_ms = clock_ms();
    p->spec.again(p->spec.arg);
}

static void pager_on_follow(void *arg)
{
    struct pager *p = arg;

    if (p->follow && !p->asked_ms && !p->indexing && p->spec.news(p->spec.arg))
        pager_ask(p);
}

/* Reads what has come, if that is followed: what comes damages the screen. */
static void follow(struct pager *p)
{
    int64_t wait = p->reading_ms * FOLLOW_SHARE;

    if (p->follow && !p->follow_timer.armed && !p->asked_ms && p->spec.news(p->spec.arg))
        loop_timer_set(p->screen.app->loop, &p->follow_timer, wait > FOLLOW_MS ? wait : FOLLOW_MS,
                       pager_on_follow, p);
}

/* ---- the screen ---- */

static void pager_draw(struct screen *s, WINDOW *win)
{
    struct pager *p = (struct pager *)s;

    if (!p->indexing)
        pager_fit(p);
    pager_paint(p, win);
    follow(p);
}

struct field *pager_typed(struct pager *p)
{
    return p->typing == PAGER_TYPES_SEARCH   ? &p->search
           : p->typing == PAGER_TYPES_FILTER ? &p->filter
           : p->typing == PAGER_TYPES_SINCE  ? &p->since
                                             : NULL;
}

static bool pager_cursor(struct screen *s, int *ret_row, int *ret_col)
{
    struct pager *p = (struct pager *)s;
    const struct field *field = pager_typed(p);

    *ret_row = s->rows - 1;
    *ret_col = p->typed_col + (field ? field->cursor_col : 0);
    return field;
}

/* ---- search ---- */

static void look_ended(struct pager *p, enum pager_found found, size_t line)
{
    bool since = p->wanted == pager_time_is_since;

    p->wanted = NULL;
    if (found == PAGER_NOWHERE && since) {
        app_message(p->screen.app, ROLE_WARN, "nothing since %s", p->since.text);
        return;
    }
    if (found == PAGER_NOWHERE) {
        app_message(p->screen.app, ROLE_WARN, "'%s' is not there", p->pattern);
        return;
    }
    if (p->look.wrapped)
        app_message(p->screen.app, ROLE_TEXT, "past the %s: on from the other side",
                    p->look.backward ? "beginning" : "end");
    p->follow = false;
    pager_go_to(p, line);
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

pager_wanted_fn *pager_wanted_line(const struct pager *p)
{
    return p->spec.colored ? pager_text_holds_in_color : pager_text_holds;
}

/* From the first line shown; at the end of a text that is read from its end, upwards from there:
 * the newest match comes first. */
static void begin_typed(struct pager *p)
{
    bool at_end = pager_is_at_end(p);
    size_t below = pager_line_in_row(p, pager_rows(p) - 1);
    size_t end = at_end || below == PAGER_NONE ? pager_text_count(&p->text) : below + 1;

    p->backward = p->forced_backward || (p->spec.at_end && at_end);
    begin_look(p, p->backward ? end : p->first.line, p->backward, pager_wanted_line(p),
               p->search.text);
}

/* What is above is searched too before the search goes on from the other side. */
static bool reads_older(struct pager *p)
{
    if (!p->look.wrapped || p->resume || !pager_has_older(p))
        return false;
    p->resume = true;
    p->look_from_end = pager_text_count(&p->text) - p->look.from;
    pager_read_older(p, PAGER_GOAL_FROM_END);
    return true;
}

static void resume_look(struct pager *p)
{
    size_t count = pager_text_count(&p->text);

    p->resume = false;
    pager_search_begin(&p->look, count > p->look_from_end ? count - p->look_from_end : 0,
                       p->look.backward);
}

static void look(struct pager *p, int64_t until)
{
    enum pager_found found = PAGER_GOING_ON;
    size_t line = 0;

    while (p->wanted && !p->resume && found == PAGER_GOING_ON && clock_ms() < until) {
        found = pager_search_step(&p->look, &p->text, p->wanted, p->pattern, &line);
        if (found != PAGER_FOUND && reads_older(p))
            return;
    }
    if (found != PAGER_GOING_ON)
        look_ended(p, found, line);
}

void pager_go_on(struct pager *p, bool backward, pager_wanted_fn *wanted, const char *pattern)
{
    if (p->indexing || !pager_text_count(&p->text))
        return;
    begin_look(p, p->found == PAGER_NONE ? p->first.line : p->found + !backward, backward, wanted,
               pattern);
    pager_work(p);
}

void pager_search(struct pager *p)
{
    p->look_later = p->indexing;
    if (p->indexing || !pager_text_count(&p->text))
        return;
    begin_typed(p);
    pager_work(p);
}

void pager_search_since(struct pager *p)
{
    const char *head = pager_text_count(&p->text) ? pager_text_head(&p->text, 0) : NULL;

    if (!head || p->indexing)
        return;
    if (pager_has_older(p) && pager_time_is_since(head + SHELL_TIME_BYTES, 0, p->since_text)) {
        p->since_later = true;
        pager_read_older(p, PAGER_GOAL_TOP);
        return;
    }
    begin_look(p, 0, false, pager_time_is_since, p->since_text);
    pager_work(p);
}

/* ---- work, in slices ---- */

static void index_ended(struct pager *p)
{
    p->indexing = false;
    p->dated = p->spec.timed && pager_text_count(&p->text) &&
               pager_time_is_older_day(pager_text_head(&p->text, 0), clock_wall());
    reach_goal(p);
    if (p->resume && p->wanted)
        resume_look(p);
    if (p->look_later) {
        p->look_later = false;
        begin_typed(p);
    }
    if (p->since_later) {
        p->since_later = false;
        begin_look(p, 0, false, pager_time_is_since, p->since_text);
    }
}

/* Finds the lines, then those that are shown. */
static void index_some(struct pager *p)
{
    bool ended = p->text.indexed == p->text.len || pager_text_index(&p->text);

    if (!ended)
        return;
    if (!p->filter.len || pager_text_keep_step(&p->text, pager_wanted_line(p), p->filter.text))
        index_ended(p);
}

static void pager_on_slice(void *arg)
{
    pager_work(arg);
}

static void work_for(struct pager *p, int64_t ms)
{
    int64_t until = clock_ms() + ms;

    while (p->indexing && clock_ms() < until)
        index_some(p);
    if (!p->indexing)
        look(p, until);
    app_damage_soon(p->screen.app);
    if (p->indexing || (p->wanted && !p->resume))
        loop_defer(p->screen.app->loop, &p->slice, pager_on_slice, p);
}

void pager_work(struct pager *p)
{
    work_for(p, SLICE_MS);
}

void pager_filter(struct pager *p)
{
    if (p->indexing)
        return;
    set_goal(p, pager_is_at_end(p) && p->spec.at_end ? PAGER_GOAL_USUAL : PAGER_GOAL_LINE);
    pager_text_keep(&p->text, p->filter.len > 0);
    p->found = PAGER_NONE;
    p->selecting = false;
    p->indexing = true;
    pager_work(p);
}

/* ---- life ---- */

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

static void fill(struct pager *p, char *text, size_t len, const char *note)
{
    release_text(p);
    p->spec.text = text;
    p->spec.len = len;
    free(p->note);
    p->note = str_printf("%s", note ? note : "");
    p->selecting = false;
    p->found = PAGER_NONE;
    BUG_ON(p->spec.skip > len);
    pager_text_init(&p->text, len ? text + p->spec.skip : text, len - p->spec.skip,
                    p->spec.timed ? SHELL_TIME_BYTES : 0);
    pager_text_keep(&p->text, p->filter.len > 0);
}

void pager_fill(struct pager *p, bool ok, char *text, size_t len, const char *note)
{
    bool first = !p->filled;

    BUG_ON(len > PAGER_TEXT_MAX);
    p->reading_ms = p->asked_ms ? clock_ms() - p->asked_ms : 0;
    p->asked_ms = 0;
    if (!p->resume)
        p->wanted = NULL;
    if (!ok && !first) { /* what was read before is still worth reading */
        p->wanted = NULL;
        p->resume = p->since_later = p->follow = false;
        app_damage(p->screen.app);
        return;
    }
    p->filled = ok;
    p->missing = !ok;
    fill(p, text, len, note);
    p->indexing = true;
    work_for(p, first ? SLICE_MS : REFILL_MS);
}

static void pager_free(struct screen *s)
{
    struct pager *p = (struct pager *)s;

    release_text(p);
    loop_timer_cancel(s->app->loop, &p->follow_timer);
    if (p->spec.closed)
        p->spec.closed(p->spec.arg);
    free(p->title);
    free(p->note);
    free(p);
}

const struct screen_ops pager_ops = {
    .name = "pager",
    .title = "Text",
    .keys = pager_keys,
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
    p->found = PAGER_NONE;
    p->typing = spec->searching ? PAGER_TYPES_SEARCH : PAGER_TYPES_NOTHING;
    p->indexing = true;
    app_push(app, &p->screen);
    if (!spec->again)
        pager_fill(p, true, spec->text, spec->len, spec->note);
    else
        p->asked_ms = clock_ms(); /* its opener reads the text */
    return p;
}
