/* tui/workspaces_head.c: the first line of the list: how many there are in which state, what was
 * asked for and is going on, and how busy this host is. */
#include <stdio.h>

#include "tui/format.h"
#include "tui/job.h"
#include "tui/workspaces_private.h"
#include "vmm/base/fs.h"

#define GAUGE_COLS 5
#define WORDS_COLS 100 /* from this width on, counts have words */
#define WARN_PERCENT 70
#define BAD_PERCENT 90

static int say(WINDOW *win, int col, int cols, enum role role, const char *text)
{
    return draw_text(win, 0, col, cols - col, style_on(theme_style(role), theme_style(ROLE_BAR)),
                     text) +
           2;
}

/* The counts, which filter when they are clicked. Returns where the line goes on. */
static int draw_chips(struct workspaces *w, WINDOW *win, int col)
{
    const struct model *m = w->screen.app->model;
    int counts[LOOK_COUNT] = { 0 }, cols = w->screen.cols;
    char text[64];

    for (size_t i = 0; i < model_count(m); i++)
        counts[look_of(model_at(m, i))]++;
    for (int i = 0; i < LOOK_COUNT; i++) {
        w->chips[i].from = w->chips[i].to = 0;
        if (!counts[i])
            continue;
        snprintf(text, sizeof(text), "%s %d%s%s", looks[i].glyph, counts[i],
                 cols >= WORDS_COLS ? " " : "", cols >= WORDS_COLS ? looks[i].word : "");
        if (col + draw_width(text) >= cols)
            continue;
        w->chips[i].from = col;
        w->chips[i].to = col + draw_width(text);
        col += say(win, col, cols, looks[i].role, text);
    }
    return col;
}

static int draw_gauge(WINDOW *win, int col, const char *name, int percent)
{
    struct style bar = theme_style(ROLE_BAR);
    enum role role = percent >= BAD_PERCENT    ? ROLE_BAD
                     : percent >= WARN_PERCENT ? ROLE_WARN
                                               : ROLE_GOOD;
    int full = (percent * GAUGE_COLS + 50) / 100;
    char text[16];

    col += draw_text(win, 0, col, 4, bar, name) + 1;
    for (int i = 0; i < GAUGE_COLS; i++)
        draw_text(win, 0, col + i, 1, style_on(theme_style(i < full ? role : ROLE_DIM), bar),
                  i < full ? "▮" : "▯");
    snprintf(text, sizeof(text), "%4d%%", percent);
    return col + GAUGE_COLS + draw_text(win, 0, col + GAUGE_COLS, 5, bar, text) + 2;
}

/* The order, and how busy the host is: what there is room for. */
static void draw_right_part(struct workspaces *w, WINDOW *win, int col)
{
    const int gauges = 2 * (GAUGE_COLS + 9) + 3;
    int cols = w->screen.cols, end = cols, room;
    char order[160];

    snprintf(order, sizeof(order), "%s%sby %s%s", groups_label(), *groups_label() ? " " : "",
             table_columns[w->order].order, w->reversed ? " ▲" : "");
    if (cols - col >= gauges) {
        host_figures_look(&w->host);
        end = cols - gauges;
        draw_gauge(win, draw_gauge(win, end, "CPU", w->host.cpu_percent), "MEM",
                   w->host.memory_percent);
    }
    room = end - col - (end < cols ? 2 : 1);
    if (room >= draw_width(order))
        draw_right(win, 0, col, room, theme_style(ROLE_BAR), order);
}

/* How many need the operator and are not among the rows that are drawn. */
static size_t count_unseen(const struct workspaces *w)
{
    const struct model *m = w->screen.app->model;
    size_t unseen = 0;

    for (size_t i = 0; i < model_count(m); i++)
        unseen += workspaces_needs_eye(model_at(m, i));
    for (int i = w->list.first; i < w->list.count && i < w->list.first + w->list.rows; i++)
        unseen -= w->groups.lines[i].of && workspaces_needs_eye(w->groups.lines[i].of);
    return unseen;
}

/* That number: in the first line from `col` on, or else over the titles. Returns where the line goes
 * on. */
static int draw_unseen(const struct workspaces *w, WINDOW *win, int col, int titles)
{
    static const char *const words[] = { "out of sight", "more" };
    struct style style = theme_style(ROLE_MATCH);
    size_t unseen = titles ? count_unseen(w) : 0;
    char key[32], text[96];

    if (!unseen)
        return col;
    keymap_first_key(w->screen.ops->name, keymap_named(workspaces_keys, "attention"), key);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        snprintf(text, sizeof(text), " %zu %s need%s you: %s ", unseen, words[i],
                 unseen == 1 ? "s" : "", key);
        if (col - 1 + draw_width(text) <= w->screen.cols && !job_first(w->screen.app))
            return col - 1 + draw_text(win, 0, col - 1, draw_width(text), style, text) + 2;
    }
    if (draw_width(text) > titles / 2)
        snprintf(text, sizeof(text), " %zu more: %s ", unseen, key);
    draw_right(win, 1, titles - draw_width(text), draw_width(text), style, text);
    return col;
}

void workspaces_draw_head(struct workspaces *w, WINDOW *win, int titles)
{
    struct app *app = w->screen.app;
    const struct job *job = job_first(app);
    size_t total = model_count(app->model), marked = model_marked_count(app->model);
    int cols = w->screen.cols, col;
    char text[512];

    draw_fill(win, 0, 0, cols, theme_style(ROLE_BAR));
    col = 1 + draw_text(win, 0, 1, 6, theme_style(ROLE_TITLE), "pyro") + 2;
    if (w->count < total)
        snprintf(text, sizeof(text), "%zu of %zu shown", w->count, total);
    else
        snprintf(text, sizeof(text), "%zu workspace%s", total, total == 1 ? "" : "s");
    say(win, col, cols, ROLE_BAR, text);
    col += snprintf(text, sizeof(text), "%zu of %zu shown", total, total) + 2;
    col = draw_chips(w, win, col);
    if (marked) {
        snprintf(text, sizeof(text), "%zu marked", marked);
        col += say(win, col, cols, ROLE_MARKED, text);
    }
    col = draw_unseen(w, win, col, titles);
    if (job) {
        struct short_text age;
        snprintf(text, sizeof(text), "%s %s %s%s", job_what(job),
                 format_age(&age, job_started(job), clock_wall()), job_progress(job),
                 job_next(job) ? " and more: L" : "");
        say(win, col, cols - 1, ROLE_WARN, text);
        return;
    }
    draw_right_part(w, win, col);
}

int workspaces_chip_at(const struct workspaces *w, const struct key_event *e)
{
    for (int i = 0; e->row == 0 && i < LOOK_COUNT; i++)
        if (e->col >= w->chips[i].from && e->col < w->chips[i].to)
            return i;
    return -1;
}
