/*
 * tui/timeline.c: the timeline of a workspace as a list. The newest entries are read first, the rest
 * once they are on the screen; what is added is read alone. Which rows pass the filter is found again
 * only when the filter or the rows are others.
 */
#include "tui/timeline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state/timeline.h"
#include "engine/workspace/timeline_follow.h"
#include "tui/columns.h"
#include "tui/command_output.h"
#include "tui/diff_view.h"
#include "tui/history.h"
#include "tui/model.h"
#include "tui/output_view.h"
#include "tui/service_log.h"
#include "tui/snapshots.h"
#include "tui/timeline_row.h"
#include "tui/workspace_actions.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 2
#define MORE_ROWS 3       /* with its rule */
#define FIRST_ENTRIES 300 /* more than a terminal has rows */
#define REST_MS 30

struct timeline {
    struct screen screen;
    char id[WORKSPACE_ID_LENGTH + 1];
    int dir_fd;
    struct file_watch *watch;
    struct loop_timer rest; /* until the rest is read */
    struct service_log *log;
    json_t *all, *shown;        /* the entries; those that pass the filter */
    char filter[FIELD_MAX + 1]; /* that `shown` was made by */
    int64_t last;               /* the highest number read */
    struct list_find find;
    struct list list;
};

static json_t *timeline_selected(const struct timeline *v)
{
    return json_array_get(v->shown, (size_t)v->list.selected);
}

/* ---- reading ---- */

/* The cursor stays at the entry of that number, or at the end. */
static void choose_shown(struct timeline *v, int64_t number)
{
    struct columns table = { .all = timeline_columns, .now = clock_wall() };
    bool at_end = v->list.selected + 1 >= v->list.count;
    size_t count;

    json_decref(v->shown);
    v->shown = list_find_rows(&v->find, &table, v->all);
    snprintf(v->filter, sizeof(v->filter), "%s", v->find.field.text);
    count = json_array_size(v->shown);
    v->list.count = (int)count;
    for (size_t i = count; !at_end && i-- > 0;)
        if (timeline_number(json_array_get(v->shown, i)) == number) {
            v->list.selected = (int)i;
            break;
        }
    if (at_end)
        v->list.selected = count ? (int)count - 1 : 0;
}

static void timeline_read_new(void *arg)
{
    struct timeline *v = arg;
    struct pyro_error err = { 0 };
    scoped_json json_t *more = timeline_read(v->dir_fd, v->last, 0, &err);
    int64_t selected = timeline_number(timeline_selected(v));
    size_t count = json_array_size(more);

    if (!more)
        app_error(v->screen.app, &err);
    if (!count)
        return;
    v->last = timeline_number(json_array_get(more, count - 1));
    json_array_extend(v->all, more); /* `shown` may be the same */
    timeline_settle(v->all);
    choose_shown(v, selected);
    if (app_shows(&v->screen))
        app_damage_soon(v->screen.app);
}

static void timeline_on_change(void *arg)
{
    struct timeline *v = arg;
    const struct watched_workspace *w = model_find(v->screen.app->model, v->id);

    if (w)
        timeline_watch_add(v->watch, w->path);
    timeline_read_new(v);
}

static void timeline_read_rest(void *arg)
{
    struct timeline *v = arg;

    json_decref(v->all);
    v->all = json_array();
    v->last = 0;
    timeline_read_new(v);
}

/* ---- drawing ---- */

static void timeline_draw(struct screen *s, WINDOW *win)
{
    struct timeline *v = (struct timeline *)s;
    struct columns table = { .all = timeline_columns, .sorted = -1, .now = clock_wall() };
    int rows = s->rows - HEAD_ROWS - MORE_ROWS;
    char text[256];

    if (strcmp(v->filter, v->find.field.text) != 0)
        choose_shown(v, timeline_number(timeline_selected(v)));
    rows -= list_find_is_shown(&v->find);
    list_fit(&v->list, (int)json_array_size(v->shown), rows);
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_fill(win, 0, 0, s->cols, theme_style(ROLE_BAR));
    snprintf(text, sizeof(text), "pyro  timeline of %s", model_name_of(s->app->model, v->id));
    draw_cell(win, 0, 1, s->cols - 20, theme_style(ROLE_TITLE), text);
    snprintf(text, sizeof(text), "%zu of %zu", json_array_size(v->shown), json_array_size(v->all));
    draw_right(win, 0, s->cols - 18, 17, theme_style(ROLE_BAR), text);
    if (list_find_is_shown(&v->find))
        list_find_draw(&v->find, win, HEAD_ROWS + rows, s->cols);
    columns_draw_json(&table, win, &(struct area){ HEAD_ROWS, 0, v->list.rows, s->cols }, &v->list,
                      v->shown);
    columns_draw_head(&table, win, 1);
    draw_rule(win, s->rows - MORE_ROWS, 0, s->cols, theme_style(ROLE_BORDER));
    if (timeline_selected(v)) {
        scoped_free char *whole = timeline_row_text(timeline_selected(v));
        draw_wrapped(win, (struct area){ s->rows - MORE_ROWS + 1, 1, MORE_ROWS - 1, s->cols - 2 },
                     theme_style(timeline_row_role(timeline_selected(v))), whole);
    } else if (!json_array_size(v->all)) {
        draw_text(win, 3, 4, s->cols - 8, theme_style(ROLE_DIM),
                  "Nothing is known of what happened before this version of pyro.");
    }
}

/* ---- what an entry leads to ---- */

static void show_exec(struct timeline *v, const char *sequence, bool runs)
{
    command_output_open(v->screen.app, v->id, v->dir_fd, sequence, runs);
}

