/*
 * tui/log_view.c: the lines of the log, the newest last, and the commands that still run behind
 * them; the whole of the chosen one below.
 */
#include "tui/log_view.h"

#include "tui/format.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/log.h"
#include "vmm/base/fs.h"

#define WHOLE_ROWS 4 /* with its rule */

struct log_view {
    struct screen screen;
    struct list list;
    struct job *job; /* that the cursor is on, or was: see job_line(); NULL: none */
    bool elsewhere;  /* the operator has put the cursor above the end */
};

static int job_count(const struct app *app)
{
    int n = 0;

    for (const struct job *job = job_first(app); job; job = job_next(job))
        n++;
    return n;
}

/* The job on a line; NULL when the line is of the log. The oldest comes first. */
static struct job *job_at(const struct log_view *v, int i)
{
    struct job *job = job_first(v->screen.app);
    int from_end = v->list.count - 1 - i;

    if (i < (int)log_count())
        return NULL;
    while (job && from_end--)
        job = job_next(job);
    return job;
}

/* The text of a line, into ret; since when, and how it looks. */
static enum role line_at(const struct log_view *v, int i, double *ret_time, char *ret, size_t size)
{
    const struct job *job = job_at(v, i);
    struct short_text age;

    if (!job) {
        const struct log_line *line = log_at((size_t)i);
        snprintf(ret, size, "%s", line->text);
        *ret_time = line->time;
        return line->role;
    }
    snprintf(ret, size, "%s: runs for %s %s", job_what(job),
             format_age(&age, job_started(job), clock_wall()), job_progress(job));
    *ret_time = job_started(job);
    return ROLE_WARN;
}

static void draw_line(const struct log_view *v, WINDOW *win, int row, int i)
{
    struct style base = theme_style(i == v->list.selected ? ROLE_SELECTED : ROLE_TEXT);
    struct short_text when;
    char text[1024];
    double time;
    enum role role = line_at(v, i, &time, text, sizeof(text));

    draw_fill(win, row, 0, v->screen.cols, base);
    draw_text(win, row, 1, 8, style_on(theme_style(ROLE_DIM), base), format_clock(&when, time));
    draw_text(win, row, 11, v->screen.cols - 13, style_on(theme_style(role), base), text);
}

/* The line of the job that the cursor was put on; -1 when it is over. */
static int job_line(const struct log_view *v)
{
    int line = v->list.count;

    for (struct job *job = job_first(v->screen.app); job; job = job_next(job), line--)
        if (job == v->job)
            return line - 1;
    return -1;
}

/* As many lines as there are now. The cursor stays with its job, then at the end. */
static void fit(struct log_view *v)
{
    list_fit(&v->list, (int)log_count() + job_count(v->screen.app),
             v->screen.rows - 1 - WHOLE_ROWS);
    if (job_line(v) >= 0)
        list_select(&v->list, job_line(v));
    else if (!v->elsewhere)
        list_select(&v->list, v->list.count - 1);
    v->job = job_at(v, v->list.selected);
}

static void log_view_draw(struct screen *s, WINDOW *win)
{
    struct log_view *v = (struct log_view *)s;
    char text[1024];
    double time;
    enum role role;

    fit(v);
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_cell(win, 0, 0, s->cols, theme_style(ROLE_TITLE), " pyro  log");
    if (!v->list.count) {
        draw_text(win, 2, 2, s->cols - 4, theme_style(ROLE_DIM), "Nothing has been done yet.");
        return;
    }
    for (int row = 0; row < v->list.rows && v->list.first + row < v->list.count; row++)
        draw_line(v, win, 1 + row, v->list.first + row);
    draw_scrollbar(win, (struct area){ 1, s->cols - 1, v->list.rows, 1 }, v->list.first,
                   v->list.count, theme_style(ROLE_BORDER));
    draw_rule(win, s->rows - WHOLE_ROWS, 0, s->cols, theme_style(ROLE_BORDER));
    role = line_at(v, v->list.selected, &time, text, sizeof(text));
    draw_wrapped(win, (struct area){ s->rows - WHOLE_ROWS + 1, 1, WHOLE_ROWS - 1, s->cols - 2 },
                 theme_style(role), text);
}

static void log_view_end_job(struct screen *s, int arg UNUSED)
{
    job_cancel(((struct log_view *)s)->job);
}

static bool log_view_has_job(struct screen *s, int arg UNUSED)
{
    return job_line((struct log_view *)s) >= 0;
}

static void moved(struct log_view *v)
{
    v->job = job_at(v, v->list.selected);
    v->elsewhere = v->list.selected + 1 < v->list.count;
}

static void log_view_move(struct screen *s, int step)
{
    struct log_view *v = (struct log_view *)s;

    list_step(&v->list, step);
    moved(v);
}

static const struct key_binding keys[] = {
    LIST_KEYS(log_view_move),
    { "end", "x Delete", "end it", "end the command that runs; once more: kill it",
      .act = log_view_end_job, .can = log_view_has_job, .needs = "a running command" },
    { "close", "Esc q L", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    { 0 },
};

static bool log_view_event(struct screen *s, const struct key_event *e)
{
    struct log_view *v = (struct log_view *)s;

    if (list_mouse(&v->list, e, 1) != LIST_MISSED)
        moved(v);
    return e->kind == EVENT_MOUSE;
}

static bool log_view_tick_wanted(struct screen *s)
{
    return job_first(s->app) != NULL;
}

const struct screen_ops log_view_ops = {
    .name = "log",
    .title = "Log",
    .keys = keys,
    .event = log_view_event,
    .tick_wanted = log_view_tick_wanted,
    .draw = log_view_draw,
};

void log_view_open(struct app *app)
{
    struct log_view *v;

    if (app->top->ops == &log_view_ops)
        return;
    v = screen_new(app, &log_view_ops, sizeof(*v));
    app_push(app, &v->screen);
}
