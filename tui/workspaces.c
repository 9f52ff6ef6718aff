/* tui/workspaces.c: the list of workspaces, the first screen. */
#include "tui/workspaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/job.h"
#include "tui/workspaces_private.h"
#include "vmm/base/fs.h"

#define BESIDE_COLS 110 /* from this width on the details are beside the table */
#define DETAILS_ROWS 10
#define HEAD_ROWS 2

/* ---- what is shown ---- */

static bool select_line(struct workspaces *w, int line)
{
    if (line >= 0)
        w->list.selected = line;
    return line >= 0;
}

/* Puts the cursor on this workspace, if it is in the table; opens its group. */
static bool reveal_id(struct workspaces *w, const char *id)
{
    for (size_t i = 0; i < w->count; i++)
        if (!strcmp(w->rows[i]->record.id, id)) {
            groups_reveal(&w->groups, w->rows[i]);
            groups_make(&w->groups, w->rows, w->count);
            return select_line(w, groups_find(&w->groups, id));
        }
    return false;
}

/* The cursor stays with what it was on, or where that was. */
static void keep_cursor(struct workspaces *w)
{
    struct app *app = w->screen.app;

    if (*app->wanted_workspace && reveal_id(w, app->wanted_workspace))
        app->wanted_workspace[0] = '\0';
    else if (w->reveals && *w->selected)
        w->reveals = !reveal_id(w, w->selected);
    else if (w->head)
        select_line(w, groups_find_head(&w->groups, w->head));
    else
        select_line(w, groups_find(&w->groups, w->selected));
}

void workspaces_gather(struct workspaces *w)
{
    struct model *m = w->screen.app->model;
    size_t total = model_count(m);

    if (total > w->room) {
        w->room = total * 2;
        w->rows = realloc(w->rows, w->room * sizeof(*w->rows));
        w->targets = realloc(w->targets, w->room * sizeof(*w->targets));
        BUG_ON(!w->rows || !w->targets);
    }
    w->count = 0;
    w->table.owner = m;
    w->table.all = table_columns;
    filter_set(&w->find.filter, table_columns, w->find.field.text);
    for (size_t i = 0; i < total; i++)
        if (filter_matches(&w->find.filter, &w->table, model_at(m, i)))
            w->rows[w->count++] = model_at(m, i);
    table_sort(m, w->rows, w->count, w->order, w->reversed);
    groups_make(&w->groups, w->rows, w->count);
    keep_cursor(w);
    list_fit(&w->list, (int)w->groups.count, w->list.rows);
}

void workspaces_keep_selected(struct workspaces *w)
{
    const struct group_line *at =
        w->groups.count ? &w->groups.lines[w->list.selected] : &(struct group_line){ 0 };

    w->selected[0] = '\0';
    free(w->head);
    w->head = at->value && !at->of ? str_printf("%s", at->value) : NULL;
    if (at->of)
        memcpy(w->selected, at->of->record.id, sizeof(w->selected));
    memcpy(w->screen.app->at_workspace, w->selected, sizeof(w->selected));
}

void workspaces_reveal(struct workspaces *w, const struct watched_workspace *which)
{
    reveal_id(w, which->record.id);
    list_fit(&w->list, (int)w->groups.count, w->list.rows);
    workspaces_keep_selected(w);
}

struct watched_workspace *workspaces_selected(struct workspaces *w)
{
    return *w->selected ? model_find(w->screen.app->model, w->selected) : NULL;
}

/* ---- drawing ---- */

static void draw_welcome(struct workspaces *w, WINDOW *win)
{
    const struct job *job = job_first(w->screen.app);
    int row = w->screen.rows / 2 - 4, col = 4, cols = w->screen.cols - 8;

    if (row < 1)
        row = 1;
    draw_text(win, row, col, cols, theme_style(ROLE_ACCENT), "No workspace yet.");
    if (job) {
        row += 2 + draw_wrapped(win, (struct area){ row + 2, col, 2, cols }, theme_style(ROLE_WARN),
                                job_what(job));
        draw_wrapped(win, (struct area){ row + 1, col, 3, cols }, theme_style(ROLE_TEXT),
                     job_progress(job));
        return;
    }
    row += 2 + draw_wrapped(win, (struct area){ row + 2, col, 6, cols }, theme_style(ROLE_TEXT),
                            "A workspace is a Linux machine of its own, for an agent or for you. "
                            "Enter makes one and opens a shell in it; c asks for its kind first.");
    if (row + 5 >= w->screen.rows)
        return;
    draw_text(win, row + 1, col, cols, theme_style(ROLE_DIM), "In another terminal the same is");
    draw_text(win, row + 3, col + 2, cols - 2, theme_style(ROLE_KEY),
              "pyro workspace create debian:12 --name first");
    draw_text(win, row + 5, col, cols, theme_style(ROLE_DIM), "and shows up here at once.");
}