/* From where the entry is in its log. */
static void show_place(struct timeline *v, const char *shell, int64_t offset)
{
    scoped_free char *title = str_printf("log of %s, from there on", shell);
    scoped_free char *cursor = str_printf("%lld", (long long)offset);
    const char *const argv[] = { "workspace", "shell",    "read",    v->id,         shell,
                                 "--plain",   "--colors", "--times", "--max-chars", HISTORY_LOG_MAX,
                                 "--cursor",  cursor,     NULL };

    output_view_open(
        v->screen.app,
        &(struct output_spec){ .title = title, .argv = argv, .dir_fd = v->dir_fd, .timed = true });
}

static void show_service(struct timeline *v, const char *name)
{
    const struct watched_workspace *w = model_find(v->screen.app->model, v->id);

    if (w)
        service_log_open(v->log, v->id, w->path, name);
}

/* "exec 3", "shell sh1", "service web": what needed attention. */
static void show_source(struct timeline *v, const char *source)
{
    if (!strncmp(source, "exec ", 5))
        show_exec(v, source + 5, false);
    else if (!strncmp(source, "shell ", 6))
        show_place(v, source + 6, 0);
    else if (!strncmp(source, "service ", 8))
        show_service(v, source + 8);
    else
        app_message(v->screen.app, ROLE_TEXT, "there is no more about it");
}

/* Whether what it is about was cleared since. */
static bool is_before_reset(const struct timeline *v, const json_t *entry)
{
    for (size_t i = json_array_size(v->all); i-- > 0;) {
        const json_t *e = json_array_get(v->all, i);
        if (e == entry)
            return false;
        if (timeline_event_of(e) == TIMELINE_RESET)
            return true;
    }
    return false;
}

static void show_entry(struct timeline *v)
{
    const json_t *entry = timeline_selected(v);
    const struct watched_workspace *w = model_find(v->screen.app->model, v->id);
    const char *id = json_string_or(entry, "id", "");
    enum timeline_event event = timeline_event_of(entry);

    if (is_before_reset(v, entry) && event != TIMELINE_SNAPSHOT) {
        app_message(v->screen.app, ROLE_TEXT, "what it left went with a reset");
        return;
    }
    if (event == TIMELINE_EXEC_ENDED || event == TIMELINE_EXEC_STARTED)
        show_exec(v, id, event == TIMELINE_EXEC_STARTED);
    else if (event == TIMELINE_INPUT || event == TIMELINE_SHELL_ENDED ||
             event == TIMELINE_SHELL_OPENED)
        show_place(v, id, event == TIMELINE_INPUT ? json_int_or(entry, "offset", 0) : 0);
    else if (event == TIMELINE_FILES && w)
        diff_view_open(v->screen.app, w);
    else if (event == TIMELINE_SERVICE)
        show_service(v, id);
    else if ((event == TIMELINE_SNAPSHOT || event == TIMELINE_RESET) && w)
        snapshots_open(v->screen.app, w);
    else
        show_source(v, event == TIMELINE_ATTENTION ? id : "");
}

/* ---- keys ---- */

static bool timeline_has_one(struct screen *s, int arg UNUSED)
{
    return timeline_selected((struct timeline *)s) != NULL;
}

static void timeline_show(struct screen *s, int arg UNUSED)
{
    show_entry((struct timeline *)s);
}

static void timeline_move(struct screen *s, int step)
{
    list_step(&((struct timeline *)s)->list, step);
}

static const struct key_binding keys[] = {
    { "show", "Enter", "show", "the output, the place in the log, the diff", .act = timeline_show,
      .can = timeline_has_one, .needs = "an entry", .group = KEYS_VIEW },
    LIST_FIND_KEYS(),
    { "close", "Esc q T", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(timeline_move),
    { 0 },
};

static bool timeline_event(struct screen *s, const struct key_event *e)
{
    struct timeline *v = (struct timeline *)s;

    if (list_mouse(&v->list, e, HEAD_ROWS) == LIST_OPENED && timeline_selected(v))
        show_entry(v);
    return e->kind == EVENT_MOUSE;
}

static void timeline_free(struct screen *s)
{
    struct timeline *v = (struct timeline *)s;

    loop_timer_cancel(s->app->loop, &v->rest);
    file_watch_free(v->watch);
    service_log_free(v->log);
    json_decref(v->shown);
    json_decref(v->all);
    list_find_release(&v->find);
    cleanup_close(&v->dir_fd);
    free(v);
}

const struct screen_ops timeline_ops = {
    .name = "timeline",
    .title = "Timeline",
    .keys = keys,
    .event = timeline_event,
    .draw = timeline_draw,
    .free = timeline_free,
};

void timeline_open(struct app *app, const struct watched_workspace *w)
{
    struct timeline *v = screen_new(app, &timeline_ops, sizeof(*v));
    struct pyro_error err = { 0 };
    int64_t newest;

    snprintf(v->id, sizeof(v->id), "%s", w->record.id);
    v->dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    newest = timeline_newest(v->dir_fd);
    v->screen.find = &v->find;
    v->log = service_log_new(app);
    v->all = json_array();
    v->shown = json_array();
    screen_about(&v->screen, v->id, NULL);
    /* Watched before it is read, so that nothing falls between. */
    v->watch = file_watch_new(app->loop, timeline_on_change, v, &err);
    if (v->watch)
        timeline_watch_add(v->watch, w->path);
    else
        app_error(app, &err);
    app_push(app, &v->screen);
    if (newest > FIRST_ENTRIES) {
        v->last = newest - FIRST_ENTRIES;
        loop_timer_set(app->loop, &v->rest, REST_MS, timeline_read_rest, v);
    }
    timeline_read_new(v);
}