static void draw_row(const struct columns *t, WINDOW *win, int row, int cols,
                     struct watched_workspace *of, enum role line)
{
    draw_fill(win, row, 0, cols, theme_style(line));
    if (model_is_marked(of))
        draw_text(win, row, 0, 1, style_on(theme_style(ROLE_MARKED), theme_style(line)), "◆");
    columns_draw_row(t, win, row, of, line);
}

static void draw_rows(struct workspaces *w, WINDOW *win, int rows, int cols)
{
    struct columns *table = &w->table;

    table->sorted = w->order;
    table->reversed = w->reversed;
    table->now = clock_wall();
    columns_fit(table, cols, (void *const *)w->rows, w->count);
    columns_draw_head(table, win, 1);
    for (int i = 0; i < rows && w->list.first + i < w->list.count; i++) {
        const struct group_line *line = &w->groups.lines[w->list.first + i];
        enum role role = w->list.first + i != w->list.selected ? ROLE_TEXT
                         : w->details.focused                  ? ROLE_SELECTED_DIM
                                                               : ROLE_SELECTED;
        if (line->of)
            draw_row(table, win, HEAD_ROWS + i, cols, line->of, role);
        else
            groups_draw_head(line, win, HEAD_ROWS + i, cols, role);
    }
    draw_scrollbar(win, (struct area){ HEAD_ROWS, cols - 1, rows, 1 }, w->list.first, w->list.count,
                   theme_style(ROLE_BORDER));
    if (!w->count)
        draw_text(win, HEAD_ROWS + 1, 2, cols - 4, theme_style(ROLE_DIM),
                  "No workspace fits the filter. Esc shows all.");
}

/* The sorted column needs figures of all workspaces, the others of visible ones only. */
static void show_figures(struct workspaces *w)
{
    struct model *m = w->screen.app->model;
    size_t count = 0;

    if (table_columns[w->order].unseen) {
        model_show_figures(m, w->rows, w->count);
        return;
    }
    for (int i = w->list.first; i < w->list.count && i < w->list.first + w->list.rows; i++)
        if (w->groups.lines[i].of)
            w->targets[count++] = w->groups.lines[i].of;
    model_show_figures(m, w->targets, count);
}

/* Beside the table, below it, or, where there is no room for both, in its place. */
static void draw_details(struct workspaces *w, WINDOW *win, int below, int left)
{
    struct screen *s = &w->screen;
    struct watched_workspace *at = w->groups.lines[w->list.selected].of;

    if (!at) { /* on the head of a group */
        details_pause(&w->details);
        return;
    }
    if (left < s->cols)
        details_draw(&w->details, win, (struct area){ 1, left, s->rows - 1, s->cols - left }, at,
                     clock_wall());
    else if (below)
        details_draw(&w->details, win, (struct area){ s->rows - below, 0, below, s->cols }, at,
                     clock_wall());
    else if (w->details.focused)
        details_draw(&w->details, win, (struct area){ 1, 0, s->rows - 1, s->cols }, at,
                     clock_wall());
}

static void workspaces_draw(struct screen *s, WINDOW *win)
{
    struct workspaces *w = (struct workspaces *)s;
    bool beside = s->cols >= BESIDE_COLS, filtered = list_find_is_shown(&w->find);
    int below = beside || s->rows < 2 * DETAILS_ROWS ? 0 : DETAILS_ROWS;
    int cols = beside ? s->cols * 3 / 5 : s->cols;
    int rows = s->rows - HEAD_ROWS - below - filtered;

    w->list.rows = rows;
    workspaces_gather(w);
    workspaces_keep_selected(w);
    show_figures(w);
    draw_clear(win, theme_style(ROLE_TEXT));
    w->details.area.rows = 0;
    w->details.focused = w->details.focused && w->count && !w->head;
    if (!model_count(s->app->model)) {
        workspaces_draw_head(w, win, 0);
        draw_welcome(w, win);
        return;
    }
    if (beside || below || !w->details.focused) {
        draw_rows(w, win, rows, cols);
        if (filtered)
            list_find_draw(&w->find, win, HEAD_ROWS + rows, cols);
    }
    workspaces_draw_head(w, win, beside || below || !w->details.focused ? cols : 0);
    if (w->count)
        draw_details(w, win, below, cols);
}

static void workspaces_leave(struct screen *s)
{
    details_pause(&((struct workspaces *)s)->details);
}

/* ---- the screen ---- */

static void details_event(struct workspaces *w, const struct key_event *e)
{
    struct watched_workspace *at = workspaces_selected(w);

    if (details_click_tab(&w->details, e))
        return;
    if (e->mouse == MOUSE_PRESS)
        w->details.focused = true;
    if (details_list_mouse(&w->details.list, e) == LIST_OPENED && at &&
        details_can_open(&w->details, at))
        details_open(&w->details, at);
}

/* A click on the first two lines: a count, or a column's title. */
static void head_event(struct workspaces *w, const struct key_event *e)
{
    int chip = workspaces_chip_at(w, e), column = e->row ? columns_at(&w->table, e->col) : -1;

    if (chip >= 0)
        workspaces_show_only(w, (enum look)chip);
    else if (column >= 0 && table_columns[column].order)
        workspaces_sort_by(w, column);
}

static bool workspaces_event(struct screen *s, const struct key_event *e)
{
    struct workspaces *w = (struct workspaces *)s;
    enum list_hit hit;

    if (w->awaits && e->kind == EVENT_KEY) {
        workspaces_take_bookmark(w, e);
        return true;
    }
    if (e->kind != EVENT_MOUSE)
        return false;
    if (details_hit(&w->details, e)) {
        details_event(w, e);
        return true;
    }
    if (e->mouse == MOUSE_PRESS && e->button == 1 && e->row < HEAD_ROWS) {
        head_event(w, e);
        return true;
    }
    workspaces_gather(w);
    hit = list_mouse(&w->list, e, HEAD_ROWS);
    if (hit == LIST_CLICKED || hit == LIST_OPENED)
        w->details.focused = false;
    workspaces_keep_selected(w);
    if (hit == LIST_OPENED) /* what Enter does */
        app_act(s->app, keymap_find(workspaces_keys, s, s->ops->name,
                                    &(struct key_event){ .kind = EVENT_KEY, .code = K_ENTER }));
    return true;
}

/* ---- time, and the model ---- */

static void workspaces_changed(void *arg, struct watched_workspace *which, unsigned change,
                               bool going)
{
    struct workspaces *w = arg;

    if ((!change || (change & WATCH_RECORD)) &&
        !strcmp(which->record.id, w->details.list.workspace_id))
        details_list_stale(&w->details.list);
    if (going) /* the rows point to it */
        w->count = w->groups.count = 0;
    if (app_shows(&w->screen))
        app_damage_soon(w->screen.app);
    app_tick_check(w->screen.app);
}

static bool workspaces_tick_wanted(struct screen *s)
{
    return model_count(s->app->model) > 0 || job_first(s->app);
}

static void workspaces_free(struct screen *s)
{
    struct workspaces *w = (struct workspaces *)s;

    model_unlisten(s->app->model, &w->listener);
    details_release(&w->details);
    list_find_release(&w->find);
    groups_release(&w->groups);
    free(w->head);
    free(w->targets);
    free(w->rows);
    free(w);
}

const struct screen_ops workspaces_ops = {
    .name = "workspaces",
    .title = "Workspaces",
    .keys = workspaces_keys,
    .leave = workspaces_leave,
    .event = workspaces_event,
    .draw = workspaces_draw,
    .tick_wanted = workspaces_tick_wanted,
    .free = workspaces_free,
};

struct screen *workspaces_new(struct app *app)
{
    struct workspaces *w = screen_new(app, &workspaces_ops, sizeof(*w));

    w->listener.changed = workspaces_changed;
    w->listener.arg = w;
    w->screen.find = &w->find;
    details_init(&w->details, app);
    model_listen(app->model, &w->listener);
    return &w->screen;
}

void workspaces_go_to(struct screen *s, const char *workspace_id)
{
    struct workspaces *w = (struct workspaces *)s;

    list_find_set(&w->find, "");
    w->details.focused = false;
    workspaces_select(s, workspace_id);
}

void workspaces_select(struct screen *s, const char *workspace_id)
{
    struct workspaces *w = (struct workspaces *)s;

    snprintf(w->selected, sizeof(w->selected), "%s", workspace_id);
    w->reveals = true;
    app_damage(s->app);
}
